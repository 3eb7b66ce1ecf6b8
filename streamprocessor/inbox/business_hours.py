"""Business hours as instants, over changes of the clocks and holidays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from streamprocessor.contract.subscriptions.business_days import DAY_NAMES, Calendar, next_business_day

DAY_MINUTES = 24 * 60


class OpenHours(NamedTuple):
    """A part of a day by the clock there, in minutes since midnight; the end, at most DAY_MINUTES, is not in it."""

    start_minute: int
    end_minute: int


NINE_TO_FIVE = (OpenHours(9 * 60, 17 * 60),)


@dataclass(frozen=True)
class BusinessHours:
    """When salespeople work.

    calendar: where they are; its weekend are the days without hours.
    by_day: the hours of the other days, in their order, by names of DAY_NAMES.
    """

    calendar: Calendar = field(default_factory=Calendar)
    by_day: dict[str, tuple[OpenHours, ...]] = field(default_factory=lambda: dict.fromkeys(DAY_NAMES[:5], NINE_TO_FIVE))

    def openings(self, from_ms: int) -> Iterator[tuple[int, int]]:
        """The stretches of business time that end after the instant, in epoch ms, in their order, without end."""
        zone = self.calendar.zone
        day = clock_at(zone, from_ms).date() - timedelta(days=1)  # where clocks go back at midnight, it is still open
        while True:
            if day not in self.calendar.holidays:
                for hours in self.by_day.get(DAY_NAMES[day.weekday()], ()):
                    start_ms, end_ms = first_instant(zone, day, hours[0]), first_instant(zone, day, hours[1])
                    if max(start_ms, from_ms) < end_ms:
                        yield start_ms, end_ms
            day += timedelta(days=1)


@dataclass(frozen=True, slots=True)
class NextBusinessDay:
    """Due on the next business day, when the clock there shows this minute of the day."""

    minute: int

    def due_ms(self, hours: BusinessHours, at_ms: int) -> int:
        """When a lead of that instant is due."""
        return first_instant(hours.calendar.zone, next_business_day(hours.calendar, at_ms), self.minute)


@dataclass(frozen=True, slots=True)
class WithinBusinessTime:
    """Due once so much business time has passed."""

    duration_ms: int

    def due_ms(self, hours: BusinessHours, at_ms: int) -> int:
        """When a lead of that instant is due: where time runs out with the hours, it is due as they end."""
        left_ms = self.duration_ms
        for start_ms, end_ms in hours.openings(at_ms):
            begin_ms = max(start_ms, at_ms)
            if end_ms - begin_ms >= left_ms:
                return begin_ms + left_ms
            left_ms -= end_ms - begin_ms
        raise AssertionError  # openings have no end


def first_instant(zone: tzinfo, day: date, minute: int) -> int:
    """The first instant, in epoch ms, at which the clock there shows that minute of the day or, skipping it, a later.

    minute: up to DAY_MINUTES, which is midnight after the day.
    """
    wanted = datetime.combine(day, time()) + timedelta(minutes=minute)
    late_ms = _epoch_ms(wanted.replace(tzinfo=zone))
    if clock_at(zone, late_ms) == wanted:
        return late_ms
    # Clocks were put forward over it: the instant lies between what the two offsets make of it.
    early_ms = _epoch_ms(wanted.replace(tzinfo=zone, fold=1))
    while late_ms - early_ms > 1:
        middle_ms = (early_ms + late_ms) // 2
        if clock_at(zone, middle_ms) < wanted:
            early_ms = middle_ms
        else:
            late_ms = middle_ms
    return late_ms


def clock_at(zone: tzinfo, at_ms: int) -> datetime:
    """What the clock there shows, without its zone."""
    return (
        (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at_ms)).astimezone(zone).replace(tzinfo=None, fold=0)
    )


def _epoch_ms(instant: datetime) -> int:
    return (instant - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)
