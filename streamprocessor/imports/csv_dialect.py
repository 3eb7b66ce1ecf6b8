"""How the cells of a table are written: its numbers and times, said or found by looking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from streamprocessor.imports.cells.numbers import COMMA, Notation, decimal_of
from streamprocessor.imports.cells.times import TimeFormat, format_of
from streamprocessor.imports.cells.typed import TypedCell
from streamprocessor.imports.columns.columns import NUMBER
from streamprocessor.imports.csv_mapping import CsvMapping

_TIMES_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class CellNotation:
    """How the cells of a file are written.

    times: by column, for those that hold instants.
    numbers: by column, for those that hold numbers.
    decimals: the decimal characters that were found or said.
    """

    times: Mapping[str, TimeFormat] = field(default_factory=dict)
    numbers: dict[str, Notation] = field(default_factory=dict)
    decimals: frozenset[str] = frozenset()

    @property
    def shown(self) -> list[str]:
        """The notation in a few words, for who imports."""
        words = ["decimal comma" if decimal == COMMA else "decimal point" for decimal in sorted(self.decimals)]
        shown = [" and ".join(words)] if words else []
        formats = dict.fromkeys(times.shown for times in self.times.values())
        return [*shown, f"times as {' and '.join(formats)}"] if formats else shown


def cell_notation(mapping: CsvMapping, header: Sequence[str], rows: Iterable[Sequence[str]]) -> CellNotation:
    """The notation of a file's cells, from its first rows and what the mapping says.

    A number column that does not tell its decimal character is written as the others of the file are, where they agree.
    """
    samples = [dict(zip(header, cells, strict=True)) for cells in rows if len(cells) == len(header)]
    times = {
        column.column: TimeFormat((column.format,))
        if column.format is not None
        else format_of(_undated(samples[:_TIMES_LOOKED_AT], column.column), column.zone)
        for column in {column.column: column for column in mapping.time_columns()}.values()
    }
    columns = [column for group in mapping.value_columns() for column in group.values()]
    names = {column.column for column in columns if column.read_as == NUMBER}
    names |= {events.count for events in mapping.events if events.count is not None}
    declared = mapping.numbers
    found = {name: decimal_of(_texts(samples, name), declared) for name in sorted(names)}
    decimals = frozenset(decimal for decimal in found.values() if decimal is not None)
    of_file = next(iter(decimals)) if len(decimals) == 1 else None
    numbers = {name: Notation(decimal or of_file, declared.thousands) for name, decimal in found.items()}
    return CellNotation(times, numbers, decimals)


def _undated(samples: Iterable[Mapping[str, str]], column: str) -> list[str]:
    """The cells of a column that are no dates by what their file says: numbers may be epochs, or days of Excel."""
    cells = [sample.get(column, "") for sample in samples]
    return [cell.strip() for cell in cells if not (isinstance(cell, TypedCell) and isinstance(cell.value, date))]


def _texts(samples: Iterable[Mapping[str, str]], column: str) -> list[str]:
    """The cells of a column that are nothing but text: notations are of those alone."""
    cells = [sample.get(column, "") for sample in samples]
    return [cell.strip() for cell in cells if not isinstance(cell, TypedCell)]
