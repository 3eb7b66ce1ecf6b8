"""Business days: by when a salesperson should have called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from streamprocessor.contract.subscriptions.time_zones import zone_of

DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Calendar:
    """Where the salespeople are and when they do not work. weekend: days of DAY_NAMES, not all seven."""

    time_zone: str = "UTC"
    weekend: frozenset[str] = frozenset({"saturday", "sunday"})
    holidays: frozenset[date] = frozenset()

    @property
    def zone(self) -> tzinfo:
        """The time zone itself."""
        return zone_of(self.time_zone)


def next_business_day(calendar: Calendar, at_ms: int) -> date:
    """The first business day after the one on which the instant falls there."""
    day = datetime.fromtimestamp(at_ms / 1000, calendar.zone).date() + timedelta(days=1)
    while not is_business_day(calendar, day):
        day += timedelta(days=1)
    return day


def is_business_day(calendar: Calendar, day: date) -> bool:
    """Whether the salespeople work on that day."""
    return DAY_NAMES[day.weekday()] not in calendar.weekend and day not in calendar.holidays
