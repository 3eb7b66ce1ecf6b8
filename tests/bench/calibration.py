"""How fast this machine is at this moment, by a fixed piece of Python work; and one core for one process."""

from __future__ import annotations

import os
import statistics
import time

import psutil

UNITS = 1_000
TURNS = 100
ROUNDS = 3


def calibration_us() -> float:
    """Microseconds of one unit of work (TURNS turns of a loop), the median of some rounds."""
    return statistics.median(_round() for _ in range(ROUNDS))


def pinned(process: psutil.Process) -> None:
    """Keep the process to the first core, where the system lets us, and there is another one for who asks."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        process.cpu_affinity([0])


def _round() -> float:
    started = time.perf_counter()
    held: dict[int, float] = {}
    for number in range(UNITS * TURNS):
        key = number % 997
        held[key] = held.get(key, 0.0) * 2.0 ** (-(number & 1023) / 4096) + len(str(number))
    return (time.perf_counter() - started) / UNITS * 1e6
