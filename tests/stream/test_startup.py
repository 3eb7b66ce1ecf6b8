"""A worker that can't work says why in a sentence and ends; it never floods its log."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from streamprocessor.settings import Settings
from tests.harness.system import Sent, System, until
from tests.harness.workers import WorkerProcess
from tests.stream.conftest import MakeWorker

pytestmark = pytest.mark.kafka


def _ended(process: WorkerProcess, code: int = 2) -> str:
    assert process.process.wait(40) == code, process.tail()
    log = process.log.read_text()
    assert len(log.splitlines()) < 60
    assert "Traceback" not in log
    return log


async def test_a_worker_without_kafka_says_where_it_looks_and_ends_when_told_to(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        worker = WorkerProcess(Settings(bootstrap=address), "blue", tmp_path).start()
        try:
            await until(worker.not_ready, lambda why: why == [f"waiting for Kafka at {address}"], 40, "it waits")
            assert worker.read("/livez") == b"live\n"
        finally:
            code = worker.stop()

    assert code == 0
    log = worker.log.read_text()
    assert log.count(f"Kafka can't be used at {address}") == 1
    assert "Traceback" not in log


def test_topics_that_are_missing_are_all_named(worker: MakeWorker) -> None:
    log = _ended(worker())

    for topic in ("email-opens", "page-visits", "score-updated", "app-contacts-changelog"):
        assert topic in log
    assert "streamprocessor topics apply" in log


async def test_no_model_was_applied(system: System, worker: MakeWorker) -> None:
    from streamprocessor.kafka.admin.reconcile import apply

    await apply(system.clients, system.layout)

    assert "run `streamprocessor model apply` first" in _ended(worker())


async def test_a_topic_that_differs_is_named_with_what_was_wanted(system: System, worker: MakeWorker) -> None:
    await system.create()

    log = _ended(worker(session_timeout_seconds=20.0))

    assert "message.timestamp.before.max.ms is 27000; wanted 12000" in log


async def test_a_port_in_use(system: System, worker: MakeWorker) -> None:
    await system.create()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        log = _ended(worker(metrics_port=port))

    assert f"127.0.0.1:{port} can't be listened on" in log
    assert "--metrics-port" in log


async def test_a_name_that_is_taken(system: System, worker: MakeWorker) -> None:
    await system.create()
    await worker("blue").ready()

    assert "--name blue: a live process on this machine has that name" in _ended(worker("blue"))


async def test_an_input_topic_made_anew_under_a_table_that_knows_the_old_one(
    system: System, worker: MakeWorker
) -> None:
    await system.create()
    running = await worker().ready()
    await system.send([Sent("email-opens", b"jane", {"id": str(number)}) for number in range(3)])
    await system.until_applied()
    running.stop()

    await system.delete("email-opens")
    await system.create()

    assert "email-opens is another topic" in _ended(worker())


async def test_a_changelog_that_was_deleted_under_committed_offsets(system: System, worker: MakeWorker) -> None:
    await system.create()
    running = await worker().ready()
    await system.send([Sent("email-opens", b"jane", {"id": str(number)}) for number in range(3)])
    await system.until_applied()
    running.stop()

    await system.delete("contacts-changelog")
    await system.create()

    assert "the changelog of partition" in _ended(worker())
