"""A sheet of a workbook, row by row, each cell as what it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import IO, NoReturn
from xml.parsers.expat import ParserCreate

from streamprocessor.imports.tables.header import MAX_COLUMNS
from streamprocessor.imports.tables.workbook_parts import DATE, TIME, WorkbookParts, unescaped

MAX_LINES = 1_048_576
"""Of a sheet."""

MAX_CELL_CHARS = 1 << 20
"""More than a sheet's cell may have."""

_READ_BYTES = 1 << 16
_MAX_TAG_BYTES = 1 << 20
_MAX_DEPTH = 100
_MAX_WORDS = 1_000
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
    """The rows of a sheet's XML, which comes in pieces: of a million rows an element for each would be too slow.

    What could take memory for as long as the sheet goes on is bounded: a small workbook may hold a large sheet.
    """

    def __init__(self, parts: WorkbookParts) -> None:
        self._parts = parts
        self._parser = ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = _refuse_definitions
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._words: dict[str, str] = {}  # by the names of elements, which may begin with a namespace's
        self._rows: list[tuple[int, list[object]]] = []
        self._line = 0
        self._values: list[object] = []
        self._cell: dict[str, str] = {}
        self._text: list[str] = []
        self._text_chars = 0
        self._is_text = False
        self._has_text = False
        self._depth = 0
        self._fed_bytes = 0

    def rows_in(self, piece: bytes, *, is_last: bool = False) -> list[tuple[int, list[object]]]:
        """The rows that end in this piece."""
        self._rows = []
        self._parser.Parse(piece, is_last)
        self._fed_bytes += len(piece)
        if self._fed_bytes - self._parser.CurrentByteIndex > _MAX_TAG_BYTES:
            _refuse(f"tags of at most {_MAX_TAG_BYTES} bytes")
        return self._rows

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        word = self._words.get(name) or self._new_word(name)
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            _refuse(f"at most {_MAX_DEPTH} elements one in the other")
        if word == "c":
            self._cell, self._text, self._text_chars, self._has_text = attributes, [], 0, False
        elif word in _TEXTS:
            self._is_text = self._has_text = True
        elif word == "rPh":  # how a text is said
            self._text.append(_SPEECH)
        elif word == "row":
            number = int(attributes.get("r", self._line + 1))
            if not self._line < number <= MAX_LINES:
                wanted = f"rows in their order, at most {MAX_LINES}"
                _refuse(wanted, f"row {number} behind row {self._line}")
            self._line, self._values = number, []

    def _new_word(self, name: str) -> str:
        """The element's name without its namespace: of each there are two editions."""
        if len(self._words) >= _MAX_WORDS:
            _refuse(f"at most {_MAX_WORDS} names of elements")
        return self._words.setdefault(name, name.rpartition(":")[2])

    def _characters(self, text: str) -> None:
        if self._is_text:
            self._text.append(text)
            self._text_chars += len(text)
            if self._text_chars > MAX_CELL_CHARS:
                _refuse(f"cells of at most {MAX_CELL_CHARS} characters")

    def _end(self, name: str) -> None:
        word = self._words[name]
        self._depth -= 1
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


def _refuse_definitions(*_: object) -> None:
    _refuse("no definitions of its own", "a DOCTYPE")


def _refuse(wanted: str, got: str = "more") -> NoReturn:
    message = f"wanted {wanted}; got {got}"
    raise ValueError(message)


def _column(place: str) -> int | None:
    """The number of a cell's column, from 0; None where it does not say where it is."""
    column = 0
    for character in place:
        if not "A" <= character <= "Z" or column > MAX_COLUMNS:
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
