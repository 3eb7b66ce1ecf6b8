"""Simulated time fitted to real time: so many times faster, or so many events a second."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator

from streamprocessor.simulation.simulation import Move

_REMEMBERED = 100_000  # moves: more than a week of the default traffic, far longer than any event is late


def at_speed(moves: Iterable[Move], start_ms: int, speed: float) -> Iterator[Move]:
    """The moves, `speed` times as fast from start_ms on; their occurred_at follows."""

    def played_ms(simulated_ms: int) -> int:
        return start_ms + int((simulated_ms - start_ms) / speed)

    for move in moves:
        yield _moved(move, played_ms(move.at_ms), played_ms)


def at_rate(moves: Iterable[Move], start_ms: int, events_per_second: float) -> Iterator[Move]:
    """The moves at an even rate from start_ms on; occurred_at is when the stream was at the event's time.

    So order, lateness and repeats stay what they were, however unevenly the simulation runs.
    """
    stretched = _Stretch(start_ms)
    for number, move in enumerate(moves):
        at_ms = start_ms + int(number * 1000 / events_per_second)
        stretched.append(move.at_ms, at_ms)
        yield _moved(move, at_ms, stretched)


def _moved(move: Move, at_ms: int, played_ms: Callable[[int], int]) -> Move:
    if isinstance(move.value, bytes):
        return move._replace(at_ms=at_ms)
    return move._replace(at_ms=at_ms, value=move.value | {"occurred_at": played_ms(move.value["occurred_at"])})


class _Stretch:
    """Played time as a function of simulated time: straight lines between the moves played so far.

    Later moves change nothing before them, so a repeat gets the very occurred_at of the first.
    """

    def __init__(self, start_ms: int) -> None:
        self._simulated_ms = [start_ms]
        self._played_ms = [start_ms]

    def append(self, simulated_ms: int, played_ms: int) -> None:
        if len(self._simulated_ms) > 2 * _REMEMBERED:
            del self._simulated_ms[:_REMEMBERED], self._played_ms[:_REMEMBERED]
        self._simulated_ms.append(simulated_ms)
        self._played_ms.append(played_ms)

    def __call__(self, simulated_ms: int) -> int:
        after = bisect_left(self._simulated_ms, simulated_ms)
        if after == 0:
            return self._played_ms[0]
        from_ms, to_ms = self._simulated_ms[after - 1], self._simulated_ms[after]
        played_from_ms, played_to_ms = self._played_ms[after - 1], self._played_ms[after]
        return played_from_ms + (simulated_ms - from_ms) * (played_to_ms - played_from_ms) // (to_ms - from_ms)
