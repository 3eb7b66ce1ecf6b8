"""Records to Kafka, a round at a time: batched by partition, idempotent, acknowledged by all replicas."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streamprocessor.collector.durability.producer_record import ProducerRecord
from streamprocessor.contract.traceparents import TRACEPARENT
from streamprocessor.kafka.admin.rights import ProcessRights
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.diagnosis.diagnosis import broker_error
from streamprocessor.kafka.partitioner import key_hash

BATCH_BYTES = 512 * 1024  # half of what the topics take
_CACHED_KEYS = 100_000
_STOP_SECONDS = 2.0


class NotAcknowledgedError(Exception):
    """Kafka did not acknowledge all records of a round; nobody can say which it has."""


class KafkaWriter:
    """A producer to the input topics.

    rights: what we must be allowed to do there. full_names: of the topics on the broker, by the contract's short ones.

    One round at a time. While a round is out it is tried for ever: the producer's numbers let the broker tell what it
    has from what it lacks, so that trying again doubles nothing.
    """

    def __init__(self, rights: ProcessRights, full_names: Mapping[str, str], request_timeout_ms: int) -> None:
        self._rights = rights
        self._clients = rights.clients
        self._full_names = full_names
        self._request_timeout_ms = request_timeout_ms
        self._producer: AIOKafkaProducer | None = None
        self._partitions: dict[str, int] = {}
        self._hashes: dict[bytes, int] = {}

    @property
    def is_connected(self) -> bool:
        """Whether there is a producer to send by."""
        return self._producer is not None

    async def connect(self) -> None:
        """Start a producer; one that can't be started, or is not waited for, is closed.

        Raises TopicError where a topic is missing or may not be used, BrokerAwayError without Kafka, BrokerError where
        Kafka is there and a person must act.
        """
        await self._rights.refuse_where_missing()
        producer = AIOKafkaProducer(
            **self._clients.arguments(),
            enable_idempotence=True,
            acks="all",
            max_batch_size=BATCH_BYTES,
            request_timeout_ms=self._request_timeout_ms,
            retry_backoff_ms=50,
        )
        try:
            async with contextlib.AsyncExitStack() as undoing:
                undoing.push_async_callback(_end, producer)
                await producer.start()
                partitions = {
                    short: len(await producer.partitions_for(name)) for short, name in self._full_names.items()
                }
                undoing.pop_all()
        except KafkaError as error:
            raise await broker_error(self._clients, error) from error
        self._producer, self._partitions = producer, partitions

    async def send(self, records: Iterable[ProducerRecord]) -> None:
        """Return once Kafka has all records; raises NotAcknowledgedError where that can't be known any more."""
        producer = self._producer
        if producer is None:
            message = "no producer"
            raise NotAcknowledgedError(message)
        try:
            pending = [
                await producer.send_batch(batch, self._full_names[topic], partition=partition)
                for (topic, partition), batches in self._batches(producer, records).items()
                for batch in batches
            ]
            results = await asyncio.gather(*pending, return_exceptions=True)
        except KafkaError as error:
            message = f"not sent: {error!r}"
            raise NotAcknowledgedError(message) from error
        for result in results:
            if isinstance(result, BaseException):
                message = f"not acknowledged: {result!r}"
                raise NotAcknowledgedError(message) from result

    async def drop(self) -> None:
        """Give up the producer, and whatever it still tried to send."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _end(producer)

    def partition_of(self, topic: str, key: bytes) -> int:
        """The partition of a key, as Kafka's own default partitioner has it."""
        known = self._hashes.get(key)
        if known is None:
            if len(self._hashes) >= _CACHED_KEYS:
                self._hashes.clear()
            known = self._hashes[key] = key_hash(key)
        return known % self._partitions[topic]

    def full_name(self, topic: str) -> str:
        """The broker's name of a topic."""
        return self._full_names[topic]

    @property
    def clients(self) -> ClientSettings:
        """How to reach the same Kafka otherwise."""
        return self._clients

    def _batches(
        self, producer: AIOKafkaProducer, records: Iterable[ProducerRecord]
    ) -> dict[tuple[str, int], list[Any]]:
        now_ms = int(time.time() * 1000)
        batches: dict[tuple[str, int], list[Any]] = {}
        for topic, key, value, traceparent in records:
            headers = [] if traceparent is None else [(TRACEPARENT, traceparent.encode())]
            partition = (topic, self.partition_of(topic, key))
            of_partition = batches.get(partition)
            if of_partition is None:
                of_partition = batches[partition] = [producer.create_batch()]
            if of_partition[-1].append(key=key, value=value, timestamp=now_ms, headers=headers) is None:
                of_partition.append(producer.create_batch())
                of_partition[-1].append(key=key, value=value, timestamp=now_ms, headers=headers)
        return batches


async def _end(producer: AIOKafkaProducer) -> None:
    """Stop it; without a Kafka that answers it would go on flushing for ever."""
    with contextlib.suppress(KafkaError, TimeoutError):
        async with asyncio.timeout(_STOP_SECONDS):
            await producer.stop()
    with contextlib.suppress(KafkaError):
        await producer.client.close()
