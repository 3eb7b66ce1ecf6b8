"""How a CSV file is written: its delimiter, the notation of its numbers and times, said or found by looking."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from streamprocessor.imports.cell_numbers import COMMA, Notation, decimal_of
from streamprocessor.imports.cell_times import TimeFormat, format_of
from streamprocessor.imports.csv_mapping import NO_DELIMITERS, NUMBER, CsvMapping, ValueColumn

DELIMITERS = (",", ";", "\t", "|")

_TIMES_LOOKED_AT = 200
_HEADER_CHARS_LOOKED_AT = 100_000  # less than a csv.reader takes as one cell
_SEPARATOR_WORD = "sep="


@dataclass(frozen=True, slots=True)
class CellNotation:
    """How the cells of a file are written.

    times: of `occurred_at`; None: the mapping names no such column.
    numbers: by column, for those that hold numbers.
    decimals: the decimal characters that were found or said.
    """

    times: TimeFormat | None = None
    numbers: dict[str, Notation] = field(default_factory=dict)
    decimals: frozenset[str] = frozenset()

    @property
    def shown(self) -> list[str]:
        """The notation in a few words, for who imports."""
        words = ["decimal comma" if decimal == COMMA else "decimal point" for decimal in sorted(self.decimals)]
        shown = [" and ".join(words)] if words else []
        return shown if self.times is None else [*shown, f"times as {self.times.shown}"]


def declared_delimiter(line: str) -> str | None:
    """The delimiter in a first line such as `sep=;`, which spreadsheets write; None where it is a row."""
    text = line.rstrip("\r\n")
    is_declared = text[: len(_SEPARATOR_WORD)].lower() == _SEPARATOR_WORD and len(text) == len(_SEPARATOR_WORD) + 1
    is_declared = is_declared and text[-1] not in NO_DELIMITERS
    return text[-1] if is_declared else None


def delimiter_of(header_line: str, columns: set[str]) -> str:
    """The delimiter by which most of the columns are in the header; of equal ones that which makes more cells."""

    def found(delimiter: str) -> tuple[int, int]:
        cells = next(csv.reader([header_line[:_HEADER_CHARS_LOOKED_AT]], delimiter=delimiter), [])
        return len(columns & set(cells)), len(cells)

    return max(DELIMITERS, key=found)


def cell_notation(mapping: CsvMapping, header: Sequence[str], rows: Iterable[Sequence[str]]) -> CellNotation:
    """The notation of a file's cells, from its first rows and what the mapping says.

    A number column that does not tell its decimal character is written as the others of the file are, where they agree.
    """
    samples = [dict(zip(header, cells, strict=True)) for cells in rows if len(cells) == len(header)]
    time = mapping.occurred_at
    times = None
    if time is not None and time.format is not None:
        times = TimeFormat((time.format,))
    elif time is not None:
        times = format_of([sample[time.column].strip() for sample in samples[:_TIMES_LOOKED_AT]], time.zone)
    groups: list[Iterable[ValueColumn]] = [
        each.values() for each in (mapping.properties, mapping.context, mapping.attributes)
    ]
    names = {column.column for group in groups for column in group if column.read_as == NUMBER}
    declared = mapping.numbers
    found = {name: decimal_of([sample[name] for sample in samples], declared) for name in sorted(names)}
    decimals = frozenset(decimal for decimal in found.values() if decimal is not None)
    of_file = next(iter(decimals)) if len(decimals) == 1 else None
    numbers = {name: Notation(decimal or of_file, declared.thousands) for name, decimal in found.items()}
    return CellNotation(times, numbers, decimals)
