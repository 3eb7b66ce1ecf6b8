"""`import`: a file's events and contact updates sent to the input topics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from streamprocessor.cli.terminal.options import connected_settings, json_option, process_options
from streamprocessor.errors import EXIT_FAILED
from streamprocessor.imports.rows import ACCESS_LOG, CSV, JSON_LINES

if TYPE_CHECKING:
    from streamprocessor.imports.rows import BadRow

_FORMATS_BY_SUFFIX = {".csv": CSV, ".jsonl": JSON_LINES, ".ndjson": JSON_LINES, ".log": ACCESS_LOG}


@click.command("import")
@process_options
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "file_format", type=click.Choice([CSV, JSON_LINES, ACCESS_LOG]), help="Else by FILE's name.")
@click.option("--mapping", type=click.Path(dir_okay=False, path_type=Path), help="What a CSV's columns mean, YAML.")
@json_option
@click.pass_context
def import_file(ctx: click.Context, file: Path, file_format: str | None, mapping: Path | None, as_json: bool) -> None:
    """Send FILE's events to Kafka: JSON Lines, CSV with a --mapping (see deploy/imports), Apache's combined log.

    Importing a file again changes nothing, but that attributes without a time are written anew. A row that can't be
    used is named on stderr and left out; the exit code is 1 then.
    """
    from streamprocessor.cli.terminal.printing import print_json_lines
    from streamprocessor.cli.terminal.progress import bytes_bar
    from streamprocessor.cli.terminal.running import run
    from streamprocessor.imports.csv_mapping import read_mapping
    from streamprocessor.imports.files import read_rows, send_rows

    file_format = file_format or _FORMATS_BY_SUFFIX.get(file.suffix.lower())
    if file_format is None:
        message = f"{file}: the name doesn't tell its format; wanted --format {CSV}, {JSON_LINES} or {ACCESS_LOG}"
        raise click.UsageError(message)
    if (file_format == CSV) != (mapping is not None):
        wanted = "a --mapping, such as those in deploy/imports" if file_format == CSV else "--mapping only with a CSV"
        message = f"{file} is read as {file_format}; wanted {wanted}"
        raise click.UsageError(message)
    with file.open("rb") as content, bytes_bar(file) as (advance, note):
        columns = None if mapping is None else read_mapping(mapping)
        settings = connected_settings(ctx)
        rows = read_rows(settings, _counted(content, advance), file_format, columns, file.name)
        counts = run(send_rows(settings, rows, lambda bad: note(_sentence(file, bad)), lambda _: None))
    sent, bad = counts.sent.total(), counts.bad.total()
    if as_json:
        print_json_lines([{"file": str(file), "sent": counts.sent, "bad": counts.bad}])
    else:
        by_topic = ", ".join(f"{number} to {topic}" for topic, number in sorted(counts.sent.items()))
        click.echo(f"{file}: {sent} rows sent{f' ({by_topic})' if sent else ''}, {bad} could not be used")
    if bad:
        ctx.exit(EXIT_FAILED)


def _counted(content: BinaryIO, advance: Callable[[int], None]) -> Iterator[bytes]:
    """The lines, each told of as it is read."""
    for line in content:
        advance(len(line))
        yield line


def _sentence(file: Path, bad: BadRow) -> str:
    return f"{file}:{bad.line}: {bad.reason}: {bad.detail}"
