"""`delivery`: webhooks out, and what a person asks of the process that sends them."""

from __future__ import annotations

import logging
import os

import click

from streamprocessor.cli.options import connected_settings, process_options, setting

log = logging.getLogger(__name__)


@click.group(invoke_without_command=True)
@process_options
@setting("--delivery-port", "PORT", "Where health, metrics and its API are answered, 0 for any free port.", type=int)
@setting("--subscriptions", "FILE", "The subscriptions, beside those of the subscriptions topic.")
@click.pass_context
def delivery(ctx: click.Context) -> None:
    """Send webhooks until told to stop (Ctrl-C, SIGTERM).

    Each announcement arrives at least once under one id, in order per contact. Exit code 70 asks to be started anew.
    """
    if ctx.invoked_subcommand is not None:
        return
    from streamprocessor.cli.running import log_to_stderr, run
    from streamprocessor.delivery.composition import run_delivery
    from streamprocessor.stream.startup import client_settings, layout_of

    settings = connected_settings(ctx)
    log_to_stderr(settings.log_level)

    def on_ready(port: int) -> None:
        log.info("delivering; metrics and health on http://%s:%d", settings.delivery_host, port)

    names = layout_of(settings).names()
    ctx.exit(run(run_delivery(settings, client_settings(settings), names, os.environ, on_ready)))
