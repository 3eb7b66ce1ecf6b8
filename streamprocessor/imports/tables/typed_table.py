"""A table whose file says of each cell what it is: a sheet of a workbook, or Parquet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, islice
from typing import TypeAlias

from streamprocessor.errors import OperatorError
from streamprocessor.imports.cells.typed import cell_of
from streamprocessor.imports.tables.csv_records import CsvRecord
from streamprocessor.imports.tables.header import ROWS_LOOKED_AT, bounded_header, header_position
from streamprocessor.imports.tables.table import RECORDS_LOOKED_AT, IsRow

NumberedRow: TypeAlias = tuple[int, Sequence[object]]
"""The line of a row, from 1, and its values."""


class TypedTable:
    """The records of such a table, and how it was read."""

    def __init__(
        self, rows: Iterable[NumberedRow], source_name: str, read_as: list[str], columns: Collection[str] = ()
    ) -> None:
        """Read the rows; blank ones and a title may stand above that which names the columns.

        columns: that are wanted, by which the header is known.
        """
        self.read_as = read_as
        self._records = _filled(rows)
        self._source_name = source_name
        self._columns = columns

    @cached_property
    def header(self) -> list[str]:
        """The names of the columns."""
        first = list(islice(self._records, ROWS_LOOKED_AT))
        if not first:
            message = f"{self._source_name}: wanted a first row that names the columns; got none with cells"
            raise OperatorError(message)
        position = header_position([record.cells for record in first], self._columns)
        self._records = chain(first[position + 1 :], self._records)
        cells = first[position].cells
        return bounded_header(cells[: 1 + max(place for place, cell in enumerate(cells) if cell)], self._source_name)

    @property
    def how(self) -> str:
        """Nothing: no delimiter could be another."""
        return ""

    def head(self) -> Sequence[CsvRecord]:
        """The first records."""
        return self._head

    def records(self, is_row: IsRow | None) -> Iterator[CsvRecord]:  # noqa: ARG002 - no quote can swallow rows
        """All records below the header, once; what stands beside the named columns is left out."""
        yield from self._head
        yield from self._of_header(self._records)

    @cached_property
    def _head(self) -> list[CsvRecord]:
        assert self.header is not None  # which stands before them
        return list(islice(self._of_header(self._records), RECORDS_LOOKED_AT))

    def _of_header(self, records: Iterable[CsvRecord]) -> Iterator[CsvRecord]:
        """The records, each of as many cells as the header: rows end with their last cell."""
        width = len(self.header)
        for record in records:
            line, cells = record
            yield record if len(cells) == width else CsvRecord(line, (cells + [""] * width)[:width])


def _filled(rows: Iterable[NumberedRow]) -> Iterator[CsvRecord]:
    """The rows that have something in a cell."""
    for line, values in rows:
        cells = [cell_of(value) for value in values]
        if any(cells):
            yield CsvRecord(line, cells)
