"""Records sent to the input topics: in order, idempotent, each acknowledged by all replicas."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streamprocessor.contract.topics.rights import WRITE
from streamprocessor.errors import BrokerAwayError, BrokerError
from streamprocessor.kafka.admin.reconcile import Layout
from streamprocessor.kafka.admin.rights import refuse_unless_allowed
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.connection import client_settings
from streamprocessor.kafka.diagnosis.diagnosis import broker_error, is_transient
from streamprocessor.kafka.partitioner import key_hash
from streamprocessor.settings import Settings

_MAX_UNACKNOWLEDGED = 10_000  # records: bounds memory, and how far reading runs ahead of the broker
_BATCH_BYTES = 256 * 1024
_CACHED_KEYS = 100_000


class KeyedRecord(NamedTuple):
    """A record for one of our topics, by the contract's short name."""

    topic: str
    key: bytes
    value: bytes


class _Unacknowledged(NamedTuple):
    """Records of a topic that the broker has one answer for."""

    topic: str
    records: int
    answer: asyncio.Future[object]


class KafkaSender:
    """A producer that remembers what is not acknowledged yet. Made by `kafka_sender`.

    sent: how many records were put on their way; acknowledged: how many of them, from the first on, are safe.
    """

    def __init__(self, settings: ClientSettings, producer: AIOKafkaProducer, topic_prefix: str) -> None:
        """Send by a started producer, to topics whose names begin with the prefix."""
        self._settings = settings
        self._producer = producer
        self._topic_prefix = topic_prefix
        self.sent, self.acknowledged = 0, 0
        self._partitions: dict[str, int] = {}
        self._hashes: dict[bytes, int] = {}
        self._unacknowledged: deque[_Unacknowledged] = deque()

    async def send(self, topic: str, key: bytes | None, value: bytes) -> None:
        """Put one record on its way; where too many are, wait for the oldest.

        Raises TopicError where the topic is missing or may not be written, BrokerError where this or an earlier record
        can't be sent.
        """
        name = self._topic_prefix + topic
        await self._partitions_of(name)
        await self._make_room(1)
        try:
            answer = await self._producer.send(name, key=key, value=value)
        except KafkaError as error:
            raise _not_sent(name, error) from error
        self._await_later(name, 1, answer)

    async def send_all(self, records: Sequence[KeyedRecord]) -> None:
        """Put many records on their way, in their order, at less cost for each than one by one; raises as send does."""
        now_ms = int(time.time() * 1000)
        batches: dict[tuple[str, int], Any] = {}
        await self._make_room(len(records))
        for topic, key, value in records:
            name = self._topic_prefix + topic
            partitions = self._partitions.get(name) or await self._partitions_of(name)
            place = (name, self._hash_of(key) % partitions)
            batch = batches.get(place)
            if batch is None or batch.append(timestamp=now_ms, key=key, value=value) is None:
                if batch is not None:
                    await self._send_batch(place, batch)
                batch = batches[place] = self._producer.create_batch()
                batch.append(timestamp=now_ms, key=key, value=value)
        for place, batch in batches.items():
            await self._send_batch(place, batch)

    async def all_acknowledged(self) -> None:
        """Returns once the broker has every record; raises BrokerError where it refuses one."""
        while self._unacknowledged:
            await self._oldest_acknowledged()

    async def _partitions_of(self, name: str) -> int:
        known = self._partitions.get(name)
        if known is None:
            # Asked for once, because a producer tries a missing topic for most of a minute before it gives up.
            await refuse_unless_allowed(self._settings, {name: WRITE})
            try:
                known = self._partitions[name] = len(await self._producer.partitions_for(name))
            except KafkaError as error:
                raise _not_sent(name, error) from error
        return known

    def _hash_of(self, key: bytes) -> int:
        known = self._hashes.get(key)
        if known is None:
            if len(self._hashes) >= _CACHED_KEYS:
                self._hashes.clear()
            known = self._hashes[key] = key_hash(key)
        return known

    async def _send_batch(self, place: tuple[str, int], batch: Any) -> None:
        name, partition = place
        records = batch.record_count()
        try:
            answer = await self._producer.send_batch(batch, name, partition=partition)
        except KafkaError as error:
            raise _not_sent(name, error) from error
        self._await_later(name, records, answer)

    def _await_later(self, name: str, records: int, answer: asyncio.Future[object]) -> None:
        self._unacknowledged.append(_Unacknowledged(name, records, answer))
        self.sent += records

    async def _make_room(self, records: int) -> None:
        """Take note of what is acknowledged; where too much is not, wait for the oldest."""
        while self._unacknowledged and (
            self._unacknowledged[0].answer.done() or self.sent - self.acknowledged + records > _MAX_UNACKNOWLEDGED
        ):
            await self._oldest_acknowledged()

    async def _oldest_acknowledged(self) -> None:
        topic, records, answer = self._unacknowledged.popleft()
        try:
            await answer
        except KafkaError as error:
            raise _not_sent(topic, error) from error
        self.acknowledged += records


@asynccontextmanager
async def kafka_sender(settings: ClientSettings, topic_prefix: str) -> AsyncIterator[KafkaSender]:
    """A sender whose records are all acknowledged when its block ends well.

    Raises BrokerError where the broker can't be used, BrokerAwayError where it can't be reached.
    """
    producer = AIOKafkaProducer(
        **settings.arguments(), enable_idempotence=True, acks="all", linger_ms=5, max_batch_size=_BATCH_BYTES
    )
    try:
        try:
            await producer.start()
        except KafkaError as error:
            raise await broker_error(settings, error) from error
        sender = KafkaSender(settings, producer, topic_prefix)
        yield sender
        await sender.all_acknowledged()
    finally:
        await producer.stop()


@asynccontextmanager
async def checked_sender(settings: Settings, layout: Layout) -> AsyncIterator[KafkaSender]:
    """A sender to the layout's input topics; raises TopicError at once where one is missing or may not be written."""
    clients = client_settings(settings)
    await refuse_unless_allowed(clients, dict.fromkeys(layout.input_names(), WRITE))
    async with kafka_sender(clients, settings.topic_prefix) as sender:
        yield sender


def _not_sent(topic: str, error: KafkaError) -> BrokerError:
    hint = "`streamprocessor topics check` tells what is wrong with a topic"
    kind = BrokerAwayError if is_transient(error) else BrokerError
    return kind(f"{topic}: wanted a record acknowledged; got {error!r}; {hint}")
