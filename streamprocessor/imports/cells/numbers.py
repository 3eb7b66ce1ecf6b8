"""Numbers as people and programs write them: which character is the decimal one, and which stand between thousands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

POINT, COMMA = ".", ","
DECIMALS = (POINT, COMMA)
THOUSANDS = (".", ",", "'", "\N{RIGHT SINGLE QUOTATION MARK}", " ", "_")

MAX_CHARS = 100

_PLAIN_SPACES = str.maketrans(dict.fromkeys("\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}", " "))
_CURRENCY = r"(?:[A-Z]{3}|[$€£¥₹₽₺₩₪฿₫₴₦₱¢¤])?"
_SIGN = r"[-+\N{MINUS SIGN}]?"
_NUMBER = re.compile(
    rf"(?P<before>{_SIGN})(?P<open>\(?) ?{_CURRENCY} ?(?P<inner>{_SIGN})"
    rf"(?P<digits>[0-9.,'\N{{RIGHT SINGLE QUOTATION MARK}}_ ]*[0-9][.,]?) ?{_CURRENCY}(?P<after>-?)(?P<close>\)?)"
)
_SCIENTIFIC = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][-+]?[0-9]{1,2}")
_GROUPS = {
    mark: re.compile(rf"[1-9][0-9]{{0,2}}(?:{re.escape(mark)}[0-9]{{3}})+") for mark in THOUSANDS if mark != COMMA
} | {COMMA: re.compile(r"[1-9][0-9]{0,2}(?:(?:,[0-9]{3})+|(?:,[0-9]{2})+,[0-9]{3})")}  # India's too


class Notation(NamedTuple):
    """How numbers are written. decimal, thousands: one character each; None: it was not said."""

    decimal: str | None = None
    thousands: str | None = None


class AmbiguousNumberError(ValueError):
    """A text that is one number with a decimal point and another with a decimal comma."""

    def __init__(self, with_point: float, with_comma: float) -> None:
        super().__init__(f"{with_point} or {with_comma}")


def read_number(text: str, notation: Notation) -> int | float | None:
    """The number that a text spells, an integer where no decimals are written; None where it spells none.

    Signs, a currency beside it and parentheses for less than nothing are taken. Raises AmbiguousNumberError where the
    notation does not say the decimal character and the text would be another number with the other.
    """
    if len(text) > MAX_CHARS:  # what follows takes the square of the length, and nothing else runs meanwhile
        return None
    if text.isascii():
        whole, point, decimals = text.partition(POINT)
        if whole.isdigit() and (not point or (decimals.isdigit() and notation.decimal == POINT)):
            return float(text) if point else _written(int(whole))  # as most are written
    if _SCIENTIFIC.fullmatch(text.strip()):
        return float(text)
    readings = {decimal: _read(text, decimal, notation.thousands) for decimal in _decimals(notation)}
    numbers = {number for number in readings.values() if number is not None}
    if len(numbers) > 1:
        raise AmbiguousNumberError(readings[POINT] or 0, readings[COMMA] or 0)
    return numbers.pop() if numbers else None


def decimal_of(texts: Iterable[str], notation: Notation) -> str | None:
    """The decimal character by which all numbers of these texts are written that only one of the two can explain.

    None where none tells, or they don't agree.
    """
    if notation.decimal is not None:
        return notation.decimal
    telling: Counter[str] = Counter()
    for text in texts:
        if POINT in text or COMMA in text:
            readable = [decimal for decimal in DECIMALS if _read(text, decimal, notation.thousands) is not None]
            if len(readable) == 1:
                telling[readable[0]] += 1
    return next(iter(telling)) if len(telling) == 1 else None


def _decimals(notation: Notation) -> tuple[str, ...]:
    if notation.decimal is not None:
        return (notation.decimal,)
    return tuple(decimal for decimal in DECIMALS if decimal != notation.thousands)


def _read(text: str, decimal: str, thousands: str | None) -> int | float | None:
    match = _NUMBER.fullmatch(text.strip().translate(_PLAIN_SPACES)) if len(text) <= MAX_CHARS else None
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    signs = match["before"] + match["inner"] + match["after"]
    if len(signs) + len(match["open"]) > 1:
        return None
    is_negative = bool(match["open"]) or signs in ("-", "\N{MINUS SIGN}")
    whole, has_decimals, decimals = match["digits"].strip(" ").partition(decimal)
    integer = _whole_number(whole, decimal, thousands)
    if integer is None or (decimals and not decimals.isdigit()):
        return None
    number = float(f"{integer}.{decimals or 0}") if has_decimals else integer
    return _written(-number if is_negative else number)


def _written(number: int | float) -> int | float:
    """The number as records can have it: of more than 64 bits as JSON is read, which is how the worker reads it."""
    return number if is_written_whole(number) else float(number)


def is_written_whole(number: int | float) -> bool:
    """Whether a record can hold the number with all its digits."""
    return isinstance(number, float) or -(1 << 63) <= number < 1 << 64


def _whole_number(text: str, decimal: str, thousands: str | None) -> int | None:
    """The digits before the decimals; None where they are not, or not in groups that one character separates."""
    if not text or text.isdigit():
        return int(text or 0)
    marks = THOUSANDS if thousands is None else (thousands,)
    mark = next((mark for mark in marks if mark != decimal and mark in text), None)
    if mark is None or not _GROUPS[mark].fullmatch(text):
        return None
    return int(text.replace(mark, ""))
