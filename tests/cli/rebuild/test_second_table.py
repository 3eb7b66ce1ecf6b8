"""`rebuild --into`: a second table goes on where the first one ended, whatever is killed meanwhile."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from streamprocessor.cli.rebuild.application import application_of
from streamprocessor.cli.rebuild.second.table import SecondTable, TableSalts
from streamprocessor.cli.rebuild.second.topics import SecondTopics
from streamprocessor.contract.topics.topics import INTERNAL
from streamprocessor.errors import OperatorError
from tests.harness.fixtures import MakeWorker, missed_soon
from tests.harness.identity_traffic import Relations, in_slices
from tests.harness.identity_verdict import assert_people_are_the_oracles, read_identity_run
from tests.harness.processes import ADDRESS_SALT, SALT
from tests.harness.settling import until_settled
from tests.harness.system import DEFAULT_MODEL, ROOT, Sent, System, until
from tests.harness.traffic import HOUR_MS, send_evenly, traffic
from tests.harness.verdict import Run, assert_no_episode_is_announced_twice, run_as_the_oracle_says
from tests.harness.workers import WorkerProcess

pytestmark = pytest.mark.kafka

CONTACTS = 30
SALTS = TableSalts(SALT, ADDRESS_SALT)


class Rebuild:
    """`streamprocessor rebuild --into` as a process of its own."""

    def __init__(self, worker: WorkerProcess, app_id: str, log: Path) -> None:
        self._environment, self._app_id, self._log = worker.environment(), app_id, log

    async def start(self) -> asyncio.subprocess.Process:
        """Start it anew, with a log of its own."""
        with self._log.open("wb") as log:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "streamprocessor", "rebuild", "--into", self._app_id),
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
            )

    async def caught_up(self, process: asyncio.subprocess.Process) -> None:
        """Return once it waits for the workers to be stopped."""
        await until(self.lines, lambda lines: "caught up" in lines or process.returncode is not None, 30, "caught up")
        assert process.returncode is None, self.lines()

    def lines(self) -> str:
        return self._log.read_text()


def second_of(system: System, app_id: str, **changes: object) -> System:
    return System(system.settings.model_copy(update={"app_id": app_id, **changes}))


def table_of(origin: System, target: System, lines: list[str]) -> SecondTable:
    return SecondTable(application_of(origin.settings), application_of(target.settings), SALTS, lines.append)


async def send(system: System, seed: int, events: int) -> None:
    await system.send(traffic(seed, CONTACTS, events, int(time.time() * 1000)))


async def gone_on(system: System, model: Any) -> Run:
    """All that the system left, which is whole."""
    await system.until_applied()
    run = await run_as_the_oracle_says(system, model)
    assert_no_episode_is_announced_twice(run)
    return run


@missed_soon
async def test_a_second_table_goes_on_where_a_killed_worker_ended_without_a_gap_or_a_doubled_announcement(
    system: System, worker: MakeWorker, tmp_path: Path
) -> None:
    model, second = await system.create(), second_of(system, "second")
    blue = await worker("blue").ready()
    await send(system, 1, 400)
    await system.until_applied()
    rebuild = Rebuild(blue, "second", tmp_path / "rebuild.log")

    killed = await rebuild.start()
    load = list(traffic(2, CONTACTS, 400, int(time.time() * 1000)))
    sending = asyncio.create_task(send_evenly(system, load, 5.0))
    await rebuild.caught_up(killed)
    killed.kill()
    await killed.wait()
    process = await rebuild.start()
    await rebuild.caught_up(process)
    await system.apply_model(DEFAULT_MODEL, 2)
    await until(rebuild.lines, lambda lines: "begun again" in lines, 30, "begun again by the model of now")
    await blue.until_at_work(sending)
    blue.kill()
    assert await process.wait() == 0, rebuild.lines()
    await sending

    green = await worker("green", app_id="second").ready()
    run = await gone_on(second, model)
    assert f"{len(run.records)} contacts as they were" in rebuild.lines()
    red = worker("red")
    assert red.process.wait(40) == 2
    assert "go on in the table of group" in red.log.read_text()
    green.stop()


PHASES: list[tuple[type, str]] = [
    (SecondTopics, "begin"),
    (SecondTable, "_end_origin"),
    (SecondTopics, "write_identity"),
    (SecondTopics, "copy_models"),
]


async def test_a_rebuild_that_is_killed_in_any_phase_ends_well_by_the_next_one(
    system: System, worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, second, third = await system.create(), second_of(system, "second"), second_of(system, "third")
    blue = await worker("blue").ready()
    await send(system, 1, 300)
    await system.until_applied()
    assert blue.stop() == 0
    await send(system, 2, 100)  # which nobody has read
    lines: list[str] = []
    for owner, name in PHASES:
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, killed_after(getattr(owner, name)))
            with pytest.raises(InterruptedError):
                await table_of(system, second, lines).make()
    green = await worker("green", app_id="second").ready()  # all is there but the word that it is
    await table_of(system, second, lines).make()
    await table_of(system, second, lines).make()
    assert "already" in lines[-1]
    with pytest.raises(OperatorError, match="hold a table of its own"):
        await table_of(second, system, lines).make()
    with pytest.raises(OperatorError, match="go on in the table of group"):
        await table_of(system, third, lines).make()

    await send(system, 3, 100)
    await gone_on(second, model)
    green.stop()


def killed_after(method: Any) -> Any:
    async def killed(*arguments: Any, **words: Any) -> None:
        await method(*arguments, **words)
        raise InterruptedError

    return killed


@pytest.mark.nightly
async def test_contacts_of_a_lost_changelog_go_on_from_what_was_announced_of_them(
    system: System, worker: MakeWorker
) -> None:
    model, second = await system.create(), second_of(system, "second")
    blue = await worker("blue").ready()
    await send(system, 1, 300)
    before = await gone_on(system, model)
    assert blue.stop() == 0
    await system.delete("contacts-changelog")
    lines: list[str] = []
    await table_of(system, second, lines).make()

    green = await worker("green", app_id="second").ready()
    await send(system, 2, 100)
    after = await gone_on(second, model)
    assert len(after.hot_leads) >= len(before.hot_leads) > 0
    assert f"{len(before.records)} contacts made of the topics" in "".join(lines)
    green.stop()


@pytest.mark.nightly
async def test_topics_that_grew_have_a_second_table_of_as_many_partitions(system: System, worker: MakeWorker) -> None:
    model, wider = await system.create(), second_of(system, "wider", partitions=8)
    blue = await worker("blue").ready()
    await send(system, 1, 400)
    await system.until_applied()
    assert blue.stop() == 0
    await send(system, 2, 100)
    shared = [name for name, topic in system.layout.names().items() if topic.direction != INTERNAL]
    admin = AIOKafkaAdminClient(**system.clients.arguments())
    await admin.start()
    try:
        await admin.create_partitions({name: NewPartitions(8) for name in shared})
    finally:
        await admin.close()
    await send(wider, 3, 100)

    await table_of(system, wider, []).make()

    green = await worker("green", app_id="wider", partitions=8).ready()
    await send(wider, 4, 100)
    await gone_on(wider, model)
    green.stop()


@pytest.mark.nightly
@missed_soon
async def test_people_who_are_linked_or_erased_are_who_they_were_in_a_second_table_and_in_a_third_of_the_topics(
    system: System, worker: MakeWorker
) -> None:
    model, second, third = await system.create(), second_of(system, "second"), second_of(system, "third")
    blue = await worker("blue").ready()
    now_ms = int(time.time() * 1000)
    records = Relations(seed=31, contacts=100, merges=40, now_ms=now_ms).records(seed=32, events=900, now_ms=now_ms)
    first, later, last = in_slices(records, 3)
    visit = {"id": "v", "occurred_at": now_ms - HOUR_MS, "properties": {"path": "/pricing"}}
    gone = [Sent("page-visits", b"gone-%d" % number, visit) for number in range(8)]
    await system.send([*first, *gone])
    await until_settled(system)
    await system.send(each._replace(topic="contact-updates", value={"update": "erase"}) for each in gone)
    await until_settled(system)
    making = asyncio.create_task(table_of(system, second, []).make())
    sending = asyncio.create_task(send_evenly(system, later, 2.0))
    await blue.until_at_work(sending)
    blue.kill()
    await asyncio.gather(making, sending)

    green = await worker("green", app_id="second").ready()
    await until_settled(second)
    assert_people_are_the_oracles(await read_identity_run(second), model)
    assert green.stop() == 0
    await second.delete("contacts-changelog")
    await table_of(second, third, []).make()
    red = await worker("red", app_id="third").ready()
    await system.send([*last, *gone])
    await until_settled(third)
    assert_people_are_the_oracles(await read_identity_run(third), model)
    red.stop()
