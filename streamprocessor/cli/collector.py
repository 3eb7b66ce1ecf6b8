"""`collector`: HTTP in."""

from __future__ import annotations

import click

from streamprocessor.cli.terminal.options import process_options, process_settings, setting


@click.command()
@process_options
@setting("--collector-port", "PORT", "Where requests, metrics and health are answered, 0 for any free port.", type=int)
@click.pass_context
def collector(ctx: click.Context) -> None:
    """Take events over HTTP until told to stop (Ctrl-C, SIGTERM).

    What was answered with 200 is in Kafka, or on disk until Kafka is back. Exit code 70 asks to be started anew.
    """
    from streamprocessor.cli.terminal.running import run
    from streamprocessor.collector.composition import run_collector
    from streamprocessor.kafka.admin.layout import layout_of
    from streamprocessor.kafka.connection import client_settings

    settings = process_settings(ctx, "collector")
    ctx.exit(run(run_collector(settings, client_settings(settings), layout_of(settings).names())))
