"""A worker's metrics as plain sums, and waiting for what they should say."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from urllib.error import URLError

from tests.harness.workers import WorkerProcess

POLL_SECONDS = 0.2
CONSUMED = "leadscore_events_consumed_total"
DEAD = "leadscore_events_dead_lettered_total"
ANNOUNCED = "leadscore_announcements_total"
STEPS = "leadscore_batch_size_events_count"
RECOVERY_SECONDS = "leadscore_recovery_duration_seconds"
CONTACTS = "leadscore_table_contacts"
BYTES = "leadscore_table_bytes"
TIMERS = "leadscore_timers_pending"

Metrics = dict[str, float]


def read_metrics(worker: WorkerProcess) -> Metrics | None:
    """The sum of each metric over its labels; None while the worker does not answer yet."""
    if worker.process.poll() is not None:
        message = f"the worker ended with {worker.process.returncode}\n{worker.tail()}"
        raise RuntimeError(message)
    try:
        text = worker.read("/metrics").decode()
    except (URLError, OSError, ValueError):
        return None
    sums: Metrics = defaultdict(float)
    for line in text.splitlines():
        if not line.startswith("#"):
            series, _, value = line.rpartition(" ")
            sums[series.partition("{")[0]] += float(value)
    return sums


def wait_for(
    worker: WorkerProcess, good: Callable[[Metrics], bool], seen: Callable[[Metrics], object], timeout_seconds: float
) -> Metrics:
    """The first good metrics; `seen` gets all before and those. Raises RuntimeError where none come in time."""
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        metrics = read_metrics(worker)
        if metrics is not None:
            seen(metrics)
            if metrics[DEAD]:
                message = f"the worker refused {metrics[DEAD]:.0f} events; wanted none"
                raise RuntimeError(message)
            if good(metrics):
                return metrics
        time.sleep(POLL_SECONDS)
    message = f"the worker did not get there within {timeout_seconds:.0f} s; last: {metrics}\n{worker.tail()}"
    raise RuntimeError(message)
