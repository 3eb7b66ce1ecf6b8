"""How long at a time the event loop of a process does not turn: while it doesn't, nobody is answered.

Two measures, as each lies where the other does not. The clock counts the time in which the machine let other processes
run. The time that this process worked meanwhile, in whichever thread, does not, and counts what a thread does that
holds the interpreter: it is the one to compare between machines, idle or crowded.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NoReturn

from prometheus_client import CollectorRegistry, Gauge, Histogram

EVERY_SECONDS = 0.05
WINDOW_SECONDS = 1.0
BUCKETS_SECONDS = (0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0)


@asynccontextmanager
async def loop_watched(registry: CollectorRegistry) -> AsyncIterator[None]:
    """Measure the running loop while the block runs, into these metrics of the registry.

    `leadscore_event_loop_lag_seconds`: how late it woke by the clock, at the worst of the last second.
    `leadscore_event_loop_blocked_seconds`: how long the process worked between two looks at the loop, at most as long
    as lay between them. A block is counted as up to EVERY_SECONDS longer than it was, never as shorter.
    """
    lag = Gauge("leadscore_event_loop_lag_seconds", "How late the event loop wakes", registry=registry)
    blocked = Histogram(
        "leadscore_event_loop_blocked_seconds",
        "Work of this process between two looks at its event loop, 20 of them a second where it is free",
        buckets=BUCKETS_SECONDS,
        registry=registry,
    )
    watching = asyncio.ensure_future(_watch(lag, blocked))
    try:
        yield
    finally:
        watching.cancel()


async def _watch(lag: Gauge, blocked: Histogram) -> NoReturn:
    woken, worked = time.monotonic(), time.process_time()
    window_began, worst = woken, 0.0
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        woken_before, worked_before = woken, worked
        woken, worked = time.monotonic(), time.process_time()
        blocked.observe(min(woken - woken_before, worked - worked_before))
        worst = max(worst, woken - woken_before - EVERY_SECONDS)
        if woken - window_began >= WINDOW_SECONDS:
            lag.set(worst)
            window_began, worst = woken, 0.0
