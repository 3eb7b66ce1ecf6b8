"""A sheet of a workbook, row by row, each cell as what it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import IO
from xml.etree.ElementTree import Element

from streamprocessor.imports.tables.workbook_parts import DATE, TIME, WorkbookParts, elements, local, text_of

MAX_LINES, MAX_COLUMNS = 1_048_576, 16_384
"""Of a sheet."""

_DAY_MS = 86_400_000
_ZERO, _ZERO_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - a sheet's times name no zone


def sheet_rows(file: IO[bytes], parts: WorkbookParts) -> Iterator[tuple[int, list[object]]]:
    """The rows that have a cell with a value, each with its line, from 1, and its values up to the last one.

    Raises ValueError, IndexError and ParseError where the sheet is not as it must be.
    """
    line = 0
    for row in elements(file, "row"):
        number = int(row.get("r", line + 1))
        if not line < number <= MAX_LINES:
            message = f"wanted rows in their order, at most {MAX_LINES}; got row {number} behind row {line}"
            raise ValueError(message)
        line = number
        values: list[object] = []
        for cell in row:
            column = _column(cell.get("r", "")) or len(values)
            if len(values) <= column < MAX_COLUMNS and (value := _value(cell, parts)) is not None:
                values += [None] * (column - len(values))
                values.append(value)
        if values:
            yield line, values


def _column(place: str) -> int | None:
    """The number of a cell's column, from 0; None where it does not say where it is."""
    column = 0
    for character in place:
        if not "A" <= character <= "Z":
            break
        column = 26 * column + ord(character) - ord("A") + 1
    return column - 1 if column else None


def _value(cell: Element, parts: WorkbookParts) -> object:
    """What stands in the cell; None: nothing, or a formula's error."""
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return next((text_of(each) for each in cell if local(each) == "is"), None)
    text = next((each.text for each in cell if local(each) == "v"), None)
    if text is None or kind == "e":
        return None
    match kind:
        case "s":
            return parts.strings[int(text)]
        case "b":
            return text.strip() in ("1", "true")
        case "d":
            return datetime.fromisoformat(text)
        case "n":
            return _number(text, parts.kinds.get(int(cell.get("s", 0))), parts.is_1904)
    return text


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
