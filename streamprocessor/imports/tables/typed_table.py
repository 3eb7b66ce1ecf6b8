"""A table whose file says of each cell what it is: a sheet of a workbook, or Parquet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, islice

from streamprocessor.errors import OperatorError
from streamprocessor.imports.cells.typed import cell_of
from streamprocessor.imports.tables.csv_records import CsvRecord
from streamprocessor.imports.tables.header import ROWS_LOOKED_AT, header_position
from streamprocessor.imports.tables.table import RECORDS_LOOKED_AT, IsRow


class TypedTable:
    """The records of such a table, and how it was read."""

    def __init__(
        self, rows: Iterable[Sequence[object]], source_name: str, read_as: list[str], columns: Collection[str] = ()
    ) -> None:
        """Read rows of values of equal length; blank ones and a title may stand above that which names the columns.

        columns: that are wanted, by which the header is known.
        """
        self.read_as = read_as
        self._rows: Iterator[tuple[int, Sequence[object]]] = enumerate(rows, 1)
        self._source_name = source_name
        self._columns = columns

    @cached_property
    def header(self) -> list[str]:
        """The names of the columns."""
        first = list(islice(self._rows, ROWS_LOOKED_AT))
        cells = [[cell_of(value) for value in values] for _, values in first]
        if not any(map(any, cells)):
            message = f"{self._source_name}: wanted a first row that names the columns; got none with cells"
            raise OperatorError(message)
        position = header_position(cells, self._columns)
        self._rows = enumerate(
            (values for _, values in chain(first[position + 1 :], self._rows)), first[position][0] + 1
        )
        return cells[position]

    @property
    def how(self) -> str:
        """Nothing: no delimiter could be another."""
        return ""

    def head(self) -> Sequence[CsvRecord]:
        """The first records."""
        return self._head

    def records(self, is_row: IsRow | None) -> Iterator[CsvRecord]:  # noqa: ARG002 - no quote can swallow rows
        """All records below the header, once."""
        yield from self._head
        yield from self._read(self._rows)

    @cached_property
    def _head(self) -> list[CsvRecord]:
        assert self.header is not None  # which stands before them
        return list(islice(self._read(self._rows), RECORDS_LOOKED_AT))

    def _read(self, rows: Iterable[tuple[int, Sequence[object]]]) -> Iterator[CsvRecord]:
        for line, values in rows:
            cells = [cell_of(value) for value in values]
            if any(cells):
                yield CsvRecord(line, cells)
