"""Which character stands between the cells of a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Collection, Sequence
from typing import NamedTuple

from streamprocessor.imports.tables.header import header_position, plain

DELIMITERS = (",", ";", "\t", "|")
NO_DELIMITERS = '"\r\n'

_LINE_CHARS_LOOKED_AT = 100_000  # less than a csv.reader takes as one cell
_SEPARATOR_WORD = "sep="


class FirstRow(NamedTuple):
    """The cells of one of a file's first rows, and how many lines stand before it."""

    lines_before: int
    cells: list[str]


def declared_delimiter(line: str) -> str | None:
    """The delimiter in a first line such as `sep=;`, which spreadsheets write; None where it is a row."""
    text = line.rstrip("\r\n")
    is_declared = text[: len(_SEPARATOR_WORD)].lower() == _SEPARATOR_WORD and len(text) == len(_SEPARATOR_WORD) + 1
    is_declared = is_declared and text[-1] not in NO_DELIMITERS
    return text[-1] if is_declared else None


def first_rows(lines: Sequence[str], delimiter: str) -> list[FirstRow]:
    """The rows that begin on these lines, blank ones too, as far as they can be told apart."""
    reader = csv.reader((line[:_LINE_CHARS_LOOKED_AT] for line in lines), delimiter=delimiter)
    rows: list[FirstRow] = []
    while True:
        before = reader.line_num
        try:
            rows.append(FirstRow(before, next(reader)))
        except (StopIteration, csv.Error):
            return rows


def delimiter_of(lines: Sequence[str], columns: Collection[str]) -> str:
    """The delimiter by which a row has most of the columns; of equal ones that by which most rows are as the header.

    columns: that are wanted; none where nothing is known of the file.
    """
    wanted = {plain(column) for column in columns}

    def fitness(delimiter: str) -> tuple[int, int, int]:
        rows = [row.cells for row in first_rows(lines, delimiter)]
        if not rows:
            return 0, 0, 0
        header = rows[header_position(rows, columns)]
        found = len(wanted & {plain(cell) for cell in header})
        alike = sum(len(cells) == len(header) for cells in rows) if len(header) > 1 else 0
        return found, alike if not wanted else 0, len(header)

    return max(DELIMITERS, key=fitness)
