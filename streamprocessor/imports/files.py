"""A file's rows, read by its format, and sent to the input topics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeAlias

from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.topics.input_topics import InputTopics
from streamprocessor.imports.access_log import read_access_log
from streamprocessor.imports.csv_mapping import CsvMapping
from streamprocessor.imports.csv_rows import RowClues
from streamprocessor.imports.file_bytes import with_head
from streamprocessor.imports.file_kinds import COMPOUND, HEAD_BYTES, PARQUET, ZIP, refuse_json
from streamprocessor.imports.file_lines import FileLines
from streamprocessor.imports.importer import ImportCounts, checked, import_rows
from streamprocessor.imports.json_lines import read_json_lines
from streamprocessor.imports.kafka_sender import checked_sender
from streamprocessor.imports.progress.checkpoint import ImportCheckpoint
from streamprocessor.imports.progress.rate_limit import RateLimit
from streamprocessor.imports.progress.row_sender import RowSender
from streamprocessor.imports.rows import ACCESS_LOG, BadRow, ReadRow
from streamprocessor.imports.table_rows import TableRows
from streamprocessor.imports.tables.csv_table import CsvTable
from streamprocessor.imports.tables.excel import read_workbook
from streamprocessor.imports.tables.parquet import read_parquet
from streamprocessor.imports.tables.table import CellTable
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.process.stored_secrets import address_salt
from streamprocessor.settings import Settings


class LineRows:
    """The rows of a file that is no table, and how it was read."""

    def __init__(self, lines: FileLines, *, is_log: bool = False) -> None:
        """Read the lines."""
        self._lines = lines
        self._is_log = is_log
        self._mended: Counter[str] = Counter()

    def __iter__(self) -> Iterator[ReadRow]:
        """The rows in the file's order; raises OperatorError where the file can't be read."""
        return read_access_log(self._lines) if self._is_log else read_json_lines(self._lines, self._count_mended)

    @property
    def read_as(self) -> str:
        """What the file was found to be, in a few words, as far as it was read."""
        encoding = self._lines.encoding or "utf-8"
        mended = [f"{number} lines mended ({reason})" for reason, number in sorted(self._mended.items())]
        return ", ".join([*(["gzip"] if self._lines.is_gzip else []), encoding, *mended])

    def _count_mended(self, reason: str) -> None:
        self._mended[reason] += 1


class ImportListener(NamedTuple):
    """Who is told how an import goes.

    on_bad: of each row that the worker would not take. on_progress: of the counts, every thousand rows and at the end.
    """

    on_bad: Callable[[BadRow], None]
    on_progress: Callable[[ImportCounts], None]


class ImportSource(NamedTuple):
    """What an import reads.

    name: of the file, for messages.
    at_ms: the instant of the import, which what has no time of its own gets.
    """

    name: str
    at_ms: int


FileRows: TypeAlias = LineRows | TableRows
"""The rows of any file, and how it was read."""


def open_table(pieces: Iterable[bytes], source_name: str, mapping: CsvMapping | None = None) -> CellTable:
    """The table that a file's bytes are, cut anywhere: CSV, a workbook of Excel or Parquet, told by the first of them.

    mapping: None: nothing is known of the table yet. Raises OperatorError where it is none, here or while it is read.
    """
    columns = set() if mapping is None else mapping.columns()
    head, whole = with_head(pieces, HEAD_BYTES)
    if head.startswith((ZIP, COMPOUND)):
        return read_workbook(whole, source_name, columns)
    if head.startswith(PARQUET):
        return read_parquet(whole, source_name, columns)
    refuse_json(head, source_name)
    lines = FileLines(whole, source_name, None if mapping is None else mapping.encoding)
    return CsvTable(lines, source_name, None if mapping is None else mapping.delimiter, columns)


def read_file(
    settings: Settings, pieces: Iterable[bytes], file_format: str, mapping: CsvMapping | None, source: ImportSource
) -> FileRows:
    """The rows of a file's bytes, cut anywhere. mapping: what the columns of a table mean, None of any other format.

    Raises OperatorError where contacts are mail addresses and the salt for them is not known.
    """
    if mapping is None:
        return LineRows(FileLines(pieces, source.name), is_log=file_format == ACCESS_LOG)
    contact_ids = None
    if any(column.is_address for column in mapping.contact_columns()):
        contact_ids = ContactIds(address_salt(settings.address_salt, settings.data_path))
    table = open_table(pieces, source.name, mapping)
    return TableRows(table, mapping, source.name, RowClues(source.at_ms, contact_ids))


async def send_rows(
    settings: Settings,
    rows: Iterable[ReadRow],
    checkpoint: ImportCheckpoint,
    listener: ImportListener,
    rate_limit: RateLimit | None = None,
) -> ImportCounts:
    """The counts once every row that the worker will take is acknowledged.

    What the checkpoint says is acknowledged is counted again and not sent again; the rest moves it on.
    rate_limit: None: as fast as the broker takes them.

    Raises TopicError where an input topic is missing or may not be written, BrokerError where a row can't be sent.
    """
    layout = layout_of(settings)

    def on_counted(counts: ImportCounts) -> None:
        checkpoint.advance(counts.acknowledged_rows)
        listener.on_progress(counts)

    async with checked_sender(settings, layout) as sender:
        checkpoint.keep()
        row_sender = RowSender(sender, InputTopics(layout.topics), checkpoint.rows, rate_limit)
        return await import_rows(checked(rows, checkpoint.at_ms), row_sender, listener.on_bad, on_counted)
