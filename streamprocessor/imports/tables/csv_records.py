"""CSV lines cut into records. A quote that nothing closes costs the record that it stands in, never those after it."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from streamprocessor.contract.foreign_text import shown_value
from streamprocessor.imports.rows import BadRow

OPEN_QUOTE, NOT_CSV = "open-quote", "not-csv"
_FEWEST_LINES = 5
"""That a record must have taken to be doubted where all that tells is how many cells each would have."""


class CsvRecord(NamedTuple):
    """The cells of a row that begins on a line; the file's first is 1."""

    line: int
    cells: list[str]


class RowShape(NamedTuple):
    """What a row of a file looks like.

    header: the names of its columns.
    is_row: whether what a line holds between delimiters, few or many, begins a row; None: nothing in a cell tells.
    """

    header: list[str]
    is_row: Callable[[list[str]], bool] | None


def read_records(
    lines: Iterator[str], delimiter: str, shape: RowShape, lines_before: int
) -> Iterator[CsvRecord | BadRow]:
    """The records in their order; blank lines are passed over.

    RFC 4180 lets a quoted cell hold line ends, so one quote too many would take all rows up to the next one, or to the
    end of the file. Where what it took are rows, or what is left is none, only the row with the quote is refused, and
    reading goes on with the next line.

    lines_before: of the file, that are not among these.
    """
    feed = _Feed(lines, lines_before)
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    width = len(shape.header)
    while True:
        feed.taken.clear()
        line = feed.line_number + 1
        error = ""
        cells: list[str] | None = None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as caught:
            error = str(caught)
        if len(feed.taken) > 1 and (
            cells is None or len(cells) != width or _has_swallowed(feed.taken, delimiter, shape)
        ):
            yield BadRow(line, OPEN_QUOTE, _open_quote(feed, delimiter, shape.header))
            feed.give_back_all_but_first()
        elif cells is None:
            yield BadRow(line, NOT_CSV, error)
        elif cells:
            yield CsvRecord(line, cells)


class _Feed:
    """Lines for a csv.reader, which remembers those that its present record took, and can have them again."""

    def __init__(self, lines: Iterator[str], lines_before: int) -> None:
        self.taken: list[str] = []
        self.line_number = lines_before
        self._lines = lines
        self._again: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.line_number += 1
        self.taken.append(line)
        return line

    def give_back_all_but_first(self) -> None:
        """Let all lines of the present record but its first come again."""
        returned = self.taken[1:]
        self.line_number -= len(returned)
        self._again.extendleft(reversed(returned))


def _has_swallowed(taken: list[str], delimiter: str, shape: RowShape) -> bool:
    """Whether lines that a record took are rows of their own.

    The last line of a true record holds its last columns, so it says something only where the first holds as much.
    """
    lines = [line.rstrip("\r\n").split(delimiter) for line in taken]
    is_row = shape.is_row
    if is_row is None:
        width = len(shape.header)
        return width > 1 and len(lines) >= _FEWEST_LINES and all(len(cells) == width for cells in lines)
    return any(map(is_row, lines[1:-1])) or (is_row(lines[0]) and is_row(lines[-1]))


def _open_quote(feed: _Feed, delimiter: str, header: list[str]) -> str:
    begun = next(csv.reader([feed.taken[0]], delimiter=delimiter), [])
    position = len(begun) - 1
    place = f"column {shown_value(header[position])}" if 0 <= position < len(header) else "a cell"
    return (
        f"{place}: wanted a quote inside a cell twice, and the cell in quotes; got one that is not closed on its line"
    )
