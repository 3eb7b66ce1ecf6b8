"""Records sent to the input topics: in order, idempotent, each acknowledged by all replicas."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streamprocessor.contract.topics.rights import WRITE
from streamprocessor.errors import BrokerAwayError, BrokerError
from streamprocessor.kafka.admin.reconcile import Layout
from streamprocessor.kafka.admin.rights import refuse_unless_allowed
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.connection import client_settings
from streamprocessor.kafka.diagnosis.diagnosis import broker_error, is_transient
from streamprocessor.settings import Settings

_MAX_UNACKNOWLEDGED = 10_000  # records: bounds memory, and how far reading runs ahead of the broker


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
        self._known_topics: set[str] = set()
        self._unacknowledged: deque[tuple[str, asyncio.Future[object]]] = deque()

    async def send(self, topic: str, key: bytes | None, value: bytes) -> None:
        """Put one record on its way; where too many are, wait for the oldest.

        Raises TopicError where the topic is missing or may not be written, BrokerError where this or an earlier record
        can't be sent.
        """
        name = self._topic_prefix + topic
        if name not in self._known_topics:
            # Asked for once, because a producer tries a missing topic for most of a minute before it gives up.
            await refuse_unless_allowed(self._settings, {name: WRITE})
            self._known_topics.add(name)
        while self._unacknowledged and self._unacknowledged[0][1].done():
            await self._oldest_acknowledged()
        if len(self._unacknowledged) >= _MAX_UNACKNOWLEDGED:
            await self._oldest_acknowledged()
        try:
            future = await self._producer.send(name, key=key, value=value)
        except KafkaError as error:
            raise _not_sent(name, error) from error
        self._unacknowledged.append((name, future))
        self.sent += 1

    async def all_acknowledged(self) -> None:
        """Returns once the broker has every record; raises BrokerError where it refuses one."""
        while self._unacknowledged:
            await self._oldest_acknowledged()

    async def _oldest_acknowledged(self) -> None:
        topic, future = self._unacknowledged.popleft()
        try:
            await future
        except KafkaError as error:
            raise _not_sent(topic, error) from error
        self.acknowledged += 1


@asynccontextmanager
async def kafka_sender(settings: ClientSettings, topic_prefix: str) -> AsyncIterator[KafkaSender]:
    """A sender whose records are all acknowledged when its block ends well.

    Raises BrokerError where the broker can't be used, BrokerAwayError where it can't be reached.
    """
    producer = AIOKafkaProducer(
        **settings.arguments(), enable_idempotence=True, acks="all", linger_ms=5, max_batch_size=64 * 1024
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
