"""Merges across partitions while events flow and workers are killed: survivors as the oracle says, old ids silent."""

from __future__ import annotations

import asyncio
import os
import time

import pytest

from tests.faults.conftest import MakeWorker
from tests.harness.fixtures import missed_soon
from tests.harness.identity_traffic import Relations, in_slices
from tests.harness.identity_verdict import assert_people_are_the_oracles, read_identity_run
from tests.harness.settling import until_settled
from tests.harness.system import Sent, System
from tests.harness.workers import kill_in_turn

pytestmark = [pytest.mark.kafka, missed_soon]

#: The nightly run turns these up: FAULT_CONTACTS=10000 makes 3 000 merges.
CONTACTS = int(os.environ.get("FAULT_CONTACTS", "300"))
MERGES = CONTACTS * 3 // 10
KILLS = min(int(os.environ.get("FAULT_KILLS", "3")), 10)
EVENTS = max(int(os.environ.get("FAULT_EVENTS", "3000")), CONTACTS)
SECONDS_A_KILL = 3.0


async def _flow(system: System, records: list[Sent]) -> None:
    slices = int(KILLS * SECONDS_A_KILL * 10)
    async with system.producer() as producer:
        for part in in_slices(records, slices):
            await system.send_through(producer, part)
            await asyncio.sleep(KILLS * SECONDS_A_KILL / slices)


async def test_merges_while_workers_are_killed_leave_survivors_with_everything_and_nothing_under_old_ids(
    system: System, worker: MakeWorker
) -> None:
    model = await system.create()
    workers = [worker("blue"), worker("green")]
    for each in workers:
        await each.ready()
    now_ms = int(time.time() * 1000)
    relations = Relations(seed=31, contacts=CONTACTS, merges=MERGES, now_ms=now_ms)

    sending = asyncio.ensure_future(_flow(system, relations.records(seed=32, events=EVENTS, now_ms=now_ms)))
    await kill_in_turn(workers, KILLS, sending)
    await until_settled(system, 60 + CONTACTS / 100)

    run = await read_identity_run(system)
    assert len(run.people.parents) > MERGES * 0.8
    assert {"merge-cycle", "already-merged"} <= {reason for _, reason in run.letters}
    assert_people_are_the_oracles(run, model)
