"""A worker that is told to stop gives its partitions over at once; one that was killed gets them back unasked."""

from __future__ import annotations

import asyncio
import signal
import socket
import time
from pathlib import Path

import pytest

from streamprocessor.kafka.admin.consumer_group import ConsumerGroup, consumer_group
from streamprocessor.settings import Settings
from streamprocessor.stream.worker import STOP_SECONDS
from tests.harness.system import System, until
from tests.harness.traffic import traffic
from tests.harness.verdict import (
    run_as_the_oracle_says,
)
from tests.harness.workers import WorkerProcess
from tests.stream.conftest import MakeWorker

ALL = {0, 1, 2, 3}
#: Long before a silent member's session of 45 s is over.
SOON_SECONDS = 30.0


async def _group(system: System) -> ConsumerGroup:
    return await consumer_group(system.clients, system.layout, f"{system.settings.topic_prefix}app")


async def _share(blue: WorkerProcess, green: WorkerProcess) -> None:
    """Return when each of the two has two of the four partitions."""
    for each in (blue, green):
        await each.ready()
        await until(each.scored_partitions, lambda owned: len(owned) == 2, SOON_SECONDS, f"{each.name} has two")


@pytest.mark.kafka
async def test_told_to_stop_it_leaves_all_to_the_other_and_killed_it_gets_back_what_it_had(
    system: System, worker: MakeWorker
) -> None:
    model = await system.create()
    blue, green = worker("blue"), worker("green")
    await _share(blue, green)
    events = list(traffic(5, 50, 2_000, int(time.time() * 1000)))

    sending = asyncio.ensure_future(system.send(events[:1_000]))
    had, rebalances = blue.scored_partitions(), green.metric("leadscore_rebalances_total")
    blue.kill()
    await blue.start().ready()
    assert blue.scored_partitions() == had
    assert green.metric("leadscore_rebalances_total") == rebalances
    assert [each.metric("leadscore_partition_owned") for each in (blue, green)] == [2, 2]
    assert [each.metric("leadscore_partitions") for each in (blue, green)] == [4, 4]
    await sending

    sending = asyncio.ensure_future(system.send(events[1_000:]))
    assert await asyncio.to_thread(blue.stop) == 0
    await until(green.scored_partitions, lambda owned: owned == ALL, SOON_SECONDS, "green has all")
    assert [member.name for member in (await _group(system)).members] == ["green"]
    await green.ready()
    assert green.metric("leadscore_partition_owned") == 4

    await sending
    await system.until_applied()
    await run_as_the_oracle_says(system, model)


@pytest.mark.kafka
async def test_told_to_stop_while_it_waits_for_others_to_join_it_leaves_them_alone(
    system: System, worker: MakeWorker
) -> None:
    await system.create()
    blue = await worker("blue").ready()
    blue.send(signal.SIGSTOP)
    green = worker("green")
    await until(lambda: _group(system), lambda group: len(group.members) == 2, SOON_SECONDS, "green joins")
    assert (await _group(system)).unowned == sorted(ALL)

    assert await asyncio.to_thread(green.stop, SOON_SECONDS) == 0
    assert [member.name for member in (await _group(system)).members] == ["blue"]

    blue.send(signal.SIGCONT)
    await until(lambda: _group(system), lambda group: group.unowned == [], SOON_SECONDS, "blue has all again")


@pytest.mark.kafka
@pytest.mark.nightly
async def test_told_to_stop_at_any_instant_of_its_start_it_ends_and_is_no_member(
    system: System, worker: MakeWorker
) -> None:
    await system.create()
    starting = worker("blue")
    for tenths in range(20):
        await until(starting.ready_code, lambda code: isinstance(code, int), SOON_SECONDS, "it answers", 0.01)
        await asyncio.sleep(tenths / 10)
        assert await asyncio.to_thread(starting.stop, STOP_SECONDS) == 0
        assert (await _group(system)).members == []
        starting.start()


async def test_told_to_stop_while_kafka_keeps_silent_it_ends(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        worker = WorkerProcess(Settings(bootstrap=f"127.0.0.1:{silent.getsockname()[1]}"), "blue", tmp_path).start()
        await until(worker.ready_code, lambda code: code == 503, SOON_SECONDS, "it answers")
        with silent.accept()[0]:
            assert await asyncio.to_thread(worker.stop, SOON_SECONDS) == 0
