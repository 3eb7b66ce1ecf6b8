"""A topic that may not be seen, or is not there, is asked for now and then, not as fast as Kafka answers."""

from __future__ import annotations

import asyncio
import logging

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.consumer import consumer
from aiokafka.producer import producer

from streamprocessor.kafka.metadata_pace import PAUSE_SECONDS, pace_metadata

SECONDS = 1.0


@pytest.fixture(autouse=True)
def paced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients of this test are paced, those of others as they were."""
    for module in (consumer, producer):
        monkeypatch.setattr(module, "AIOKafkaClient", AIOKafkaClient)
    pace_metadata()


@pytest.mark.kafka
async def test_a_topic_that_is_not_there_is_asked_for_now_and_then(
    bootstrap: str, topic_prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    missing = TopicPartition(f"{topic_prefix}never-made", 0)
    reader = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    writer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await reader.start()
    await writer.start()
    try:
        reader.assign([missing])
        sending = asyncio.ensure_future(writer.send(missing.topic, b"value", partition=0))
        with caplog.at_level(logging.ERROR, "aiokafka"):
            assert await reader.getmany(timeout_ms=int(SECONDS * 1000)) == {}
        sending.cancel()
    finally:
        await reader.stop()
        await writer.stop()

    lines = [record for record in caplog.records if missing.topic in record.getMessage()]
    assert 2 <= len(lines) <= 2 * (SECONDS / PAUSE_SECONDS + 2)
