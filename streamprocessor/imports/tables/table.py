"""What every kind of table gives: a header, and records of as many cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeAlias

from streamprocessor.imports.rows import BadRow
from streamprocessor.imports.tables.csv_records import CsvRecord

IsRow: TypeAlias = Callable[[list[str]], bool]
"""Whether cells, of which some may be missing, begin a row."""

RECORDS_LOOKED_AT = 1000
"""Notations are found by a file's first records, so many at most."""


class CellTable(Protocol):
    """The rows of a file, read once, from its header on."""

    @property
    def header(self) -> list[str]:
        """The names of the columns; raises OperatorError where the file has none or can't be read."""

    @property
    def how(self) -> str:
        """How the header was found, as messages end with it; empty where there is nothing to say."""

    def head(self) -> Sequence[CsvRecord]:
        """The first records, which come again among all."""

    def records(self, is_row: IsRow | None) -> Iterator[CsvRecord | BadRow]:
        """All records below the header, once, or why there is none; blank rows are passed over.

        is_row: None: nothing in a cell tells.
        """

    @property
    def read_as(self) -> list[str]:
        """What the file was found to be, in a few words each, as far as it was read."""
