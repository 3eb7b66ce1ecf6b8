"""The subscriptions as their topic has them: read, and written."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

import orjson
from aiokafka.errors import KafkaError

from streamprocessor.kafka.compacted_topic import CompactedTopic
from streamprocessor.readmodel.problem import Problem

log = logging.getLogger(__name__)

_READ_BACK_SECONDS = 10.0


class SubscriptionStore:
    """The subscriptions, stored in their topic. consumer: without a group, not started; producer: acks all."""

    def __init__(self, topic: str, consumer: Any, producer: Any) -> None:
        self._topic = CompactedTopic(topic, consumer)
        self._producer = producer
        self._known: dict[str, dict[str, Any] | None] = {}
        self._read_to = 0
        self._read = asyncio.Condition()

    @property
    def known(self) -> dict[str, dict[str, Any] | None]:
        """The subscriptions by their names; None where the value is no JSON object."""
        return dict(sorted(self._known.items()))

    async def start(self) -> None:
        """Read what there is."""
        await self._take_all(await self._topic.start())

    async def follow(self) -> None:
        """Read on for ever."""
        while True:
            await self._take_all(await self._topic.poll())

    async def stop(self) -> None:
        """Stop reading."""
        await self._topic.stop()

    async def put(self, name: str, value: bytes | None) -> None:
        """Have this in force, once Kafka has it and it is read back; None ends the subscription.

        Raises Problem where Kafka is away.
        """
        try:
            sent = await self._producer.send_and_wait(self._topic.topic, value, key=name.encode(), partition=0)
        except KafkaError as error:
            detail = f"Kafka did not take the subscription ({type(error).__name__}); wanted it acknowledged: try again"
            raise Problem(503, "kafka-away", detail, {"Retry-After": "5"}) from error
        with contextlib.suppress(TimeoutError):  # it is kept, whether or not it is seen here yet
            async with asyncio.timeout(_READ_BACK_SECONDS):
                await self._read_beyond(sent.offset)

    async def _read_beyond(self, offset: int) -> None:
        async with self._read:
            await self._read.wait_for(lambda: self._read_to > offset)

    async def _take_all(self, records: list[Any]) -> None:
        for record in records:
            self._take(record)
        async with self._read:
            self._read.notify_all()

    def _take(self, record: Any) -> None:
        self._read_to = record.offset + 1
        name = (record.key or b"").decode("utf-8", "replace")
        if record.value is None:
            self._known.pop(name, None)
        else:
            self._known[name] = _object_in(record.value, name)


def _object_in(value: bytes, name: str) -> dict[str, Any] | None:
    try:
        subscription = orjson.loads(value)
    except orjson.JSONDecodeError:
        subscription = None
    if isinstance(subscription, dict):
        return subscription
    log.warning("subscription %s of the topic: wanted a JSON object; got something else", name)
    return None
