"""`api`: the read model and its HTTP API."""

from __future__ import annotations

import logging

import click

from streamprocessor.cli.terminal.options import connected_settings, process_options, setting

log = logging.getLogger(__name__)

TOKENS_FILE = "api-tokens"


@click.command()
@process_options
@setting("--api-port", "PORT", "Where requests, metrics and health are answered, 0 for any free port.", type=int)
@setting("--database-url", "URL", "postgresql://...; without it one SQLite file in the data folder.")
@setting("--delivery-port", "PORT", "Where the delivery process answers that is asked about webhooks.", type=int)
@click.pass_context
def api(ctx: click.Context) -> None:
    """Keep contacts in a database and answer questions about them until told to stop (Ctrl-C, SIGTERM).

    The database is filled from Kafka, and can be made anew from it at any time. Exit code 70 asks to be started anew.
    """
    from streamprocessor.cli.import_file import importing_of
    from streamprocessor.cli.terminal.running import log_to_stderr, run
    from streamprocessor.contract.answers.contact_answer import answer
    from streamprocessor.contract.answers.export import exported
    from streamprocessor.kafka.admin.layout import layout_of
    from streamprocessor.kafka.connection import client_settings
    from streamprocessor.process.kept_secrets import kept_pairs, kept_token
    from streamprocessor.readmodel.composition import Around, run_api

    settings = connected_settings(ctx)
    log_to_stderr(settings.log_level)
    file = settings.data_path / TOKENS_FILE
    tokens = kept_pairs(settings.api_tokens, file, "STREAMPROCESSOR_API_TOKENS")
    if not settings.api_tokens:
        log.info("the API's token is in %s", file)
    topics = {topic.name: name for name, topic in layout_of(settings).names().items()}
    # One of our own making is `local`: on this machine it may do everything.
    named = {"local/read+write+erase" if name == "local" else name: token for name, token in tokens.items()}

    def on_ready(port: int) -> None:
        log.info("answering, metrics and health on http://%s:%d", settings.api_host, port)

    delivery_token = kept_token(settings.delivery_secret, settings.data_path)
    around = Around(client_settings(settings), topics, named, answer, exported, importing_of(settings), delivery_token)
    ctx.exit(run(run_api(settings, around, on_ready)))
