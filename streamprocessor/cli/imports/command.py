"""`import`: a file's events and contact updates sent to the input topics."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from streamprocessor.bundled_files import path_of
from streamprocessor.cli.terminal.options import connected_settings, json_option, process_options, settings_of
from streamprocessor.errors import EXIT_FAILED
from streamprocessor.imports.rows import ACCESS_LOG, CSV, JSON_LINES

if TYPE_CHECKING:
    from streamprocessor.imports.progress.checkpoint import ImportCheckpoint
    from streamprocessor.imports.rows import BadRow


@click.command("import")
@process_options
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--format",
    "file_format",
    type=click.Choice([CSV, JSON_LINES, ACCESS_LOG]),
    help="Else as FILE looks.",
)
@click.option("--mapping", metavar="FILE", type=path_of, help="What a table's columns mean, YAML; else as it is known.")
@click.option("--dry-run", is_flag=True, help="Send nothing: show what would become of FILE, and what be refused.")
@click.option("--restart", is_flag=True, help="Begin anew, although an import of FILE was killed before its end.")
@click.option("--rows-per-second", type=click.FloatRange(min=1), help="At most; else as fast as Kafka takes them.")
@json_option
@click.pass_context
def import_file(
    ctx: click.Context,
    file: Path,
    file_format: str | None,
    mapping: str | None,
    dry_run: bool,
    restart: bool,
    rows_per_second: float | None,
    as_json: bool,
) -> None:
    """Send FILE's events and updates to Kafka: a table (CSV, Excel, Parquet), JSON Lines, Apache's combined log.

    What the columns of a table mean is known of exports of HubSpot, Mailchimp, Salesforce and others; else --mapping
    says it, see deploy/imports. --dry-run shows what would become of FILE, with a mapping to begin with.

    Importing a file again changes nothing, but that attributes without a time are written anew. An import that was
    killed is gone on with when it is typed again. Nobody is announced as a hot lead by old events, or by attributes
    without `"announce": true`. A row that can't be used is named on stderr and left out; the exit code is 1 then.
    """
    from streamprocessor.cli.imports.preview import preview, recognised_line, recognised_mapping_of
    from streamprocessor.cli.imports.resumption import file_checkpoint
    from streamprocessor.cli.terminal.printing import print_json_lines
    from streamprocessor.cli.terminal.progress import import_bar
    from streamprocessor.cli.terminal.running import run
    from streamprocessor.imports.csv_mapping import parse_mapping
    from streamprocessor.imports.file_bytes import pieces_of
    from streamprocessor.imports.files import ImportListener, ImportSource, read_file, send_rows
    from streamprocessor.imports.importer import unannounced
    from streamprocessor.imports.progress.rate_limit import RateLimit
    from streamprocessor.imports.proposals.file_proposal import GivenFile, format_of

    file_format = file_format or format_of(file, file.name)
    if file_format != CSV and mapping is not None:
        message = f"{file} is read as {file_format}; wanted --mapping only with a CSV"
        raise click.UsageError(message)
    given, given_mapping = GivenFile(file, file.name, file_format), None if mapping is None else Path(mapping)
    if dry_run:
        preview(ctx, settings_of(ctx), given, given_mapping, as_json=as_json)
        return
    file_mapping = recognised_mapping_of(settings_of(ctx), given, given_mapping)
    if line := recognised_line(given, file_mapping):
        click.echo(line, err=True)
    columns = None if file_mapping.text is None else parse_mapping(file_mapping.text, mapping or "mapping")
    settings, reading = connected_settings(ctx), f"{file_format}\n{file_mapping.text or ''}"
    with (
        file_checkpoint(settings, file, reading, restart=restart) as checkpoint,
        file.open("rb") as content,
        import_bar(file) as bar,
    ):
        rows_before = checkpoint.rows
        if checkpoint.is_resumed:
            bar.note(_going_on(file, checkpoint))
        source = ImportSource(file.name, checkpoint.at_ms)
        rows = read_file(settings, pieces_of(content, bar.read), file_format, columns, source)
        sending = send_rows(
            *(settings, unannounced(rows), checkpoint),
            ImportListener(lambda bad: bar.note(_sentence(file, bad)), lambda counts: bar.note_rows(counts.rows)),
            None if rows_per_second is None else RateLimit(rows_per_second),
        )
        counts = run(sending)
    sent, bad = counts.sent.total(), counts.bad.total()
    if as_json:
        reading_facts = {"rows": counts.rows, "read_as": rows.read_as, "resumed_after_rows": rows_before}
        print_json_lines(
            [{"file": str(file), "sent": counts.sent, "bad": counts.bad, "skipped": counts.skipped, **reading_facts}]
        )
    else:
        by_topic = ", ".join(f"{number} to {topic}" for topic, number in sorted(counts.sent.items()))
        skipped = f", {counts.skipped} skipped by the mapping" if counts.skipped else ""
        click.echo(f"{file}: read as {rows.read_as}")
        click.echo(f"{file}: {sent} rows sent{f' ({by_topic})' if sent else ''}, {bad} could not be used{skipped}")
    if bad:
        ctx.exit(EXIT_FAILED)


def _going_on(file: Path, checkpoint: ImportCheckpoint) -> str:
    from streamprocessor.contract.rfc3339 import format_rfc3339

    began = format_rfc3339(checkpoint.at_ms)
    return f"{file}: goes on after row {checkpoint.rows} with the import begun at {began}; --restart begins it anew"


def _sentence(file: Path, bad: BadRow) -> str:
    return f"{file}:{bad.line}: {bad.reason}: {bad.detail}"
