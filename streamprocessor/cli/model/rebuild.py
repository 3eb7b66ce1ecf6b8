"""`model rebuild`: retained events read again, for rules that ask for more than evidence stored of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from streamprocessor.cli.terminal.options import connected_settings, json_option, process_options

if TYPE_CHECKING:
    from streamprocessor.settings import Settings

rebuild_option = click.option(
    "--rebuild", "with_rebuild", is_flag=True, help="Then read retained events again that its rules ask more of."
)
rate_option = click.option(
    "--records-per-second",
    type=click.FloatRange(min=1),
    help="Read again at most; else as many as workers take beside live events.",
)
contact_option = click.option(
    "--contact", "contacts", multiple=True, metavar="ID", help="Only of this contact, or of several; else of all."
)


@click.command()
@process_options
@contact_option
@rate_option
@click.option("--dry-run", is_flag=True, help="Send nothing: count what evidence would get.")
@json_option
@click.pass_context
def rebuild(
    ctx: click.Context, contacts: tuple[str, ...], records_per_second: float | None, dry_run: bool, as_json: bool
) -> None:
    """Read retained events again, where rules of the model in force ask for more than evidence has of them.

    What `model diff` names as counted from now on counts from the head of the input topics on. Workers go on with live
    events meanwhile; nobody is announced as a hot lead by it, unless the model was applied with --announce-hot-leads.
    A rebuild that was killed goes on when it is started again. What was folded into sums before stays as it is: it is
    named, with the rules that miss it.
    """
    from streamprocessor.cli.terminal.running import run

    settings = connected_settings(ctx)
    if dry_run:
        tell(run(would_rebuild(settings, contacts)), as_json=as_json)
    else:
        tell(run(rebuild_evidence(settings, contacts, records_per_second)), as_json=as_json)


async def would_rebuild(settings: Settings, contacts: Sequence[str]) -> dict[str, Any]:
    """What a rebuild under the model in force would do."""
    from streamprocessor.cli.kafka.revisions import active_model
    from streamprocessor.cli.model.retained.rebuild import RetainedReading
    from streamprocessor.cli.model.retained.report import reading_as_json
    from streamprocessor.contract.model_file.revisions import model_of

    model = model_of(await active_model(settings))
    if not model.covered_since_ms:
        return _nothing_missing(model.revision)
    reading = await RetainedReading(settings, model, contacts).read(None)
    return {"revision": model.revision, "sent": 0, **reading_as_json(reading)}


async def rebuild_evidence(
    settings: Settings, contacts: Sequence[str], records_per_second: float | None
) -> dict[str, Any]:
    """Rebuild evidence under the model in force; what was done.

    Raises OperatorError where no worker runs, or none takes anything any more.
    """
    from streamprocessor.cli.kafka.revisions import active_model, complete_evidence
    from streamprocessor.cli.model.retained.input import topics_with
    from streamprocessor.cli.model.retained.rebuild import RetainedReading, covered_after, until_kept
    from streamprocessor.cli.model.retained.report import reading_as_json
    from streamprocessor.cli.model.retained.sending import refuse_without_workers, retained_sender
    from streamprocessor.cli.terminal.progress import counting_bar
    from streamprocessor.contract.model_file.revisions import model_of
    from streamprocessor.kafka.admin.layout import layout_of
    from streamprocessor.kafka.connection import client_settings

    began_seconds, revision = time.monotonic(), await active_model(settings)
    model, clients, layout = model_of(revision), client_settings(settings), layout_of(settings)
    if not model.covered_since_ms:
        return _nothing_missing(model.revision)
    await refuse_without_workers(clients, layout)
    await until_kept(model)
    reader = RetainedReading(settings, model, contacts)
    partitions = len({number for _, number in await reader.extents()})
    async with retained_sender(clients, layout, records_per_second) as sender:
        with counting_bar("partitions read again", partitions) as one_more:
            reading = await reader.read(sender, one_more)
        await sender.until_applied()
    seconds = round(time.monotonic() - began_seconds, 1)
    counted = {"contacts": list(contacts), "seconds": seconds, **reading_as_json(reading)}
    answer = {"revision": model.revision, "sent": sender.sent, **counted}
    if contacts:
        return {**answer, "completed": None}
    kept_since = covered_after(model, reading, lambda type_: topics_with(layout, [type_]))
    if kept_since == model.covered_since_ms:
        return {**answer, "completed": model.revision}
    entry = await complete_evidence(settings, revision, kept_since, "model rebuild")
    return {**answer, "completed": None if entry is None else entry.revision.revision}


def tell(answer: dict[str, Any], *, as_json: bool) -> None:
    """Print what a rebuild did, or would do."""
    from streamprocessor.cli.model.retained.report import print_reading
    from streamprocessor.cli.terminal.printing import print_json_lines

    if as_json:
        print_json_lines([answer])
        return
    if not answer["topics"]:
        click.echo(f"revision {answer['revision']}: evidence has all that its rules ask for; nothing to read again")
        return
    print_reading(answer)
    click.echo(_outcome_sentence(answer))


def _outcome_sentence(answer: dict[str, Any]) -> str:
    from streamprocessor.cli.model.retained.report import duration_sentence

    if "completed" not in answer:
        return duration_sentence(answer["to_send"], is_counted=True)
    sent = f"{answer['sent']} records were read again and applied in {answer['seconds']} s"
    if answer["completed"] is None:
        why = "others have not got it" if answer["contacts"] else "another was applied meanwhile: rebuild again"
        return f"{sent}; under which model evidence counts as complete stays as it was: {why}"
    return f"{sent}; evidence is complete from the head of the input on, as revision {answer['completed']} says"


def _nothing_missing(revision: int) -> dict[str, Any]:
    nothing: dict[str, Any] = {"sent": 0, "to_send": 0, "types": [], "folded": [], "topics": []}
    return {"revision": revision, **nothing, "completed": revision}
