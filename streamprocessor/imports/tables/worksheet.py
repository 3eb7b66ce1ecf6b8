"""A sheet of a workbook, row by row, each cell as what it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import IO
from xml.parsers.expat import ParserCreate

from streamprocessor.imports.tables.header import MAX_COLUMNS
from streamprocessor.imports.tables.workbook_parts import DATE, TIME, WorkbookParts, unescaped

MAX_LINES = 1_048_576
"""Of a sheet."""

_READ_BYTES = 1 << 16
_TEXTS = frozenset({"v", "t"})
_SPEECH = "\0"  # marks where it begins; no text of XML has it
_DAY_MS = 86_400_000
_ZERO, _ZERO_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - a sheet's times name no zone


def sheet_rows(file: IO[bytes], parts: WorkbookParts) -> Iterator[tuple[int, list[object]]]:
    """The rows that have a cell with a value, each with its line, from 1, and its values up to the last one.

    Raises ValueError, IndexError and ExpatError where the sheet is not as it must be.
    """
    reader = _SheetReader(parts)
    while piece := file.read(_READ_BYTES):
        yield from reader.rows_in(piece)
    yield from reader.rows_in(b"", is_last=True)


class _SheetReader:
    """The rows of a sheet's XML, which comes in pieces: of a million rows an element for each would be too slow."""

    def __init__(self, parts: WorkbookParts) -> None:
        self._parts = parts
        self._parser = ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._words: dict[str, str] = {}  # by the names of elements, which may begin with a namespace's
        self._rows: list[tuple[int, list[object]]] = []
        self._line = 0
        self._values: list[object] = []
        self._cell: dict[str, str] = {}
        self._text: list[str] = []
        self._is_text = False
        self._has_text = False

    def rows_in(self, piece: bytes, *, is_last: bool = False) -> list[tuple[int, list[object]]]:
        """The rows that end in this piece."""
        self._rows = []
        self._parser.Parse(piece, is_last)
        return self._rows

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        word = self._words.get(name) or self._words.setdefault(name, name.rpartition(":")[2])
        if word == "c":
            self._cell, self._text, self._has_text = attributes, [], False
        elif word in _TEXTS:
            self._is_text = self._has_text = True
        elif word == "rPh":  # how a text is said
            self._text.append(_SPEECH)
        elif word == "row":
            number = int(attributes.get("r", self._line + 1))
            if not self._line < number <= MAX_LINES:
                wanted = f"wanted rows in their order, at most {MAX_LINES}"
                message = f"{wanted}; got row {number} behind row {self._line}"
                raise ValueError(message)
            self._line, self._values = number, []

    def _characters(self, text: str) -> None:
        if self._is_text:
            self._text.append(text)

    def _end(self, name: str) -> None:
        word = self._words[name]
        if word in _TEXTS:
            self._is_text = False
        elif word == "rPh":
            del self._text[self._text.index(_SPEECH) :]
        elif word == "c":
            values = self._values
            column = _column(self._cell.get("r", "")) or len(values)
            value = _value(self._cell, "".join(self._text), self._parts) if self._has_text else None
            if value is not None and len(values) <= column < MAX_COLUMNS:
                values += [None] * (column - len(values))
                values.append(value)
        elif word == "row" and self._values:
            self._rows.append((self._line, self._values))


def _column(place: str) -> int | None:
    """The number of a cell's column, from 0; None where it does not say where it is."""
    column = 0
    for character in place:
        if not "A" <= character <= "Z":
            break
        column = 26 * column + ord(character) - ord("A") + 1
    return column - 1 if column else None


def _value(cell: dict[str, str], text: str, parts: WorkbookParts) -> object:
    """What a cell of these attributes and this text is; None: a formula's error."""
    match cell.get("t", "n"):
        case "n":
            return _number(text, parts.kinds.get(int(cell.get("s", 0))), parts.is_1904)
        case "s":
            return parts.strings[int(text)]
        case "b":
            return text.strip() in ("1", "true")
        case "d":
            return datetime.fromisoformat(text)
        case "e":
            return None
    return unescaped(text)


def _number(text: str, kind: str | None, is_1904: bool) -> int | float | date | time:
    number = float(text)
    if kind is not None and 0 <= number < 2_958_466:  # the last day of the year 9999
        moment = (_ZERO_1904 if is_1904 else _ZERO) + timedelta(milliseconds=round(number * _DAY_MS))
        if kind == TIME and number < 1:
            return moment.time()
        if kind == DATE and moment.time() == time():
            return moment.date()
        if kind != TIME:
            return moment
    return int(text) if text.lstrip("-").isdigit() else number
