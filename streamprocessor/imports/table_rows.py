"""The rows of a table, each read as events and updates by a mapping, or why it can't be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from streamprocessor.contract.foreign_text import shown_value
from streamprocessor.errors import RecordError
from streamprocessor.imports.columns.columns import NOW
from streamprocessor.imports.csv_dialect import CellNotation, cell_notation
from streamprocessor.imports.csv_mapping import CsvMapping
from streamprocessor.imports.csv_rows import NO_CLUES, RowBuilder, RowClues
from streamprocessor.imports.rows import BadRow, ReadRow
from streamprocessor.imports.tables.header import named_by, refuse_unless_whole
from streamprocessor.imports.tables.table import CellTable


class TableRows:
    """The rows of a table, and how it was read."""

    def __init__(self, table: CellTable, mapping: CsvMapping, source_name: str, clues: RowClues = NO_CLUES) -> None:
        """Read the table by the mapping."""
        self._table = table
        self._mapping = mapping
        self._source_name = source_name
        self._clues = clues
        self._notation: CellNotation | None = None
        self._has_rows = False
        self._left_out: list[str] = []

    def __iter__(self) -> Iterator[ReadRow]:
        """The events and updates of each row, in the file's order, or why there is none; blank rows are passed over.

        Raises OperatorError where a column that the mapping needs is not in the file, or is there twice.
        """
        mapping, columns = self._mapping, self._mapping.columns()
        header = named_by(self._table.header, columns)
        refuse_unless_whole(header, mapping.needed_columns(), columns, self._source_name, self._how(header))
        absent = dict.fromkeys(sorted(columns - set(header)), "")
        mapping = mapping.without_events_of(absent)
        self._left_out = [
            f"no {events.name}: no column {', '.join(map(shown_value, sorted(events.deciding_columns & set(absent))))}"
            for events in self._mapping.events
            if events not in mapping.events and not events.deciding_columns <= set(absent)
        ]
        self._notation = cell_notation(mapping, header, [record.cells for record in self._table.head()])
        build = RowBuilder(mapping, self._notation, self._clues)
        for record in self._table.records(build.row_test(header)):
            self._has_rows = True
            if isinstance(record, BadRow):
                yield record
                continue
            cells = dict(zip(header, record.cells, strict=True))
            if absent:
                cells |= absent
            yield from _rows_of(record.line, cells, build)

    @property
    def read_as(self) -> str:
        """What the file was found to be, in a few words, as far as it was read."""
        words = self._table.read_as
        if self._notation is None:
            return ", ".join(words)
        words = [*words, *self._notation.shown, *self._left_out]
        return ", ".join(words if self._has_rows else [*words, "no rows below the header"])

    def _how(self, header: list[str]) -> str:
        """How the header was read, as a refusal of it ends; and what to say where it has no column of a time."""
        times = {column.column for column in self._mapping.time_columns()}
        hint = "" if times <= set(header) else f"; occurred_at: {NOW} stands for the instant of the import"
        return self._table.how + hint


def _rows_of(line: int, cells: dict[str, str], build: RowBuilder) -> Sequence[ReadRow]:
    try:
        return build.rows(line, cells)
    except RecordError as error:
        return [BadRow(line, error.reason, error.detail)]
