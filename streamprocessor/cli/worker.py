"""`worker`: one scoring process."""

from __future__ import annotations

import logging

import click

from streamprocessor.cli.terminal.options import process_options, process_settings, setting

log = logging.getLogger(__name__)


@click.command()
@process_options
@setting("--name", "NAME", "This worker's name, the same after a restart; without it a free slot of the data folder.")
@setting("--metrics-port", "PORT", "Metrics and health, 0 for any free port.", type=int)
@click.pass_context
def worker(ctx: click.Context) -> None:
    """Score contacts until told to stop (Ctrl-C, SIGTERM).

    Exit code 70 asks to be started anew, as `up`, compose and Kubernetes do.
    """
    from streamprocessor.cli.terminal.running import run
    from streamprocessor.stream.worker import run_worker

    settings = process_settings(ctx, "worker")

    def on_ready(port: int) -> None:
        log.info("metrics and health on http://%s:%d", settings.metrics_host, port)

    ctx.exit(run(run_worker(settings, on_ready)))
