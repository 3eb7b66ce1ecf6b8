"""`model`: the scoring model checked, compared, shown, put in force, and taken back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from streamprocessor.bundled_files import path_of
from streamprocessor.cli.model.publication_options import (
    publication_options,
    strict_option,
    without_approval_option,
)
from streamprocessor.cli.model.rebuild import (
    contact_option,
    rate_option,
    rebuild,
    rebuild_evidence,
    rebuild_option,
    tell,
)
from streamprocessor.cli.terminal.options import (
    connected_settings,
    is_given,
    json_option,
    process_options,
    score_option,
    settings_of,
)
from streamprocessor.cli.terminal.plain_text import echo

if TYPE_CHECKING:
    pass

LIVE_DAYS = 30


@click.group()
def model() -> None:
    """The scoring model: check its file, compare it with what is in force, apply it, show it, go back to another."""


@model.command()
@process_options
@click.argument("file", required=False, type=path_of)
@click.option("--live", is_flag=True, help="Look at what came in 30 days, too: name rules that nothing of it met.")
@score_option
@json_option
@click.pass_context
def check(ctx: click.Context, file: str | None, live: bool, score_part: str, as_json: bool) -> None:
    """Read a model file strictly (FILE, else --model) and name every problem in it with its line."""
    from streamprocessor.cli.kafka.seen_events import counted
    from streamprocessor.cli.model.hints import hint_line, hints_of_file
    from streamprocessor.cli.model.print_model import print_model
    from streamprocessor.cli.terminal.print_catalogue import print_unasked, print_unmet
    from streamprocessor.cli.terminal.printing import print_json_lines
    from streamprocessor.contract.model_file.read_model import read_model

    path = Path(file or settings_of(ctx).model)
    read = read_model(path)
    hints = hints_of_file(path, settings_of(ctx))
    rules = {score.name: len(score.rules) for score in read.scores}
    segments = [segment.name for segment in read.segments]
    if as_json:
        row: dict[str, Any] = {
            "file": str(path),
            "name": read.name,
            "version": read.version,
            "rules": rules,
            "segments": segments,
            "hints": [sentence if line is None else f"line {line}: {sentence}" for line, sentence in hints],
        }
        if live:
            row["live"] = counted(connected_settings(ctx), read, LIVE_DAYS).model_dump()
        print_json_lines([row])
        return
    print_model(path, read, score_part)
    for line, sentence in hints:
        click.echo(hint_line(path, line, sentence))
    if live:
        report = counted(connected_settings(ctx), read, LIVE_DAYS)
        print_unmet(report)
        print_unasked(report)


@model.command()
@process_options
@click.option("--revision", metavar="REVISION", help="This one, by its name in `model history`, such as 3 or 3.1.")
@click.option("--diff", "with_diff", is_flag=True, help="What it has otherwise than the one before, not all of it.")
@click.option("--applied", is_flag=True, hidden=True, help="What is shown anyway.")
@json_option
@click.pass_context
def show(ctx: click.Context, /, revision: str | None, with_diff: bool, applied: bool, as_json: bool) -> None:
    """Show the model in force, its text as it was applied; or that of --model FILE, without Kafka."""
    from streamprocessor.cli.kafka.revision_report import heading
    from streamprocessor.cli.kafka.revisions import model_history, revision_of_file
    from streamprocessor.cli.model.publishing import tell_changes
    from streamprocessor.cli.terminal.running import run
    from streamprocessor.contract.model_file.next_revision import entry_labelled
    from streamprocessor.contract.model_file.revisions import encode_revision

    if is_given(ctx, "model") and not applied:
        if revision is not None or with_diff:
            message = "--model shows a file, --revision and --diff what was in force; wanted one of them; got both"
            raise click.UsageError(message)
        shown = revision_of_file(Path(settings_of(ctx).model))
    else:
        history = run(model_history(connected_settings(ctx)))
        entry = history[-1] if revision is None else entry_labelled(history, revision)
        shown = entry.revision
        if not as_json:
            echo(heading(entry), err=True)
        if with_diff:
            tell_changes(history, entry, as_json)
            return
    if as_json:
        click.echo(encode_revision(shown))
    else:
        click.echo(shown.text, nl=not shown.text.endswith("\n"))


@model.command()
@process_options
@click.argument("file", required=False, type=path_of)
@click.option("--if-none", is_flag=True, help="Only where no model is in force; else name the one that is.")
@click.option("--revision", "number", type=click.IntRange(min=1), help="Its number, where the models topic was lost.")
@publication_options
@without_approval_option
@rebuild_option
@contact_option
@rate_option
@strict_option
@json_option
@click.pass_context
def apply(
    ctx: click.Context, /, file: str | None, if_none: bool, number: int | None, as_json: bool, **how: Any
) -> None:
    """Put the model file (FILE, else --model) in force: all workers change to it, at the same revision.

    Names before it the subscriptions that ask for what the model has no more; then what was in force, how to go back to
    it, and what of the model gives nobody points. --rebuild does what `model rebuild` does, after it.
    """
    from streamprocessor.cli.kafka.revision_report import unchanged_sentence
    from streamprocessor.cli.kafka.revisions import apply_first, apply_model
    from streamprocessor.cli.model.hints import hint_line, hints_of_file
    from streamprocessor.cli.model.publishing import publication_of, published, tell_applied
    from streamprocessor.cli.model.silences import tell_silences
    from streamprocessor.cli.terminal.running import run

    strict = how.pop("strict")
    with_rebuild, contacts, rate = (how.pop(word) for word in ("with_rebuild", "contacts", "records_per_second"))
    if not with_rebuild and (contacts or rate is not None):
        message = "--contact and --records-per-second say how --rebuild reads; wanted them with it alone"
        raise click.UsageError(message)
    settings, publication = connected_settings(ctx), publication_of(how)
    path = Path(file or settings.model)
    if not if_none:
        run(tell_silences(settings, path, strict=strict))
    if if_none:
        work = apply_first(settings, path, f"model apply {path}", publication)
    else:
        work = apply_model(settings, path, publication, number=number)
    applied = published(work, as_json=as_json)
    if applied.is_new:
        for line, sentence in hints_of_file(path, settings):
            click.echo(hint_line(path, line, sentence), err=True)
    if if_none and not applied.is_new and not as_json:
        click.echo(unchanged_sentence(applied.entry, settings_of(ctx).model_copy(update={"model": str(path)})))
    else:
        tell_applied(ctx, applied, str(path), as_json)
    if with_rebuild:
        tell(run(rebuild_evidence(settings, contacts, rate)), as_json=as_json)


@model.command()
@process_options
@click.option("--diff", "with_diff", is_flag=True, help="Tell what each has otherwise than the one before.")
@json_option
@click.pass_context
def history(ctx: click.Context, with_diff: bool, as_json: bool) -> None:
    """List all revisions of the model, the oldest first: what, since when, by whom and by which command.

    A revision such as 3.1 is revision 3 with other segments or names: no score depends on them.
    """
    from streamprocessor.cli.kafka.revision_report import history_rows, print_changes, print_history
    from streamprocessor.cli.kafka.revisions import model_history
    from streamprocessor.cli.terminal.printing import print_json_lines
    from streamprocessor.cli.terminal.running import run

    entries = run(model_history(connected_settings(ctx)))
    if as_json:
        print_json_lines(history_rows(entries, with_differences=with_diff))
    elif with_diff:
        print_changes(entries)
    else:
        print_history(entries)


@model.command()
@process_options
@click.option("--from", "app_id", metavar="APP_ID", help="The shadow's application, where it is not APP_ID.shadow.")
@publication_options
@without_approval_option
@json_option
@click.pass_context
def promote(ctx: click.Context, /, app_id: str | None, as_json: bool, **how: Any) -> None:
    """Put the candidate in force that a shadow scores live: the very text, as a new revision.

    Contacts keep their sequences and episodes; the shadow goes on until `shadow --end`.
    """
    from streamprocessor.cli.kafka.revisions import promote as promote_candidate
    from streamprocessor.cli.model.publishing import publication_of, published, tell_applied
    from streamprocessor.contract.topics.shadow import shadow_of

    settings, publication = connected_settings(ctx), publication_of(how)
    shadow = app_id or shadow_of(settings.app_id)
    applied = published(promote_candidate(settings, shadow, publication), as_json=as_json)
    tell_applied(ctx, applied, f"the candidate of {shadow}", as_json)


@model.command()
@process_options
@click.argument("revision")
@publication_options
@json_option
@click.pass_context
def rollback(ctx: click.Context, /, revision: str, as_json: bool, **how: Any) -> None:
    """Put the text of an earlier REVISION in force again, as a new revision: their numbers only rise.

    REVISION is its name in `model history`, such as 3 or 3.1. It was in force before: nobody's approval is needed.
    """
    from streamprocessor.cli.kafka.revisions import roll_back
    from streamprocessor.cli.model.publishing import publication_of, published, tell_applied

    settings, publication = connected_settings(ctx), publication_of(how | {"without_approval": True})
    applied = published(roll_back(settings, revision, publication), as_json=as_json)
    tell_applied(ctx, applied, f"revision {revision}", as_json)


model.add_command(rebuild)


@model.command()
@process_options
@click.argument("file", required=False, type=path_of)
@click.option("--against", metavar="FILE", type=path_of, help="Compare with this file instead of the model in force.")
@click.option("--contacts", is_flag=True, help="Read all contacts, and count those whose scores or stages would move.")
@click.option("--rebuild", is_flag=True, help="Count what `model apply --rebuild` would read again; else an estimate.")
@score_option
@json_option
@click.pass_context
def diff(
    ctx: click.Context, /, file: str | None, against: str | None, score_part: str, as_json: bool, **counted: bool
) -> None:
    """Tell what applying the model file (FILE, else --model) would change; nothing is written."""
    from streamprocessor.cli.model.diff import diff_with_applied, diff_with_file, print_diff
    from streamprocessor.cli.terminal.printing import print_json_lines
    from streamprocessor.cli.terminal.running import run

    if against is not None and any(counted.values()):
        message = "--contacts and --rebuild compare with the model in force; wanted them without --against"
        raise click.UsageError(message)
    settings = settings_of(ctx) if against is not None else connected_settings(ctx)
    path = Path(file or settings.model)
    if against is not None:
        difference = diff_with_file(settings, path, Path(against))
    else:
        difference = run(
            diff_with_applied(settings, path, with_contacts=counted["contacts"], with_rebuild=counted["rebuild"])
        )
    if as_json:
        print_json_lines([difference])
    else:
        print_diff(difference, score_part)


@model.command()
def schema() -> None:
    """Print the JSON Schema of model files, by which editors complete and check them."""
    from streamprocessor.contract.model_file.read_model import model_schema_text

    click.echo(model_schema_text(), nl=False)
