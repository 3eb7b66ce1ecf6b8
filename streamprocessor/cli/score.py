"""`score`: scores of a file's contacts, without Kafka."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from streamprocessor.cli.terminal.instants import Instant
from streamprocessor.cli.terminal.options import json_option, score_option, setting, settings_of
from streamprocessor.errors import EXIT_FAILED
from streamprocessor.process.clock import now_ms

if TYPE_CHECKING:
    from streamprocessor.imports.rows import BadRow


@click.command()
@setting("--model", "FILE", "The scoring model.")
@click.option(
    "--events",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    required=True,
    help="JSON Lines of events and contact updates; - is stdin.",
)
@click.option("--at", "at_ms", type=Instant(), help="The instant to score at: RFC 3339 or epoch ms; without it now.")
@score_option
@json_option
@click.pass_context
def score(ctx: click.Context, events: str, at_ms: int | None, score_part: str, as_json: bool) -> None:
    """Score a file's contacts by the very core that the worker runs, without Kafka.

    --json prints an object a line for each contact, with stages, next steps and the explanation. A line that can't be
    used is named on stderr and left out; the exit code is 1 then.
    """
    from streamprocessor.cli.terminal.plain_text import echo
    from streamprocessor.cli.terminal.print_answers import print_scores
    from streamprocessor.cli.terminal.printing import print_json_lines
    from streamprocessor.contract.model_file.read_model import read_model
    from streamprocessor.imports.file_lines import FileLines
    from streamprocessor.offline.score_file import read_facts, score_offline, with_identities
    from streamprocessor.process.stored_secrets import known_address_salt

    bad_lines = 0
    source = "stdin" if events == "-" else events

    def report(bad: BadRow) -> None:
        nonlocal bad_lines
        bad_lines += 1
        echo(f"{source}:{bad.line}: {bad.reason}: {bad.detail}", err=True)

    settings = settings_of(ctx)
    model = read_model(Path(settings.model))
    with click.open_file(events, "rb") as lines:
        read = read_facts(FileLines(lines, source), report)
    facts = with_identities(model, read, known_address_salt(settings.address_salt, settings.data_path))
    answers = score_offline(model, facts, now_ms() if at_ms is None else at_ms)
    if as_json:
        print_json_lines(answers)
    else:
        print_scores(answers, score_part)
    if bad_lines:
        click.echo(f"{bad_lines} lines could not be used", err=True)
        ctx.exit(EXIT_FAILED)
