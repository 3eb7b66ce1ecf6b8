"""`import`: a file's events and contact updates sent to the input topics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from streamprocessor.bundled_files import path_of
from streamprocessor.cli.terminal.options import connected_settings, json_option, process_options
from streamprocessor.errors import EXIT_FAILED
from streamprocessor.imports.rows import ACCESS_LOG, CSV, JSON_LINES

if TYPE_CHECKING:
    from streamprocessor.imports.rows import BadRow

_READ_BYTES = 1 << 16
_FORMATS_BY_SUFFIX = {".csv": CSV, ".tsv": CSV, ".jsonl": JSON_LINES, ".ndjson": JSON_LINES, ".log": ACCESS_LOG}


@click.command("import")
@process_options
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "file_format", type=click.Choice([CSV, JSON_LINES, ACCESS_LOG]), help="Else by FILE's name.")
@click.option("--mapping", metavar="FILE", type=path_of, help="What a CSV's columns mean, YAML.")
@json_option
@click.pass_context
def import_file(ctx: click.Context, file: Path, file_format: str | None, mapping: str | None, as_json: bool) -> None:
    """Send FILE's events to Kafka: JSON Lines, CSV with a --mapping (see deploy/imports), Apache's combined log.

    Importing a file again changes nothing, but that attributes without a time are written anew. A row that can't be
    used is named on stderr and left out; the exit code is 1 then.
    """
    from streamprocessor.cli.terminal.printing import print_json_lines
    from streamprocessor.cli.terminal.progress import bytes_bar
    from streamprocessor.cli.terminal.running import run
    from streamprocessor.imports.csv_mapping import read_mapping
    from streamprocessor.imports.files import read_file, send_rows

    file_format = file_format or _FORMATS_BY_SUFFIX.get(_unzipped_name(file).suffix.lower())
    if file_format is None:
        message = f"{file}: the name doesn't tell its format; wanted --format {CSV}, {JSON_LINES} or {ACCESS_LOG}"
        raise click.UsageError(message)
    if (file_format == CSV) != (mapping is not None):
        with_one = f"a --mapping, such as those in {path_of('deploy/imports')}"
        wanted = with_one if file_format == CSV else "--mapping only with a CSV"
        message = f"{file} is read as {file_format}; wanted {wanted}"
        raise click.UsageError(message)
    with file.open("rb") as content, bytes_bar(file) as (advance, note):
        columns = None if mapping is None else read_mapping(Path(mapping))
        settings = connected_settings(ctx)
        rows = read_file(settings, _counted(content, advance), file_format, columns, file.name)
        counts = run(send_rows(settings, rows, lambda bad: note(_sentence(file, bad)), lambda _: None))
    sent, bad = counts.sent.total(), counts.bad.total()
    if as_json:
        found = {"rows": counts.rows, "read_as": rows.read_as}
        print_json_lines(
            [{"file": str(file), "sent": counts.sent, "bad": counts.bad, "skipped": counts.skipped, **found}]
        )
    else:
        by_topic = ", ".join(f"{number} to {topic}" for topic, number in sorted(counts.sent.items()))
        skipped = f", {counts.skipped} skipped by the mapping" if counts.skipped else ""
        click.echo(f"{file}: read as {rows.read_as}")
        click.echo(f"{file}: {sent} rows sent{f' ({by_topic})' if sent else ''}, {bad} could not be used{skipped}")
    if bad:
        ctx.exit(EXIT_FAILED)


def _unzipped_name(file: Path) -> Path:
    return file.with_suffix("") if file.suffix.lower() == ".gz" else file


def _counted(content: BinaryIO, advance: Callable[[int], None]) -> Iterator[bytes]:
    """The content in pieces, each told of as it is read."""
    while piece := content.read(_READ_BYTES):
        advance(len(piece))
        yield piece


def _sentence(file: Path, bad: BadRow) -> str:
    return f"{file}:{bad.line}: {bad.reason}: {bad.detail}"
