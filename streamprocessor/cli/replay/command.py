"""`replay`: all retained input through the model in force and through another one, beside the workers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from streamprocessor.bundled_files import path_of
from streamprocessor.cli.terminal.instants import Instant
from streamprocessor.cli.terminal.options import connected_settings, json_option, process_options, settings_of
from streamprocessor.errors import EXIT_FAILED

if TYPE_CHECKING:
    from streamprocessor.contract.model_file.revisions import ModelRevision
    from streamprocessor.settings import Settings


@click.command()
@process_options
@click.option("--since", "since_ms", type=Instant(), help="Leave out what arrived earlier: RFC 3339 or epoch ms.")
@click.option("--contacts", metavar="IDS", help="Only these: ids joined by commas, or a file with one a line.")
@click.option(
    "--events",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    help="Replay JSON Lines of events and contact updates instead of the topics; - is stdin.",
)
@click.option("--against", metavar="FILE", type=path_of, help="Compare with this model instead of the one in force.")
@click.option("--at", "at_ms", type=Instant(), help="Compare as of this instant: RFC 3339 or epoch ms; without it now.")
@click.option(
    "--csv", "csv_file", type=click.Path(dir_okay=False), help="Write a line for each contact and score to this file."
)
@json_option
@click.pass_context
def replay(
    ctx: click.Context,
    /,
    since_ms: int | None,
    contacts: str | None,
    events: str | None,
    against: str | None,
    at_ms: int | None,
    csv_file: str | None,
    as_json: bool,
) -> None:
    """Tell what --model would have made of all that came, beside the model in force.

    All that the input topics hold is replayed by both, on all cores, while workers go on: nothing is written to Kafka,
    and nobody is notified. The answer: scores and stages before and after, who becomes hot and who cools, hot leads a
    week, what each rule gives, and rules that nothing met.
    """
    from streamprocessor.cli.kafka.revisions import revision_of_file
    from streamprocessor.cli.replay.csv_file import rows_folder
    from streamprocessor.cli.replay.print_replay import print_replay
    from streamprocessor.cli.terminal.plain_text import echo
    from streamprocessor.cli.terminal.printing import print_json_lines
    from streamprocessor.cli.terminal.progress import replay_bar
    from streamprocessor.imports.file_lines import FileLines
    from streamprocessor.process.clock import now_ms
    from streamprocessor.process.stored_secrets import known_address_salt
    from streamprocessor.replay.run.answer import answer_of
    from streamprocessor.replay.run.order import ReplayOrder, candidate_after
    from streamprocessor.replay.run.replays import replay_lines, replay_topics

    settings = settings_of(ctx)
    candidate = revision_of_file(Path(settings.model))
    if events is None or against is None:
        settings = connected_settings(ctx)
    before = _in_force(settings, against)
    with rows_folder(csv_file) as folder:
        order = ReplayOrder(
            settings,
            before,
            candidate_after(before, candidate),
            now_ms() if at_ms is None else at_ms,
            known_address_salt(settings.address_salt, settings.data_path),
            since_ms,
            _chosen(contacts),
            folder,
        )
        with replay_bar() as on_progress:
            if events is None:
                outcome = replay_topics(order, on_progress)
            else:
                source = "stdin" if events == "-" else events
                with click.open_file(events, "rb") as lines:
                    outcome = replay_lines(order, FileLines(lines, source), on_progress)
    for bad in outcome.bad_lines:
        echo(f"{events}:{bad.line}: {bad.reason}: {bad.detail}", err=True)
    answer = answer_of(order, outcome)
    if as_json:
        print_json_lines([answer])
    else:
        print_replay(answer, settings.model, against or "the model in force")
    if outcome.bad_lines:
        click.echo(f"{len(outcome.bad_lines)} lines could not be used", err=True)
        ctx.exit(EXIT_FAILED)


def _in_force(settings: Settings, against: str | None) -> ModelRevision:
    from streamprocessor.cli.kafka.revisions import active_model, revision_of_file
    from streamprocessor.cli.terminal.running import run

    return run(active_model(settings)) if against is None else revision_of_file(Path(against))


def _chosen(contacts: str | None) -> frozenset[str]:
    """The ids that are asked for; empty: everybody. Raises UsageError where none are named."""
    if contacts is None:
        return frozenset()
    is_file = Path(contacts).is_file()
    text = Path(contacts).read_text(encoding="utf-8-sig") if is_file else contacts.replace(",", "\n")
    chosen = frozenset(line.strip() for line in text.splitlines() if line.strip())
    if not chosen:
        message = f"--contacts: wanted ids of contacts; got none in {contacts!r}"
        raise click.UsageError(message)
    return chosen
