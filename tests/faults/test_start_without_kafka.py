"""Processes whose Kafka is away from their start on: they live, say what they wait for, and end when told to."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from streamprocessor.settings import Settings
from tests.harness.apis import ApiProcess
from tests.harness.collectors import KEY, CollectorProcess
from tests.harness.deliveries import DeliveryProcess
from tests.harness.processes import CommandProcess
from tests.harness.system import until
from tests.harness.workers import WorkerProcess

KINDS = ("worker", "collector", "delivery", "api")


@pytest.fixture
def bootstrap() -> str:
    """Where nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{unused.getsockname()[1]}"


@pytest.fixture
def process(kind: str, bootstrap: str, tmp_path: Path) -> Iterator[CommandProcess]:
    """A process of that kind, which logs JSON at INFO."""
    settings = Settings(bootstrap=bootstrap, log_format="json")
    started: dict[str, CommandProcess] = {
        "worker": WorkerProcess(settings, "worker", tmp_path),
        "collector": CollectorProcess(settings, tmp_path),
        "delivery": DeliveryProcess(settings, tmp_path, "subscriptions: {}"),
        "api": ApiProcess(settings, tmp_path),
    }
    yield started[kind].start()
    started[kind].discard()


async def test_told_to_stop_a_collector_takes_what_comes_for_as_long_as_it_drains_and_is_not_ready(
    bootstrap: str, tmp_path: Path
) -> None:
    process = CollectorProcess(Settings(bootstrap=bootstrap, drain_seconds=3.0), tmp_path).start()
    try:
        await process.ready()
        process.send(signal.SIGTERM)
        await until(process.ready_code, lambda code: code == 503, 10, "not ready", every_seconds=0.05)
        event = {"id": "e-1", "contact_id": "c-1", "type": "download"}
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {KEY}"}, timeout=10) as http:
            taken = await http.post(f"{process.address}/v1/events", json=event)
        assert (taken.status_code, taken.headers["connection"]) == (200, "close")
        assert process.process.wait(40) == 0, process.tail()
    finally:
        process.discard()
    assert "bytes stay on disk, to be sent at the next start" in process.tail()


def _answers(process: CommandProcess) -> int | str:
    """What /readyz answers with; why nothing does before the process has said its port."""
    try:
        return process.ready_code()
    except OSError as error:
        return str(error)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_process_without_kafka_lives_says_so_and_ends_when_told_to(
    kind: str, process: CommandProcess, bootstrap: str
) -> None:
    wanted = 200 if kind == "collector" else 503  # it keeps on disk what it accepts
    await until(lambda: _answers(process), lambda code: code == wanted, 40, f"{kind} answers {wanted}")

    assert process.read("/livez") == b"live\n"
    process.send(signal.SIGUSR1)
    await until(process.log.read_text, lambda log: "level is DEBUG" in log, 10, "the level is changed")
    assert process.stop() == 0, process.tail()
    lines = [json.loads(line) for line in process.log.read_text().splitlines()]
    assert {line["process"] for line in lines} == {kind}
    said = [line for line in lines if f"Kafka can't be used at {bootstrap}" in line["message"]]
    assert len(said) == 1 or kind == "collector", process.tail()  # which says what becomes of entries, each time
    assert said, process.tail()
    assert not any("traceback" in line for line in lines), process.tail()
