"""Instants in cells: in the format that a mapping names, or in the one that most cells of the column can be read by."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from streamprocessor.contract import reason_codes
from streamprocessor.contract.foreign_text import MAX_VALUE_CHARS, shown_value
from streamprocessor.errors import RecordError

ISO, EPOCH_MS, EPOCH_SECONDS, EXCEL_DAYS = "iso", "epoch_ms", "epoch_seconds", "excel_days"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_EXCELS_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's times name no zone
_PROBE = datetime(2021, 3, 4, tzinfo=UTC)
_UTC_NAME = re.compile(r" ?(?:UTC|GMT|Z)$", re.IGNORECASE)
_ENDS_OF_UTC_NAMES = ("C", "T", "c", "t", "z")
_LAST_SECOND = re.compile(r"(?<=:\d\d:)60(?=\D|$)")
_MIDNIGHT = re.compile(r"(?<=[T ])24(?=(?::00(?::00(?:[.,]0+)?)?)?(?:[-+Z]|$))")

DATES = (
    *("%d.%m.%Y", "%d.%m.%y", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d"),
    *("%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y"),
)
"""Notations of a cell's date that are looked for."""
TIMES_OF_DAY = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", ", %H:%M", ", %H:%M:%S", " %H:%M:%S.%f")


class TimeFormat(NamedTuple):
    """How a column's instants are written.

    names: the format's word, or strptime patterns of which a cell has one; two that would read some cell as different
        instants stand for a column that nothing in it decides.
    """

    names: tuple[str, ...]
    is_ambiguous: bool = False

    @property
    def shown(self) -> str:
        """The format as messages name it."""
        return (" or " if self.is_ambiguous else ", ").join(self.names)[:MAX_VALUE_CHARS]


def time_reader(place: str, time_format: TimeFormat, zone: tzinfo) -> Callable[[str], int]:
    """A function from a cell to epoch milliseconds, cutting finer times; it raises RecordError bad-time.

    place: the column as messages name it.
    zone: of texts that name no offset.
    """
    parsers = [_parser_of(name, zone) for name in time_format.names]

    first = parsers[0]

    def read(text: str) -> int:
        instant_ms = first(text)
        if instant_ms is not None and not time_format.is_ambiguous:
            return instant_ms
        instants = {parse(text) for parse in parsers} - {None}
        if len(instants) == 1 and (instant_ms := instants.pop()) is not None:
            return instant_ms
        hint = "" if not instants else ", which would be two instants: say occurred_at's format in the mapping"
        example = " (such as 2026-11-02T09:30:00)" if time_format.names == (ISO,) else ""
        detail = f"{place}: wanted {time_format.shown}{example}; got {shown_value(text)}{hint}"
        raise RecordError(reason_codes.BAD_TIME, detail)

    return read


def format_of(cells: Iterable[str], zone: tzinfo) -> TimeFormat:
    """The format that most of the cells can be read by, `iso` where none can.

    Where day and month could stand either way round, it is ambiguous.
    """
    filled = [cell for cell in cells if cell]
    words = {word: _readable(filled, word, zone) for word in (ISO, EPOCH_MS, EPOCH_SECONDS, EXCEL_DAYS)}
    best_word = max(words, key=lambda word: len(words[word]))
    if len(words[best_word]) == len(filled):
        return TimeFormat((best_word,))
    patterns = {date: _patterns_of(date, filled, zone) for date in DATES}
    counts = {date: len({cell for readable in found.values() for cell in readable}) for date, found in patterns.items()}
    most = max(counts.values())
    if len(words[best_word]) >= most:
        return TimeFormat((best_word,))
    first, *others = (tuple(patterns[date]) for date in DATES if counts[date] == most)
    names = (*first, *(name for other in others for name in other))
    return TimeFormat(names, is_ambiguous=any(_reads_otherwise(other, first[0], zone) for other in others))


def _reads_otherwise(names: tuple[str, ...], pattern: str, zone: tzinfo) -> bool:
    """Whether what the pattern writes is another instant by one of the names: day and month are the other way round."""
    written = _PROBE.strftime(pattern)
    instant_ms = _parser_of(pattern, zone)(written)
    return any(_parser_of(name, zone)(written) not in (None, instant_ms) for name in names)


def _patterns_of(date: str, cells: list[str], zone: tzinfo) -> dict[str, set[int]]:
    """The patterns that begin with the date's, each with the positions of the cells that it reads, where it does."""
    found = {date + time_of_day: _readable(cells, date + time_of_day, zone) for time_of_day in TIMES_OF_DAY}
    return {pattern: positions for pattern, positions in found.items() if positions}


def _readable(cells: list[str], name: str, zone: tzinfo) -> set[int]:
    parse = _parser_of(name, zone)
    return {position for position, cell in enumerate(cells) if _may_be(cell, name) and parse(cell) is not None}


def _may_be(cell: str, name: str) -> bool:
    """Whether digits alone are as many as the format has: a time in milliseconds could be a date of the year 1700."""
    digits_by_word = {ISO: 8, EPOCH_MS: 13, EPOCH_SECONDS: 10, EXCEL_DAYS: 5}
    whole = cell.partition(".")[0]
    return name not in digits_by_word or not whole.isdigit() or len(whole) == digits_by_word[name]


def _parser_of(name: str, zone: tzinfo) -> Callable[[str], int | None]:
    """A function from a text to epoch milliseconds; None of a text that is not of the format."""
    parse = {EPOCH_MS: _epoch_ms, EPOCH_SECONDS: _epoch_seconds, EXCEL_DAYS: _excel_days, ISO: _iso}.get(name)

    def read(text: str) -> int | None:
        try:
            moment = datetime.strptime(text, name) if parse is None else parse(text)  # noqa: DTZ007 - the zone is next
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
            return (moment - _EPOCH) // timedelta(milliseconds=1)
        except (ValueError, OverflowError):
            return None

    return read


def _epoch_ms(text: str) -> datetime:
    return _EPOCH + timedelta(milliseconds=int(text))


def _epoch_seconds(text: str) -> datetime:
    return _EPOCH + timedelta(microseconds=math.floor(float(text) * 1e6))


def _excel_days(text: str) -> datetime:
    """Days since Excel's zero, to the millisecond: a cell that was a date, without its format."""
    return _EXCELS_ZERO + timedelta(milliseconds=round(float(text) * _DAY.total_seconds() * 1000))


def _iso(text: str) -> datetime:
    """ISO 8601, and what databases make of it: a zone's name behind a blank, a leap second, midnight as 24:00."""
    plain = (
        _UTC_NAME.sub("+00:00", text) if text[-1:] in _ENDS_OF_UTC_NAMES else text
    )  # but for Z, which is read at once
    later = timedelta(0)
    if ":60" in plain:
        plain, number = _LAST_SECOND.subn("59", plain)
        later += number * timedelta(seconds=1)
    if "24" in plain:
        plain, number = _MIDNIGHT.subn("00", plain)
        later += number * _DAY
    return datetime.fromisoformat(plain) + later
