"""How far a group is behind its topics in time, from how far it and they were at several instants. Pure."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from streamprocessor.kafka.admin.consumer_group import Offsets

MOST_READINGS = 128
"""Of those that are kept for good; as many of the newest are kept besides."""
RATE_SECONDS = 60.0
"""Over how long rates are measured, where it is known for so long."""


class OffsetReading(NamedTuple):
    """The topics and the group at an instant of a clock that never goes back.

    ends: the offset after the last record of each partition. committed: the group's next one, where it has any.
    """

    at_seconds: float
    ends: Offsets
    committed: Offsets

    def behind(self) -> int:
        """How many records the group has not committed."""
        return sum(max(0, end - self.committed.get(place, 0)) for place, end in self.ends.items())


class GroupLag(NamedTuple):
    """How far a group is behind.

    seconds: since when records wait, at the worst partition; at least so long, where nobody looked before.
    arriving_per_second, committed_per_second: records over the last minute.
    """

    records: int = 0
    seconds: float = 0.0
    arriving_per_second: float = 0.0
    committed_per_second: float = 0.0


class LagHistory:
    """Readings: the newest of them all, and some from the beginning on, fewer a day the longer it goes on."""

    def __init__(self) -> None:
        """Nothing was read yet."""
        self._newest: deque[OffsetReading] = deque(maxlen=MOST_READINGS)
        self._kept: list[OffsetReading] = []
        self._kept_every_seconds = 0.0

    def note(self, reading: OffsetReading) -> GroupLag:
        """Add the next reading; the lag by then."""
        self._newest.append(reading)
        self._keep(reading)
        before = self._a_minute_before(reading)
        seconds = reading.at_seconds - before.at_seconds
        return GroupLag(
            records=reading.behind(),
            seconds=max((self._waiting_seconds(place, reading) for place in reading.ends), default=0.0),
            arriving_per_second=_rate(before.ends, reading.ends, seconds),
            committed_per_second=_rate(before.committed, reading.committed, seconds),
        )

    def _keep(self, reading: OffsetReading) -> None:
        if self._kept and reading.at_seconds - self._kept[-1].at_seconds < self._kept_every_seconds:
            return
        self._kept.append(reading)
        if len(self._kept) > MOST_READINGS:
            self._kept = self._kept[::2]
            self._kept_every_seconds = self._kept[1].at_seconds - self._kept[0].at_seconds

    def _waiting_seconds(self, place: tuple[str, int], newest: OffsetReading) -> float:
        """How long the oldest record waits that the group has not committed; 0: none does."""
        committed = newest.committed.get(place, 0)
        if committed >= newest.ends[place]:
            return 0.0
        arrived = next(each for each in (*self._kept, *self._newest) if each.ends.get(place, 0) > committed)
        return newest.at_seconds - arrived.at_seconds

    def _a_minute_before(self, newest: OffsetReading) -> OffsetReading:
        """The newest reading that is as old as rates are measured over, else the oldest."""
        for reading in reversed(self._newest):
            if newest.at_seconds - reading.at_seconds >= RATE_SECONDS:
                return reading
        return self._newest[0]


def _rate(before: Offsets, after: Offsets, seconds: float) -> float:
    more = sum(max(0, after[place] - before[place]) for place in after if place in before)
    return more / seconds if seconds > 0 else 0.0
