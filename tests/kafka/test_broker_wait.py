"""A process whose Kafka does not answer yet waits for it, and answers probes meanwhile."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from prometheus_client import CollectorRegistry

from streamprocessor.errors import BrokerAwayError, BrokerError
from streamprocessor.kafka import broker_wait
from streamprocessor.kafka.broker_wait import is_reached
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.process.http.serving import listening_socket

CLIENTS = ClientSettings(bootstrap="kafka:9092")


class FakeKafka:
    """A Kafka that is away, refuses, or answers; `asked` is how often it was looked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.error: Exception | None = None
        self.asked = 0
        monkeypatch.setattr(broker_wait, "connected", self._connected)
        monkeypatch.setattr(broker_wait, "FIRST_PAUSE_SECONDS", 0.01)
        monkeypatch.setattr(broker_wait, "QUIET_SECONDS", 0.05)

    @asynccontextmanager
    async def _connected(self, _: ClientSettings) -> AsyncIterator[None]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        yield


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> FakeKafka:
    return FakeKafka(monkeypatch)


@pytest.fixture
def listening() -> socket.socket:
    return listening_socket("test", "127.0.0.1", 0)


@pytest.fixture
async def stop() -> asyncio.Future[None]:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    return future


async def readiness(listening: socket.socket) -> str:
    """What /readyz says, once it is answered."""
    async with httpx.AsyncClient(timeout=10) as http:
        return (await http.get(f"http://127.0.0.1:{listening.getsockname()[1]}/readyz")).text


async def test_a_kafka_that_comes_is_gone_on_with_and_until_then_probes_say_what_is_waited_for(
    kafka: FakeKafka, listening: socket.socket, stop: asyncio.Future[None], caplog: pytest.LogCaptureFixture
) -> None:
    kafka.error = BrokerAwayError("Kafka can't be used at kafka:9092")
    reaching = asyncio.ensure_future(is_reached(CLIENTS, stop, listening, CollectorRegistry()))

    assert await readiness(listening) == "waiting for Kafka at kafka:9092\n"
    asked = kafka.asked
    kafka.error = None
    assert await reaching
    assert kafka.asked > asked
    assert [record.getMessage() for record in caplog.records if record.name == broker_wait.__name__] == [
        "Kafka can't be used at kafka:9092; trying again until it does"
    ]
    listening.close()


async def test_told_to_stop_a_process_waits_no_longer(
    kafka: FakeKafka, listening: socket.socket, stop: asyncio.Future[None]
) -> None:
    kafka.error = BrokerAwayError("away")
    reaching = asyncio.ensure_future(is_reached(CLIENTS, stop, listening, CollectorRegistry()))
    await readiness(listening)

    stop.set_result(None)

    assert not await reaching
    listening.close()


async def test_what_only_a_person_can_mend_is_not_waited_for(
    kafka: FakeKafka, listening: socket.socket, stop: asyncio.Future[None]
) -> None:
    kafka.error = BrokerError("Kafka refuses the login")

    with pytest.raises(BrokerError, match="refuses the login"):
        await is_reached(CLIENTS, stop, listening, CollectorRegistry())
    listening.close()
