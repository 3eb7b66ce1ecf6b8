"""`shadow`: a candidate scored live beside the model in force, without telling anybody."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from streamprocessor.cli.terminal.options import (
    connected_settings,
    is_given,
    json_option,
    process_options,
    process_settings,
    setting,
)

if TYPE_CHECKING:
    from streamprocessor.settings import Settings
    from streamprocessor.shadow.candidate import Candidate


@click.command()
@process_options
@setting("--shadow-port", "PORT", "Where health, metrics and its API are answered, 0 for any free port.", type=int)
@setting("--metrics-port", "PORT", "Metrics and health of the worker that it starts; without it any.", type=int)
@click.option("--end", is_flag=True, help="End the candidate instead, and delete all that was made of it.")
@click.option("--show", is_flag=True, help="Print how the candidate compares instead.")
@json_option
@click.pass_context
def shadow(ctx: click.Context, end: bool, show: bool, as_json: bool) -> None:
    """Score a candidate, --model FILE, live beside the model in force until told to stop (Ctrl-C, SIGTERM).

    It begins with the contacts as they are, and reads what comes in from there; the live system is only read. What it
    announces goes to topics of the application APP_ID.shadow, which nobody follows. Started again, also without
    --model, it goes on where it was; with another candidate it begins anew. One worker scores: more of them are started
    with `streamprocessor worker --app-id APP_ID.shadow`. Exit code 70 asks to be started anew.
    """
    from streamprocessor.cli.terminal.running import run

    if end and show:
        message = "--end, --show: wanted one of both; got both"
        raise click.UsageError(message)
    if show:
        _show(_asked(connected_settings(ctx), "GET"), as_json=as_json)
        return
    if end:
        _end(connected_settings(ctx))
        return
    from streamprocessor.cli.shadow.shadow_process import run_shadow
    from streamprocessor.settings import PREFIX

    settings = process_settings(ctx, "shadow")
    port = settings.metrics_port if is_given(ctx, "metrics_port") else 0
    candidate = _candidate(Path(settings.model)) if is_given(ctx, "model") else None
    os.environ.pop(f"{PREFIX}PORT_FILE", None)  # it is ours, and not the worker's that we start
    ctx.exit(run(run_shadow(settings, candidate, {"--metrics-port": str(port)})))


def _candidate(file: Path) -> Candidate:
    """The candidate of the file; raises OperatorError where it is no model."""
    from streamprocessor.contract.strict_yaml.document import read_text
    from streamprocessor.errors import ModelError
    from streamprocessor.shadow.candidate import candidate_of

    return candidate_of(read_text(file, "a scoring model in YAML", ModelError), str(file))


def _end(settings: Settings) -> None:
    """Have the process that runs here end its candidate; where none runs, delete what was made of the last one."""
    from streamprocessor.cli.shadow.shadow_application import shadow_application
    from streamprocessor.cli.terminal.running import run

    if _address(settings) is not None:
        ended = _asked(settings, "DELETE")["candidate"]
        click.echo("no candidate was scored" if ended is None else f"{ended['name']} is scored no more")
        return
    run(shadow_application(settings).remove())
    click.echo("all that was made of candidates is deleted")


def _show(answer: dict[str, Any], *, as_json: bool) -> None:
    from streamprocessor.cli.shadow.print_comparison import print_comparison
    from streamprocessor.cli.terminal.printing import print_json_lines

    if as_json:
        print_json_lines([answer])
    else:
        print_comparison(answer)


def _address(settings: Settings) -> str | None:
    """Where the process answers that runs on the data folder; None: none does."""
    from streamprocessor.process.http.address_note import noted_addresses

    notes = noted_addresses(settings.data_path, settings.group)
    return next((note.url for note in notes if note.process == "shadow"), None)


def _asked(settings: Settings, method: str) -> dict[str, Any]:
    """What the process that runs here answers; raises OperatorError where none does, or it refuses."""
    from urllib.error import URLError
    from urllib.request import Request, urlopen

    import orjson

    from streamprocessor.errors import OperatorError
    from streamprocessor.process.http.address_note import local_url
    from streamprocessor.process.stored_secrets import stored_token

    address = _address(settings) or settings.shadow_url or local_url(settings.shadow_host, settings.shadow_port)
    headers = {"authorization": f"Bearer {stored_token(settings.delivery_secret, settings.data_path)}"}
    try:
        with urlopen(Request(f"{address}/api/shadow", headers=headers, method=method), timeout=30) as answer:
            found: dict[str, Any] = orjson.loads(answer.read())
    except (URLError, OSError) as error:
        message = f"shadow: none answers at {address}; wanted a running `streamprocessor shadow`: {error}"
        raise OperatorError(message) from error
    return found
