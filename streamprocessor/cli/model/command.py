"""`model`: the scoring model checked, compared, shown, and put in force."""

from __future__ import annotations

from pathlib import Path

import click

from streamprocessor.cli.terminal.options import connected_settings, json_option, process_options, settings_of


@click.group()
def model() -> None:
    """The scoring model: check its file, compare it with what is in force, show it, apply it."""


@model.command()
@process_options
@click.argument("file", required=False)
@json_option
@click.pass_context
def check(ctx: click.Context, file: str | None, as_json: bool) -> None:
    """Read a model file strictly (FILE, else --model) and name every problem in it with its line."""
    from streamprocessor.cli.terminal.printing import print_json_lines
    from streamprocessor.contract.model_file.read_model import read_model

    path = Path(file or settings_of(ctx).model)
    read = read_model(path)
    rules = {score.name: len(score.rules) for score in read.scores}
    segments = [segment.name for segment in read.segments]
    if as_json:
        row = {"file": str(path), "name": read.name, "version": read.version, "rules": rules, "segments": segments}
        print_json_lines([row])
        return
    scores = ", ".join(f"{name} ({count} rules)" for name, count in rules.items())
    named = f"; segments: {', '.join(segments)}" if segments else ""
    click.echo(f"{path}: model {read.name}, version {read.version}: {scores}{named}")


@model.command()
@process_options
@click.option("--applied", is_flag=True, help="The model in force, from Kafka, and not the file.")
@json_option
@click.pass_context
def show(ctx: click.Context, applied: bool, as_json: bool) -> None:
    """Show the model: the file's text, or the one that is in force."""
    from streamprocessor.cli.kafka.revisions import active_model, revision_of_file
    from streamprocessor.cli.terminal.running import run
    from streamprocessor.contract.model_file.revisions import encode_revision
    from streamprocessor.contract.rfc3339 import format_rfc3339

    settings = connected_settings(ctx) if applied else settings_of(ctx)
    shown = run(active_model(settings)) if applied else revision_of_file(Path(settings.model))
    if as_json:
        click.echo(encode_revision(shown))
        return
    if applied:
        applied_at = format_rfc3339(shown.applied_at_ms)
        click.echo(f"# model {shown.name}, revision {shown.revision}, version {shown.version}, {applied_at}")
    click.echo(shown.text, nl=not shown.text.endswith("\n"))


@model.command()
@process_options
@click.argument("file", required=False)
@click.option("--announce-hot-leads", is_flag=True, help="Announce those whom the change alone makes hot, too.")
@json_option
@click.pass_context
def apply(ctx: click.Context, file: str | None, announce_hot_leads: bool, as_json: bool) -> None:
    """Put the model file (FILE, else --model) in force: all workers change to it, at the same revision."""
    from streamprocessor.cli.kafka.revisions import apply_model
    from streamprocessor.cli.terminal.printing import print_json_lines
    from streamprocessor.cli.terminal.running import run

    settings = connected_settings(ctx)
    path = Path(file or settings.model)
    revision, is_new = run(apply_model(settings, path, announce_hot_leads=announce_hot_leads))
    if as_json:
        row = {"name": revision.name, "version": revision.version, "revision": revision.revision, "applied": is_new}
        print_json_lines([row])
        return
    what = "is now in force" if is_new else "was in force already"
    click.echo(f"{path}: model {revision.name}, version {revision.version}, {what} as revision {revision.revision}")


@model.command()
@process_options
@click.argument("file", required=False)
@click.option("--against", metavar="FILE", help="Compare with this file instead of the model in force.")
@click.option("--contacts", is_flag=True, help="Read all contacts, and count those whose scores or stages would move.")
@json_option
@click.pass_context
def diff(ctx: click.Context, file: str | None, against: str | None, contacts: bool, as_json: bool) -> None:
    """Tell what applying the model file (FILE, else --model) would change; nothing is written."""
    from streamprocessor.cli.model.diff import diff_with_applied, diff_with_file, print_diff
    from streamprocessor.cli.terminal.printing import print_json_lines
    from streamprocessor.cli.terminal.running import run

    if against is not None and contacts:
        message = "--contacts compares with the model in force; wanted it without --against"
        raise click.UsageError(message)
    settings = settings_of(ctx) if against is not None else connected_settings(ctx)
    path = Path(file or settings.model)
    if against is not None:
        difference = diff_with_file(path, Path(against))
    else:
        difference = run(diff_with_applied(settings, path, with_contacts=contacts))
    if as_json:
        print_json_lines([difference])
    else:
        print_diff(difference)


@model.command()
def schema() -> None:
    """Print the JSON Schema of model files, by which editors complete and check them."""
    from streamprocessor.contract.model_file.read_model import model_schema_text

    click.echo(model_schema_text(), nl=False)
