"""Subscriptions as the compacted topic tells them: at start, and as they change."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from streamprocessor.broker.clients import ClientSettings, new_reader
from streamprocessor.broker.topics import topic_ids
from streamprocessor.contract.subscription_file import parse_subscription
from streamprocessor.delivery.outlets import Outlets
from streamprocessor.delivery.planning import Surroundings
from streamprocessor.errors import OperatorError

log = logging.getLogger(__name__)

POLL_MS = 1_000


class ToldSubscriptions:
    """Keeps the outlets as the topic says. One that can't be used is logged and leaves what was there before."""

    def __init__(self, clients: ClientSettings, topic: str) -> None:
        self._clients = clients
        self._where = TopicPartition(topic, 0)
        self._consumer: AIOKafkaConsumer | None = None

    async def start(self, outlets: Outlets, surroundings: Surroundings) -> None:
        """Read all that there is; nothing where the topic is missing."""
        if self._where.topic not in await topic_ids(self._clients, [self._where.topic]):
            log.info("no topic %s: the subscriptions are those of the file", self._where.topic)
            return
        self._consumer = new_reader(self._clients)
        await self._consumer.start()
        self._consumer.assign([self._where])
        await self._consumer.seek_to_beginning(self._where)
        end = (await self._consumer.end_offsets([self._where]))[self._where]
        newest: dict[str, Any] = {}
        while await self._consumer.position(self._where) < end:
            for record in await self._poll(self._consumer):
                newest[_name_of(record)] = record
        for record in newest.values():
            if record.value is not None:
                await self._take(record, outlets, surroundings)

    async def run(self, outlets: Outlets, surroundings: Surroundings) -> None:
        """Follow the topic for ever."""
        if self._consumer is None:
            await asyncio.Event().wait()  # there is nothing to follow
            return
        while True:
            for record in await self._poll(self._consumer):
                await self._take(record, outlets, surroundings)

    async def stop(self) -> None:
        """Stop reading."""
        if self._consumer is not None:
            await self._consumer.stop()

    async def _poll(self, consumer: AIOKafkaConsumer) -> list[Any]:
        fetched = await consumer.getmany(timeout_ms=POLL_MS)
        return [record for records in fetched.values() for record in records]

    async def _take(self, record: Any, outlets: Outlets, surroundings: Surroundings) -> None:
        name = _name_of(record)
        outlets.refused.pop(name, None)
        if name in outlets.fixed:
            log.error("subscription %s: the file holds one of that name, so the topic's is not taken", name)
        elif record.value is None:
            await outlets.remove(name)
            log.info("subscription %s: ended", name)
        else:
            try:
                text = record.value.decode("utf-8", "replace")
                await outlets.put(surroundings.plan_of(parse_subscription(name, text, f"subscription {name}")))
                log.info("subscription %s: in force", name)
            except OperatorError as error:
                log.error("subscription %s of the topic can't be used: %s", name, error)
                outlets.refused[name] = str(error)


def _name_of(record: Any) -> str:
    return (record.key or b"").decode("utf-8", "replace")
