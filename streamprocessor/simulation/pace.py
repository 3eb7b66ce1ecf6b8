"""Simulated time fitted to real time: so many times faster, or so many events a second."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator

from streamprocessor.simulation.simulation import SimulatedRecord

_MAX_REMEMBERED = 100_000  # records: more than a week of the default traffic, far longer than any event is late


def at_speed(records: Iterable[SimulatedRecord], start_ms: int, speed: float) -> Iterator[SimulatedRecord]:
    """The records, `speed` times as fast from start_ms on; their occurred_at follows."""

    def played_ms(simulated_ms: int) -> int:
        return start_ms + int((simulated_ms - start_ms) / speed)

    for record in records:
        yield _shifted(record, played_ms(record.at_ms), played_ms)


def at_rate(records: Iterable[SimulatedRecord], start_ms: int, events_per_second: float) -> Iterator[SimulatedRecord]:
    """The records at an even rate from start_ms on; occurred_at follows.

    So order, lateness and repeats stay what they were, however unevenly the simulation runs.
    """
    time_map = _TimeMap(start_ms)
    for number, record in enumerate(records):
        at_ms = start_ms + int(number * 1000 / events_per_second)
        time_map.append(record.at_ms, at_ms)
        yield _shifted(record, at_ms, time_map)


def _shifted(record: SimulatedRecord, at_ms: int, played_ms: Callable[[int], int]) -> SimulatedRecord:
    if isinstance(record.value, bytes):
        return record._replace(at_ms=at_ms)
    return record._replace(at_ms=at_ms, value=record.value | {"occurred_at": played_ms(record.value["occurred_at"])})


class _TimeMap:
    """Played time as a function of simulated time: straight lines between the records played so far.

    Later records change nothing before them, so a repeat gets the very occurred_at of the first.
    """

    def __init__(self, start_ms: int) -> None:
        self._simulated_ms = [start_ms]
        self._played_ms = [start_ms]

    def append(self, simulated_ms: int, played_ms: int) -> None:
        if len(self._simulated_ms) > 2 * _MAX_REMEMBERED:
            del self._simulated_ms[:_MAX_REMEMBERED], self._played_ms[:_MAX_REMEMBERED]
        self._simulated_ms.append(simulated_ms)
        self._played_ms.append(played_ms)

    def __call__(self, simulated_ms: int) -> int:
        after = bisect_left(self._simulated_ms, simulated_ms)
        if after == 0:
            return self._played_ms[0]
        from_ms, to_ms = self._simulated_ms[after - 1], self._simulated_ms[after]
        played_from_ms, played_to_ms = self._played_ms[after - 1], self._played_ms[after]
        return played_from_ms + (simulated_ms - from_ms) * (played_to_ms - played_from_ms) // (to_ms - from_ms)
