"""What is measured of a loop that does not turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry

from streamprocessor.process.loop_watch import EVERY_SECONDS, WINDOW_SECONDS, loop_watched

BLOCK_SECONDS = 0.35


def work() -> None:
    worked_until = time.process_time() + BLOCK_SECONDS
    while time.process_time() < worked_until:
        pass


def wait() -> None:
    time.sleep(BLOCK_SECONDS)


@pytest.mark.parametrize(("block", "is_work"), [(work, True), (wait, False)], ids=["work", "waiting"])
async def test_the_lag_is_of_the_clock_and_the_blocked_time_is_of_work_alone(
    block: Callable[[], None], is_work: bool
) -> None:
    registry = CollectorRegistry()
    async with loop_watched(registry):
        await asyncio.sleep(EVERY_SECONDS / 2)
        block()
        async with asyncio.timeout(10 * WINDOW_SECONDS):
            while not registry.get_sample_value("leadscore_event_loop_lag_seconds"):  # noqa: ASYNC110 - a gauge tells nobody
                await asyncio.sleep(EVERY_SECONDS)

    lag = registry.get_sample_value("leadscore_event_loop_lag_seconds")
    assert lag is not None
    assert lag >= BLOCK_SECONDS - EVERY_SECONDS
    assert (count_above(registry, "0.3") > 0) is is_work


def count_above(registry: CollectorRegistry, bound: str) -> float:
    name = "leadscore_event_loop_blocked_seconds"
    return (registry.get_sample_value(f"{name}_count") or 0) - (
        registry.get_sample_value(f"{name}_bucket", {"le": bound}) or 0
    )
