"""kill -9 of workers in rotation while events flow: nothing lost, nothing counted or announced twice."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from tests.faults.conftest import MakeWorker
from tests.harness.fixtures import missed_soon
from tests.harness.system import System, until
from tests.harness.traffic import traffic
from tests.harness.verdict import (
    assert_no_episode_is_announced_twice,
    run_as_the_oracle_says,
)
from tests.harness.workers import kill_in_turn

pytestmark = [pytest.mark.kafka, missed_soon]

#: Each of the two workers is killed twice; the nightly run turns these up.
KILLS = int(os.environ.get("FAULT_KILLS", "4"))
EVENTS = int(os.environ.get("FAULT_EVENTS", "6000"))
CONTACTS = 300


async def _flow(system: System, seed: int, events: int, seconds: float) -> None:
    """Send traffic evenly over some seconds."""
    now_ms = int(time.time() * 1000)
    records = list(traffic(seed, CONTACTS, events, now_ms))
    slices = max(1, int(seconds * 10))
    async with system.producer() as producer:
        for number in range(slices):
            await system.send_through(producer, records[number::slices])
            await asyncio.sleep(seconds / slices)


async def test_kills_in_rotation_lose_nothing_and_repeat_only_equal_bytes(system: System, worker: MakeWorker) -> None:
    model = await system.create()
    workers = [worker("blue"), worker("green")]
    for each in workers:
        await each.ready()

    sending = asyncio.ensure_future(_flow(system, seed=10, events=EVENTS, seconds=KILLS * 3.0))
    await kill_in_turn(workers, KILLS, sending)
    await system.until_applied()

    assert_no_episode_is_announced_twice(await run_as_the_oracle_says(system, model))


async def test_a_worker_stopped_past_its_session_overwrites_nothing_when_it_wakes(
    system: System, worker: MakeWorker
) -> None:
    model = await system.create()
    blue, green = worker("blue"), worker("green")
    await blue.ready()
    await green.ready()
    sending = asyncio.ensure_future(_flow(system, seed=11, events=EVENTS, seconds=14.0))
    await until(blue.consumed, lambda count: count > 100, 30, "blue at work")

    blue.send(signal.SIGSTOP)
    await until(green.partitions, lambda count: count == 4, 60, "green takes all")
    before = green.consumed()
    await until(green.consumed, lambda count: count > before + 100 or sending.done(), 30, "green at work")
    blue.send(signal.SIGCONT)
    await sending
    await system.until_applied()

    assert_no_episode_is_announced_twice(await run_as_the_oracle_says(system, model))
