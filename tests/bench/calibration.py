"""A fixed piece of Python work: how fast this machine is at this moment."""

from __future__ import annotations

import statistics
import time

UNITS = 1_000
TURNS = 100
ROUNDS = 3


def calibration_us() -> float:
    """Microseconds of one unit of work (TURNS turns of a loop), the median of some rounds."""
    return statistics.median(_round() for _ in range(ROUNDS))


def _round() -> float:
    started = time.perf_counter()
    held: dict[int, float] = {}
    for number in range(UNITS * TURNS):
        key = number % 997
        held[key] = held.get(key, 0.0) * 2.0 ** (-(number & 1023) / 4096) + len(str(number))
    return (time.perf_counter() - started) / UNITS * 1e6
