"""When somebody is told: never in quiet hours, and at most so often an hour; what is too much is gathered into one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from streamprocessor.contract.subscriptions.time_zones import zone_of
from streamprocessor.inbox.business_hours import clock_at, first_instant

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A part of each day by the clock there, in minutes since midnight; one that ends before it starts spans midnight.

    start_minute and end_minute differ.
    """

    time_zone: str
    start_minute: int
    end_minute: int

    def end_ms(self, at_ms: int) -> int | None:
        """When the quiet hours end in which the instant lies; None: it lies in none."""
        zone = zone_of(self.time_zone)
        today = clock_at(zone, at_ms).date()
        lasts_days = timedelta(days=self.end_minute < self.start_minute)
        for days in (-1, 0, 1):
            day = today + timedelta(days=days)
            end_ms = first_instant(zone, day + lasts_days, self.end_minute)
            if first_instant(zone, day, self.start_minute) <= at_ms < end_ms:
                return end_ms
        return None


@dataclass(frozen=True, slots=True)
class AlertLimits:
    """How a person wants to be told. quiet: None: at any time. most_an_hour: at least 1."""

    quiet: QuietHours | None = None
    most_an_hour: int = 5


class Sending(NamedTuple):
    """What goes out now, of those that wait in their order.

    alone: so many, each by itself.
    gathered: so many after those, all in one; 0: nothing is gathered.
    again_ms: when the others may go; None: there are no others.
    """

    alone: int
    gathered: int
    again_ms: int | None


def next_sending(limits: AlertLimits, sent_ms: Sequence[int], waiting: int, now_ms: int) -> Sending:
    """What may go out now. sent_ms: when the person was told before; waiting: how many alerts there are."""
    if not waiting:
        return Sending(0, 0, None)
    quiet_until_ms = limits.quiet.end_ms(now_ms) if limits.quiet is not None else None
    if quiet_until_ms is not None:
        return Sending(0, 0, quiet_until_ms)
    recent_ms = sorted(each for each in sent_ms if each > now_ms - HOUR_MS)
    free = limits.most_an_hour - len(recent_ms)
    if free <= 0:
        return Sending(0, 0, recent_ms[-limits.most_an_hour] + HOUR_MS)
    if waiting <= free:
        return Sending(waiting, 0, None)
    return Sending(free - 1, waiting - free + 1, None)


def free_ms(limits: AlertLimits, sent_ms: Sequence[int], since_ms: int, now_ms: int) -> int:
    """From when on the person could be told of what is there since the instant; now_ms at the latest.

    sent_ms: when the person was told before, from an hour before the instant on.
    """
    at_ms = since_ms
    while at_ms < now_ms:
        held = next_sending(limits, [each for each in sent_ms if each <= at_ms], 1, at_ms).again_ms
        if held is None:
            return at_ms
        at_ms = held
    return now_ms
