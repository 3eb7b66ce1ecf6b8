"""The time at which something happened, as SDKs spell it, and a device's clock set right."""

from __future__ import annotations

import re

from streamprocessor.contract import reason_codes
from streamprocessor.contract.events.event_fields import OLDEST_INTEGER_MS, bounded_by_arrival
from streamprocessor.contract.rfc3339 import parse_rfc3339
from streamprocessor.contract.strict_json import kind_of
from streamprocessor.errors import RecordError

TRANSIT_MS = 10_000

_LOOSE = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d(?:\.\d+)?)?\s?([Zz]|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_DIGITS = re.compile(r"\d{12,15}", re.ASCII)


def client_instant_ms(value: object, where: str) -> int | None:
    """Milliseconds since the epoch; None where none is given. Raises RecordError bad-time.

    Besides RFC 3339 and integer milliseconds (also as a text): a blank for the T, no seconds, an offset without its
    colon, and no offset at all, which SDKs mean as UTC.
    """
    if value is None or value == "":
        return None
    instant_ms = None
    if isinstance(value, str):
        instant_ms = _read(value)
    elif type(value) is int and value >= OLDEST_INTEGER_MS:
        instant_ms = value
    if instant_ms is None or instant_ms < 0:
        got = repr(value)[:40] if isinstance(value, (str, int, float)) else kind_of(value)
        raise RecordError(reason_codes.BAD_TIME, f"{where}: wanted a time since 1970, or epoch milliseconds; got {got}")
    return instant_ms


def client_sent_ms(value: object) -> int | None:
    """As client_instant_ms, but None also where it can't be read: then nothing is known of the device's clock."""
    try:
        return client_instant_ms(value, "sent")
    except RecordError:
        return None


def occurred_ms(stamped_ms: int | None, sent_ms: int | None, received_ms: int) -> int:
    """The time of an event by our clock: stamped + (received - sent), as Segment defines it; raises RecordError.

    stamped_ms and sent_ms are by the device's clock, so its error cancels out. Without a stamp: when it was received;
    without the time of sending: as stamped. As stamped also where it was received within TRANSIT_MS: that is the way
    here, and not the clock, and would put what a slow request says after what was done later.
    """
    if stamped_ms is None:
        return received_ms
    is_right = sent_ms is None or 0 <= received_ms - sent_ms < TRANSIT_MS
    by_our_clock_ms = stamped_ms if is_right or sent_ms is None else stamped_ms + received_ms - sent_ms
    if by_our_clock_ms < 0:
        raise RecordError(
            reason_codes.BAD_TIME, "timestamp: wanted a time since 1970 once the clock is set right; got none"
        )
    return bounded_by_arrival(by_our_clock_ms, received_ms)


def _read(text: str) -> int | None:
    exact_ms = parse_rfc3339(text)
    if exact_ms is not None:
        return exact_ms
    if _DIGITS.fullmatch(text):
        return int(text)
    match = _LOOSE.fullmatch(text.strip())
    if match is None:
        return None
    day, minute, second, offset = match.groups()
    return parse_rfc3339(f"{day}T{minute}{second or ':00'}{_with_colon(offset or 'Z')}")


def _with_colon(offset: str) -> str:
    if len(offset) == 1 or ":" in offset:
        return offset
    return f"{offset[:3]}:{offset[3:] or '00'}"
