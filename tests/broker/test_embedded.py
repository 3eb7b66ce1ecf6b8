"""The embedded Kafka, real and with a Java that misbehaves."""

from collections.abc import Callable

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streamprocessor.broker.embedded import EmbeddedKafka

pytestmark = pytest.mark.kafka


async def create(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def write(bootstrap: str, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        await producer.send_and_wait(topic, value)


async def read(bootstrap: str, topic: str, count: int) -> list[bytes | None]:
    async with AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        return [(await consumer.getone()).value for _ in range(count)]


async def test_what_was_acknowledged_is_there_after_kill_9_and_after_a_stop(
    own_kafka: Callable[[], EmbeddedKafka],
) -> None:
    broker = own_kafka()
    address = broker.bootstrap
    await create(address, "kept")
    await write(address, "kept", b"before kill -9")

    broker.kill()
    assert not broker.alive
    assert broker.start() == address
    await write(address, "kept", b"before stop")
    broker.stop()
    assert broker.start() == address

    assert await read(address, "kept", 2) == [b"before kill -9", b"before stop"]
