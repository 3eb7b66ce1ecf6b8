"""`status`: how the whole system is, for people, for programs and for probes."""

from __future__ import annotations

from urllib.parse import urlsplit

import click

from streamprocessor.cli.terminal.options import connected_settings, json_option, process_options
from streamprocessor.errors import EXIT_FAILED, EXIT_MUST_RESTART


@click.command()
@process_options
@click.option("--metrics-port", "ports", multiple=True, type=click.IntRange(1, 65535), help="Of a worker here.")
@click.option("--url", "urls", multiple=True, metavar="URL", help="Of any process of ours, anywhere; repeatable.")
@json_option
@click.pass_context
def status(ctx: click.Context, ports: tuple[int, ...], urls: tuple[str, ...], as_json: bool) -> None:
    """Show partitions with owner and lag, recovery, timers, spool, webhooks and read model: all on one screen.

    Asked are Kafka, the processes of the data folder, those named by --url, --metrics-port or
    STREAMPROCESSOR_STATUS_URLS, and workers where Kafka sees the group's members. Whoever is named or of the data
    folder has to answer.

    Exit codes: 0 well; 1 not well, with the reasons; 2 usage; 70 Kafka does not answer.
    """
    from streamprocessor.cli.status.find_out import group_status
    from streamprocessor.cli.status.print_status import print_status
    from streamprocessor.cli.status.process_status import ProcessAddress
    from streamprocessor.cli.terminal.printing import print_json_lines
    from streamprocessor.cli.terminal.running import run
    from streamprocessor.process.http.address_note import local_url

    settings = connected_settings(ctx)
    of_settings = [url.strip() for url in settings.status_urls.split(",") if url.strip()]
    named = [ProcessAddress(_url(url)) for url in (*urls, *of_settings)]
    named += [ProcessAddress(local_url(settings.metrics_host, port), "worker") for port in ports]
    found = run(group_status(settings, named))
    if as_json:
        print_json_lines([found.as_json()])
    else:
        print_status(found)
    if found.kafka:
        ctx.exit(EXIT_MUST_RESTART)
    if found.reasons():
        ctx.exit(EXIT_FAILED)


def _url(text: str) -> str:
    """The URL; raises UsageError where it is none of a process."""
    try:
        parts = urlsplit(text)
        is_whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # no address, or no port
        is_whole = False
    # With a name and password it would be shown with them.
    if not is_whole or "@" in parts.netloc or parts.path.strip("/") or parts.query or parts.fragment:
        message = f"--url, STREAMPROCESSOR_STATUS_URLS: wanted http://HOST:PORT; got {text!r}"
        raise click.UsageError(message)
    return f"{parts.scheme}://{parts.netloc}"
