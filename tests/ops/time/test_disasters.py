"""What was lost, what the worker says of it, and that what it says to do works."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streamprocessor.cli.backup.backup import back_up
from streamprocessor.cli.kafka.topic_reader import writer_to
from streamprocessor.cli.rebuild.application import Application, application_of
from streamprocessor.cli.rebuild.kept_table import keep_table
from streamprocessor.cli.rebuild.moved_table import MovedTable
from streamprocessor.cli.rebuild.returned_table import bring_back_table
from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.admin.reconcile import apply
from streamprocessor.kafka.embedded.embedded import EmbeddedKafka
from streamprocessor.kafka.embedded.runtime import Runtime
from streamprocessor.scoring.model.model import Model
from streamprocessor.settings import PREFIX
from tests.harness.commands import run_command
from tests.harness.fixtures import MakeWorker, missed_soon
from tests.harness.machine import Machine, new_machine
from tests.harness.processes import SALT
from tests.harness.system import System
from tests.harness.traffic import traffic
from tests.harness.verdict import Run, assert_records_equal_the_oracle, read_run
from tests.harness.workers import WorkerProcess

pytestmark = [pytest.mark.kafka, pytest.mark.ops]

CONTACTS = 60


@pytest.fixture
def machine(kafka_runtime: Runtime, new_cluster: Path, tmp_path: Path) -> Iterator[Machine]:
    """A data folder with a new Kafka in it."""
    machine = new_machine(tmp_path / "machine", kafka_runtime, new_cluster)
    yield machine
    machine.discard()


async def _send(system: System, seed: int, events: int) -> None:
    await system.send(traffic(seed, CONTACTS, events, int(time.time() * 1000)))


async def _scored(system: System, worker: MakeWorker) -> tuple[Model, Run]:
    """A table of some load, its worker stopped again."""
    model = await system.create()
    blue = worker("blue")
    await blue.ready()
    await _send(system, 1, 500)
    await system.until_applied()
    assert blue.stop() == 0
    return model, await read_run(system)


def _why_it_ended(process: WorkerProcess) -> str:
    assert process.process.wait(40) == 2, process.tail()
    return process.log.read_text()


def _with_former(before: Run, after: Run) -> Run:
    """The run with what came to topics that are gone."""
    for contact, facts in before.facts.items():
        after.facts[contact] = [*facts, *after.facts.get(contact, [])]
    return after


@missed_soon
async def test_a_changelog_that_was_lost_is_made_anew_of_the_inputs(
    system: System, worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, before = await _scored(system, worker)
    await system.delete(CONTACTS_CHANGELOG)
    await apply(system.clients, system.layout)
    assert "or without one `--from-inputs`" in _why_it_ended(worker("green"))

    monkeypatch.setenv(f"{PREFIX}ERASURE_SALT", SALT)
    rebuilt = await run_command(system, "rebuild", "--from-inputs")

    assert rebuilt.exit_code == 0, rebuilt.complaint
    red = worker("red")
    await red.ready()
    await _send(system, 2, 200)
    await system.until_applied()
    after = await read_run(system)
    assert before.records.keys() <= after.records.keys()
    assert_records_equal_the_oracle(after, model)


async def test_a_changelog_that_was_lost_comes_back_from_a_backup_and_what_came_since_is_scored(
    machine: Machine, tmp_path: Path
) -> None:
    archive = tmp_path / "backup.tar.gz"
    system = machine.start()
    model = await system.create()
    await machine.score()
    await _send(system, 1, 400)
    await system.until_applied()
    await back_up(machine.settings, archive)
    await _send(system, 2, 400)  # which the backup does not know, and the lost table did
    await system.until_applied()
    assert machine.stop_scoring() == 0
    await system.delete(CONTACTS_CHANGELOG)

    said: list[str] = []
    await bring_back_table(application_of(machine.settings), archive, said.append)

    assert "brought back as they were" in said[0]
    await _send(system, 3, 200)
    await machine.score()
    await system.until_applied()
    assert_records_equal_the_oracle(await read_run(system), model)
    machine.stop_scoring()
    with pytest.raises(OperatorError, match="holds records; wanted an empty one"):
        await bring_back_table(application_of(machine.settings), archive, said.append)


@missed_soon
async def test_an_input_topic_that_was_lost_and_made_anew_begins_at_its_start_and_contacts_keep_what_they_had(
    system: System, worker: MakeWorker
) -> None:
    model, before = await _scored(system, worker)
    await system.delete("email-clicks")
    await apply(system.clients, system.layout)
    assert "streamprocessor rebuild --keep" in _why_it_ended(worker("green"))

    kept = await run_command(system, "rebuild", "--keep")

    assert kept.exit_code == 0, kept.complaint
    assert "email-clicks: begun at the start" in kept.output
    red = worker("red")
    await red.ready()
    await _send(system, 2, 400)
    await system.until_applied()
    after = _with_former(before, await read_run(system))
    assert_records_equal_the_oracle(after, model)
    for contact, record in before.records.items():
        assert after.records[contact].sequence >= record.sequence


@missed_soon
async def test_to_keep_a_table_may_be_killed_and_done_again_and_what_came_to_the_new_topic_is_scored(
    system: System, worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, before = await _scored(system, worker)
    await system.delete("email-clicks")
    await apply(system.clients, system.layout)
    await _send(system, 2, 400)

    async def killed(*_: object) -> None:
        raise InterruptedError

    with monkeypatch.context() as patched:
        patched.setattr(Application, "commit", killed)
        with pytest.raises(InterruptedError):
            await keep_table(application_of(system.settings, 40), print)
    kept = await run_command(system, "rebuild", "--keep")

    assert "email-clicks: begun at the start" in kept.output
    await worker("red").ready()
    await system.until_applied()
    assert_records_equal_the_oracle(_with_former(before, await read_run(system)), model)


@missed_soon
async def test_another_address_salt_is_refused_until_the_table_is_told_to_go_on_with_it(
    system: System, worker: MakeWorker
) -> None:
    await _scored(system, worker)
    another = {"address_salt": "another salt of sixteen characters"}
    assert "the former one, which collectors have, too" in _why_it_ended(worker("green", **another))

    kept = await run_command(system, "rebuild", "--keep")

    assert kept.exit_code == 0, kept.complaint
    await worker("red", **another).ready()


@missed_soon
async def test_a_mirror_of_another_kafka_becomes_a_system_that_has_every_contact(
    system: System, worker: MakeWorker, own_kafka: Callable[[], EmbeddedKafka]
) -> None:
    began_ms = int(time.time() * 1000) - 60_000
    model, _ = await _scored(system, worker)
    await _send(system, 2, 100)  # which nobody has read when the first Kafka is lost
    before = await read_run(system)
    second = System(system.settings.model_copy(update={"bootstrap": own_kafka().bootstrap, "topic_prefix": ""}))
    mirror = System(second.settings.model_copy(update={"topic_prefix": "first."}))
    await _mirror(system, mirror)

    said: list[str] = []
    moving = MovedTable(application_of(mirror.settings), application_of(second.settings), said.append)
    with pytest.raises(OperatorError, match="are other topics than the table was made from, such as copies"):
        await moving.move(None)
    await moving.move(began_ms)

    green = worker("green", bootstrap=second.settings.bootstrap, topic_prefix="")
    await green.ready()
    await _send(second, 3, 200)
    await second.until_applied()
    after = _with_former(before, await read_run(second))
    assert_records_equal_the_oracle(after, model)


async def _mirror(origin: System, mirror: System) -> None:
    """Copy every topic, as MirrorMaker 2 does: partition by partition, with other offsets and other topic ids."""
    await apply(mirror.clients, mirror.layout)
    async with writer_to(mirror.clients, list(mirror.layout.names())) as producer:
        for topic in origin.full:
            for record in await origin.read(topic):
                await producer.send(
                    mirror.full[topic],
                    key=record.key,
                    value=record.value,
                    headers=list(record.headers),
                    partition=record.partition,
                )
