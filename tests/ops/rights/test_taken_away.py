"""A right that is taken away while a process runs: one sentence names it, and nothing spins or floods."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import psutil
import pytest

from streamprocessor.contract.topics.rights import Right
from streamprocessor.contract.topics.roles import API, COLLECTOR, DELIVERY, WORKER
from streamprocessor.errors import EXIT_USAGE
from streamprocessor.kafka.admin.rights import AGAIN_SECONDS, WATCH_SECONDS
from tests.harness.collectors import KEY, CollectorProcess
from tests.harness.guarded_system import GuardedSystem
from tests.harness.processes import CommandProcess
from tests.harness.system import Sent

pytestmark = [pytest.mark.kafka, pytest.mark.ops]

#: The watch, and what a busy machine adds.
MOST_SECONDS = WATCH_SECONDS + AGAIN_SECONDS + 20.0
#: Of the process, from the right's end to its own.
MOST_CPU_SECONDS = 2.0
MOST_LINES = 6
EVENTS = [{"contact_id": f"c-{number}", "type": "form_submission"} for number in range(20)]

CASES = [
    (WORKER, "READ", "app"),
    (WORKER, "READ", "activities"),
    (WORKER, "READ", "app-evidence-transfers"),
    (WORKER, "READ", "app-contacts-changelog"),
    (WORKER, "READ", "app-models"),
    (WORKER, "WRITE", "app-contacts-changelog"),
    (WORKER, "WRITE", "app-evidence-transfers"),
    (WORKER, "WRITE", "app-models"),
    (WORKER, "WRITE", "score-updated"),
    (WORKER, "WRITE", "dead-letters"),
    (WORKER, "DESCRIBE_CONFIGS", "score-updated"),
    (DELIVERY, "READ", "score-updated"),
    (DELIVERY, "READ", "became-hot-lead"),
    (DELIVERY, "READ", "app-contacts-changelog"),
    (DELIVERY, "READ", "app-models"),
    (DELIVERY, "READ", "app-subscriptions"),
    (API, "READ", "score-updated"),
    (API, "READ", "app-contacts-changelog"),
    (API, "READ", "activities"),
    (API, "READ", "app-models"),
    (API, "READ", "app-subscriptions"),
    (API, "WRITE", "activities"),
    (API, "WRITE", "app-subscriptions"),
]


@pytest.mark.parametrize("role", [WORKER, DELIVERY, API])
async def test_a_process_that_may_do_no_more_what_it_did_says_so_and_ends(guarded: GuardedSystem, role: str) -> None:
    await guarded.create()
    for _, operation, name in (case for case in CASES if case[0] == role):
        right = _right(guarded, role, operation, name)
        process = await guarded.process(role).start().ready(60)
        await _send_events(guarded)
        said_before, pid = process.log.read_text(), process.process.pid
        with guarded.without(role, right):
            cpu_seconds = await _cpu_seconds_to_the_end(guarded, process)
        said = process.log.read_text().removeprefix(said_before)
        assert process.process.pid == pid, (right, said)  # it was not started again
        assert process.process.returncode == EXIT_USAGE, (right, said)
        assert f"{role}: Kafka does not allow User:sp-{role} what it needs: " in said, (right, said)
        assert str(right) in said
        assert len(said.splitlines()) <= MOST_LINES, said
        assert "Traceback" not in said
        assert cpu_seconds <= MOST_CPU_SECONDS, right


async def test_a_collector_that_may_not_write_keeps_what_comes_until_it_may(guarded: GuardedSystem) -> None:
    await guarded.create()
    collector = await guarded.process(COLLECTOR).start().ready()
    assert isinstance(collector, CollectorProcess)
    right = _right(guarded, COLLECTOR, "WRITE", "activities")
    said_before = len(collector.log.read_text().splitlines())
    with guarded.without(COLLECTOR, right):
        for _ in range(10):
            assert await _post(collector, {"contact_id": "c-42", "type": "download"}) == 200
            await asyncio.sleep(0.5)
        assert collector.metric("leadscore_collector_spooling") == 1
    await collector.all_in_kafka()

    said = collector.log.read_text().splitlines()[said_before:]
    assert len([line for line in said if str(right) in line]) == 1, said
    assert len(said) <= 8, said
    downloads = await guarded.system().values("activities")
    assert len({event["id"] for event in downloads}) == len(downloads) == 10


def _right(guarded: GuardedSystem, role: str, operation: str, name: str) -> Right:
    full = f"{guarded.prefix}{name}"
    return next(right for right in guarded.rights(role) if (right.name, right.operation) == (full, operation))


async def _cpu_seconds_to_the_end(guarded: GuardedSystem, process: CommandProcess) -> float:
    """What the process uses while events go on to come, until it has ended."""
    observed = psutil.Process(process.process.pid)
    first = last = _cpu_seconds(observed)
    deadline = time.monotonic() + MOST_SECONDS
    while process.process.poll() is None:
        assert time.monotonic() < deadline, process.tail()
        await _send_events(guarded)
        last = max(last, _cpu_seconds(observed))
        await asyncio.sleep(0.3)
    return last - first


def _cpu_seconds(observed: psutil.Process) -> float:
    try:
        times = observed.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


async def _send_events(guarded: GuardedSystem) -> None:
    await guarded.system().send(
        Sent("activities", str(event["contact_id"]).encode(), event | {"id": f"{time.time_ns()}"}) for event in EVENTS
    )


async def _post(collector: CollectorProcess, event: dict[str, Any]) -> int:
    async with httpx.AsyncClient(timeout=10) as client:
        bearer = {"authorization": f"Bearer {KEY}"}
        answer = await client.post(f"{collector.address}/v1/events", json=event, headers=bearer)
    return answer.status_code
