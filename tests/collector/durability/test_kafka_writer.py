"""What sends rounds to Kafka, where Kafka answers too late or not at all."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka import AIOKafkaProducer

from streamprocessor.collector.durability.kafka_writer import KafkaWriter
from streamprocessor.contract.topics.roles import COLLECTOR
from streamprocessor.kafka.admin.rights import ProcessRights
from streamprocessor.kafka.clients import ClientSettings


async def test_a_producer_whose_start_is_not_waited_for_any_longer_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    starting: asyncio.Queue[AIOKafkaProducer] = asyncio.Queue()

    async def start_for_ever(producer: AIOKafkaProducer) -> None:
        starting.put_nowait(producer)
        await asyncio.Event().wait()

    async def allowed(*_: object) -> None:
        """Every topic may be written."""

    monkeypatch.setattr(AIOKafkaProducer, "start", start_for_ever)
    monkeypatch.setattr(ProcessRights, "refuse_where_missing", allowed)
    writer = KafkaWriter(ProcessRights(ClientSettings("127.0.0.1:9"), COLLECTOR, []), {}, 1_000)

    connecting = asyncio.ensure_future(writer.connect())
    producer = await starting.get()
    connecting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await connecting
    assert producer._closed
    assert not writer.is_connected
