"""Instants as text: RFC 3339 read strictly into milliseconds and written from them.

Both are on the hot path, so the usual spellings are looked up in small tables, and dates are remembered.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TypeVar

from streamprocessor.scoring.model.model import DAY_MS, END_OF_TIME_MS

_EPOCH_DAY = date(1970, 1, 1).toordinal()

_SECONDS = tuple(f"{n:02d}" for n in range(60))
_MINUTES = tuple(f"{hour:02d}:{minute:02d}" for hour in range(24) for minute in range(60))
_MILLIS = tuple(f"{n:03d}" for n in range(1000))
_SECOND_MS = {f":{text}": n * 1000 for n, text in enumerate(_SECONDS)}
_TAIL_MS = {f".{text}Z": n for n, text in enumerate(_MILLIS)} | {"Z": 0}

_RFC_3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d+))?"
    r"(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))",
    re.ASCII,
)

K = TypeVar("K")
V = TypeVar("V")

_REMEMBERED = 8192
_minutes_read: dict[str, int] = {}
_days_written: dict[int, str] = {}


def parse_rfc3339(text: str) -> int | None:
    """Milliseconds since the epoch, negative before it; None where the text is no RFC 3339 time with an offset.

    What is finer than a millisecond is cut. A leap second is the first instant of the next minute.
    """
    minute_ms = _minutes_read.get(text[:16])
    if minute_ms is not None:
        second_ms = _SECOND_MS.get(text[16:19])
        tail_ms = _TAIL_MS.get(text[19:])
        if second_ms is not None and tail_ms is not None:
            return minute_ms + second_ms + tail_ms
    return _parse_any(text)


def format_rfc3339(instant_ms: int) -> str:
    """The instant as `2026-11-22T08:00:00.123Z`; one beyond the year 9999 is cut to its end."""
    seconds, millis = divmod(instant_ms if instant_ms <= END_OF_TIME_MS else END_OF_TIME_MS, 1000)
    day, in_day = divmod(seconds, 86_400)
    date_text = _days_written.get(day) or _written_day(day)
    return f"{date_text}T{_MINUTES[in_day // 60]}:{_SECONDS[in_day % 60]}.{_MILLIS[millis]}Z"


def _parse_any(text: str) -> int | None:
    match = _RFC_3339.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, offset_hours, offset_minutes = match.groups()
    try:
        days = date(int(year), int(month), int(day)).toordinal() - _EPOCH_DAY
    except ValueError:  # the 31st of June, the year 0
        return None
    minute_ms = days * DAY_MS + int(hour) * 3_600_000 + int(minute) * 60_000
    if sign is None:
        _remember(_minutes_read, text[:16], minute_ms)
    else:
        offset_ms = int(offset_hours) * 3_600_000 + int(offset_minutes) * 60_000
        minute_ms += -offset_ms if sign == "+" else offset_ms
    return minute_ms + int(second) * 1000 + int(((fraction or "") + "000")[:3])


def _written_day(day: int) -> str:
    text = date.fromordinal(_EPOCH_DAY + day).isoformat()
    _remember(_days_written, day, text)
    return text


def _remember(table: dict[K, V], key: K, value: V) -> None:
    if len(table) >= _REMEMBERED:
        table.clear()
    table[key] = value
