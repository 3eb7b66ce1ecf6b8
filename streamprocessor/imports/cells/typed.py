"""Cells of files that say themselves what is a number or a date, as text that still knows it."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import TypeAlias

import orjson

from streamprocessor.imports.cells.numbers import is_written_whole

CellValue: TypeAlias = int | float | date

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST_EXACT = 10**15  # a spreadsheet's numbers are floats: above it they have lost digits


class TypedCell(str):
    """The text of a cell whose file says what it is.

    value: the number or date that it is, whatever notation the texts of the file have.
    """

    __slots__ = ("value",)

    value: CellValue

    def __new__(cls, text: str, value: CellValue) -> TypedCell:
        """The cell of that text and value."""
        cell = super().__new__(cls, text)
        cell.value = value
        return cell


def cell_of(value: object) -> str:
    """The cell of a typed value; empty where there is none."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        return _number(value)
    if isinstance(value, date):  # a datetime is one too
        return TypedCell(value.isoformat(), value)
    if isinstance(value, (list, dict, tuple)):
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def instant_ms(moment: date, zone: tzinfo) -> int:
    """The date or its beginning in epoch milliseconds, cutting finer times; zone: where it names no offset."""
    instant = moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001
    instant = instant if instant.tzinfo else instant.replace(tzinfo=zone)
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def _number(value: int | float | Decimal) -> str:
    if isinstance(value, int):
        return TypedCell(str(value), value) if is_written_whole(value) else str(value)
    if not math.isfinite(value):
        return ""
    if value == int(value) and (isinstance(value, Decimal) or abs(value) < _LARGEST_EXACT):
        return _number(int(value))
    return TypedCell(str(value), float(value))
