"""The steady state of a run: rates between 15 and 85 hundredths of its events, for at both ends steps are under way."""

from __future__ import annotations

import time
from typing import NamedTuple

import psutil

FROM_SHARE, TO_SHARE = 0.15, 0.85


class Sample(NamedTuple):
    """What had been done by an instant, and the CPU seconds used by then."""

    at_seconds: float
    done: int
    cpu_seconds: float
    broker_cpu_seconds: float


class Rates(NamedTuple):
    """events_per_cpu_second: of the process alone; broker_cores: how many cores the broker kept busy beside it."""

    events_per_second: float
    events_per_cpu_second: float
    cores: float
    broker_cores: float


class SteadyState:
    """Collects samples of one process working off `total` events, from before its first."""

    def __init__(self, total: int, process: psutil.Process, broker: psutil.Process) -> None:
        self.total = total
        self._process, self._broker = process, broker
        self._samples: list[Sample] = []
        self.note(0)

    def note(self, done: int) -> None:
        """Say how many events are done by now."""
        self._samples.append(Sample(time.perf_counter(), done, cpu_seconds(self._process), cpu_seconds(self._broker)))

    @property
    def cpu_seconds(self) -> float:
        """CPU seconds of the process, from its start to the last sample."""
        return self._samples[-1].cpu_seconds

    def rates(self) -> Rates:
        """The rates of the steady part; of a run too short for one, those of its last stretch of progress."""
        end = next(n for n, sample in enumerate(self._samples) if sample.done >= self.total * TO_SHARE)
        start = next(n for n, sample in enumerate(self._samples) if sample.done >= self.total * FROM_SHARE)
        first, last = self._samples[min(start, end - 1)], self._samples[end]
        done, seconds = last.done - first.done, last.at_seconds - first.at_seconds
        cpu = last.cpu_seconds - first.cpu_seconds
        broker_cpu = last.broker_cpu_seconds - first.broker_cpu_seconds
        return Rates(done / seconds, done / max(cpu, 0.01), cpu / seconds, broker_cpu / seconds)


def cpu_seconds(process: psutil.Process) -> float:
    """CPU seconds of a process with all its threads, in steps of the kernel's clock (10 ms)."""
    times = process.cpu_times()
    return float(times.user + times.system)
