"""`api`: the read model and its HTTP API."""

from __future__ import annotations

from functools import partial

import click

from streamprocessor.cli.terminal.options import inbox_option, process_options, process_settings, setting


@click.command()
@process_options
@setting("--api-port", "PORT", "Where requests, metrics and health are answered, 0 for any free port.", type=int)
@setting("--database-url", "URL", "postgresql://...; without it one SQLite file in the data folder.")
@setting("--delivery-port", "PORT", "Where the delivery process answers that is asked about webhooks.", type=int)
@inbox_option
@click.pass_context
def api(ctx: click.Context) -> None:
    """Keep contacts in a database and answer questions about them until told to stop (Ctrl-C, SIGTERM).

    The database is filled from Kafka, and can be made anew from it at any time. Exit code 70 asks to be started anew.
    """
    from streamprocessor.cli.local.sign_in_lines import is_watched, tell_sign_in
    from streamprocessor.cli.terminal.running import run
    from streamprocessor.collector.formats.known_words import known_words
    from streamprocessor.readmodel.composition import run_api

    settings = process_settings(ctx, "api")

    def tell(address: str) -> None:
        if is_watched():
            tell_sign_in(settings, address, partial(click.echo, err=True))

    ctx.exit(run(run_api(settings, known_words(settings), tell)))
