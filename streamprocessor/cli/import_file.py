"""`import`: a file's events and contact updates sent to the input topics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from streamprocessor.cli.terminal.options import connected_settings, json_option, process_options
from streamprocessor.errors import EXIT_FAILED
from streamprocessor.process.clock import now_ms

if TYPE_CHECKING:
    from streamprocessor.imports.csv_mapping import CsvMapping
    from streamprocessor.imports.importer import ImportCounts
    from streamprocessor.imports.rows import BadRow, ReadRow
    from streamprocessor.readmodel.gateways.import_jobs import Importing, ImportJob, ImportOrder
    from streamprocessor.settings import Settings

CSV, JSON_LINES, ACCESS_LOG = "csv", "jsonl", "access-log"
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

    Importing a file again changes nothing. A row that can't be used is named on stderr and left out; the exit code is
    1 then.
    """
    from streamprocessor.cli.terminal.printing import print_json_lines
    from streamprocessor.cli.terminal.progress import bytes_bar
    from streamprocessor.cli.terminal.running import run
    from streamprocessor.imports.csv_mapping import read_mapping

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
        rows = _rows(_counted(content, advance), file_format, columns, file.name)
        counts = run(_send(connected_settings(ctx), rows, lambda bad: note(_sentence(file, bad)), lambda _: None))
    sent, bad = counts.sent.total(), counts.bad.total()
    if as_json:
        print_json_lines([{"file": str(file), "sent": counts.sent, "bad": counts.bad}])
    else:
        by_topic = ", ".join(f"{number} to {topic}" for topic, number in sorted(counts.sent.items()))
        click.echo(f"{file}: {sent} rows sent{f' ({by_topic})' if sent else ''}, {bad} could not be used")
    if bad:
        ctx.exit(EXIT_FAILED)


def importing_of(settings: Settings) -> Importing:
    """How the api imports what it is sent: as the command does."""
    import asyncio

    from streamprocessor.imports.csv_mapping import parse_mapping
    from streamprocessor.readmodel.gateways.import_jobs import Importing

    def run_job(file: Path, order: ImportOrder, job: ImportJob) -> None:
        mapping = None if order.mapping_text is None else parse_mapping(order.mapping_text, "mapping")

        def report(bad: BadRow) -> None:
            job.refuse(bad.line, bad.reason, bad.detail)

        def progress(counts: ImportCounts) -> None:
            job.sent = dict(counts.sent)

        with file.open("rb") as content:
            rows = _rows(_counted(content, job.read_line), order.format, mapping, "the file")
            asyncio.run(_send(settings, rows, report, progress))

    def check(mapping_text: str) -> None:
        parse_mapping(mapping_text, "mapping")

    return Importing(run_job, check)


def _rows(lines: Iterable[bytes], file_format: str, mapping: CsvMapping | None, source_name: str) -> Iterator[ReadRow]:
    from streamprocessor.imports.access_log import read_access_log
    from streamprocessor.imports.csv_rows import read_csv
    from streamprocessor.imports.json_lines import read_json_lines

    if mapping is not None:
        return read_csv(lines, mapping, source_name)
    return read_access_log(lines) if file_format == ACCESS_LOG else read_json_lines(lines)


async def _send(
    settings: Settings,
    rows: Iterable[ReadRow],
    report: Callable[[BadRow], None],
    progress: Callable[[ImportCounts], None],
) -> ImportCounts:
    from streamprocessor.cli.kafka.sending import checked_sending
    from streamprocessor.imports.importer import checked, import_rows

    async with checked_sending(settings) as sending:
        return await import_rows(checked(rows, now_ms()), sending, report, progress)


def _counted(content: BinaryIO, advance: Callable[[int], None]) -> Iterator[bytes]:
    """The lines, each told of as it is read."""
    for line in content:
        advance(len(line))
        yield line


def _sentence(file: Path, bad: BadRow) -> str:
    return f"{file}:{bad.line}: {bad.reason}: {bad.detail}"
