"""The rows of a table, each read as events and updates by a mapping, or why it can't be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from streamprocessor.errors import RecordError
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

    def __iter__(self) -> Iterator[ReadRow]:
        """The events and updates of each row, in the file's order, or why there is none; blank rows are passed over.

        Raises OperatorError where a column that the mapping needs is not in the file, or is there twice.
        """
        mapping, columns = self._mapping, self._mapping.columns()
        header = named_by(self._table.header, columns)
        refuse_unless_whole(header, mapping.needed_columns(), columns, self._source_name, self._table.how)
        self._notation = cell_notation(mapping, header, [record.cells for record in self._table.head()])
        build = RowBuilder(mapping, self._notation, self._clues)
        absent = dict.fromkeys(sorted(columns - set(header)), "")
        for record in self._table.records(build.row_test(header)):
            if isinstance(record, BadRow):
                yield record
            else:
                yield from _rows_of(record.line, dict(zip(header, record.cells, strict=True)) | absent, build)

    @property
    def read_as(self) -> str:
        """What the file was found to be, in a few words, as far as it was read."""
        words = self._table.read_as
        return ", ".join(words if self._notation is None else [*words, *self._notation.shown])


def _rows_of(line: int, cells: dict[str, str], build: RowBuilder) -> Sequence[ReadRow]:
    try:
        return build.rows(line, cells)
    except RecordError as error:
        return [BadRow(line, error.reason, error.detail)]
