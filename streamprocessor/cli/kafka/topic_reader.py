"""Topics read from beginning to end, outside of any consumer group, and written to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from streamprocessor.contract.topics.rights import READ, WRITE
from streamprocessor.kafka.admin.reconcile import end_offsets
from streamprocessor.kafka.admin.rights import refuse_unless_allowed
from streamprocessor.kafka.clients import LARGEST_REQUEST_BYTES, ClientSettings, new_reader
from streamprocessor.kafka.diagnosis.diagnosis import broker_error
from streamprocessor.kafka.partitioner import partition_of
from streamprocessor.kafka.reader import read_to


async def records_of(
    clients: ClientSettings, topic: str, partitions: Collection[int] | None = None, *, since_ms: int | None = None
) -> AsyncIterator[Any]:
    """Every record that the topic holds now, in order within a partition.

    partitions: None: all of them. since_ms: of earlier records none are read; None: all are.

    Raises TopicError where the topic is missing or may not be read, BrokerAwayError where Kafka goes away.
    """
    await refuse_unless_allowed(clients, {topic: READ})
    ends = {
        TopicPartition(topic, number): end
        for (_, number), end in (await end_offsets(clients, [topic])).items()
        if partitions is None or number in partitions
    }
    consumer = new_reader(clients)
    try:
        await consumer.start()
        consumer.assign(list(ends))
        if since_ms is None:
            await consumer.seek_to_beginning(*ends)
        else:
            firsts = await consumer.offsets_for_times(dict.fromkeys(ends, since_ms))
            for where, first in firsts.items():
                consumer.seek(where, ends[where] if first is None else first.offset)
        async for fetched in read_to(consumer, ends):
            for where, records in fetched.items():
                for record in records:
                    if record.offset < ends[where]:
                        yield record
    except KafkaError as error:
        raise await broker_error(clients, error, f"{topic}: can't be read") from error
    finally:
        await consumer.stop()


@asynccontextmanager
async def writer_to(clients: ClientSettings, topics: Collection[str]) -> AsyncIterator[AIOKafkaProducer]:
    """A producer whose writes are acknowledged by all replicas, for topics that are there and may be written.

    Raises TopicError where one is not, BrokerError where a record can't be written.
    """
    await refuse_unless_allowed(clients, dict.fromkeys(topics, WRITE))
    producer = AIOKafkaProducer(
        **clients.arguments(), acks="all", enable_idempotence=True, max_request_size=LARGEST_REQUEST_BYTES
    )
    try:
        await producer.start()
        yield producer
    except KafkaError as error:
        raise await broker_error(clients, error, f"{', '.join(topics)}: can't be written") from error
    finally:
        await producer.stop()


async def newest_under(clients: ClientSettings, topic: str, key: bytes) -> bytes | None:
    """The last value under the key, looked for in the one partition that its hash names; None: there is none."""
    partition = partition_of(key, len(await end_offsets(clients, [topic])))
    newest: bytes | None = None
    async for record in records_of(clients, topic, [partition]):
        if record.key == key:
            newest = record.value
    return newest
