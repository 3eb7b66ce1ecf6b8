"""When the day's announcements go out as one mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from streamprocessor.contract.subscriptions.business_days import Calendar, is_business_day
from streamprocessor.contract.subscriptions.time_zones import zone_of


@dataclass(frozen=True, slots=True)
class Digest:
    """One mail a day. at: the wall-clock time there. business_days: none on weekends and holidays."""

    at: time
    time_zone: str = "UTC"
    business_days: bool = False


class DigestInstant(NamedTuple):
    """When a digest is due. day: there, by which it is known. at_ms: in epoch milliseconds."""

    day: date
    at_ms: int


def last_instant(digest: Digest, calendar: Calendar, now_ms: int) -> DigestInstant:
    """The newest instant that has come by now.

    A time that the clocks leave out comes as much later as they are put forward; of one that they repeat the first
    counts. calendar: its weekend and holidays hold; the time zone is the digest's own.
    """
    return _search(digest, calendar, now_ms, step_days=-1)


def next_instant(digest: Digest, calendar: Calendar, now_ms: int) -> DigestInstant:
    """The first instant that is yet to come; as last_instant."""
    return _search(digest, calendar, now_ms, step_days=1)


def _search(digest: Digest, calendar: Calendar, now_ms: int, step_days: int) -> DigestInstant:
    zone = zone_of(digest.time_zone)
    day = datetime.fromtimestamp(now_ms / 1000, zone).date()
    while True:
        at_ms = int(datetime.combine(day, digest.at, zone).timestamp() * 1000)
        has_come = at_ms <= now_ms
        if has_come == (step_days < 0) and (not digest.business_days or is_business_day(calendar, day)):
            return DigestInstant(day, at_ms)
        day += timedelta(days=step_days)
