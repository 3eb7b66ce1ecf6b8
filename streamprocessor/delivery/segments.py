"""The segments of the scoring model in force, followed in its topic."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from streamprocessor.broker.clients import ClientSettings, new_reader
from streamprocessor.broker.topics import topic_ids
from streamprocessor.contract.model_revisions import decode_revision, model_of
from streamprocessor.contract.outbox import RESERVED
from streamprocessor.delivery.circumstances import KnownSegment
from streamprocessor.scoring.segments import Segment

log = logging.getLogger(__name__)

POLL_MS = 1_000


class Segments:
    """known: the segments by name; none where no model was applied. They change in place."""

    def __init__(self, clients: ClientSettings, topic: str) -> None:
        self.known: Mapping[str, KnownSegment] = {}
        self._clients = clients
        self._where = TopicPartition(topic, 0)
        self._revision = 0
        self._consumer: AIOKafkaConsumer | None = None

    async def start(self) -> None:
        """Read all that there is; nothing where the topic is missing."""
        if self._where.topic not in await topic_ids(self._clients, [self._where.topic]):
            log.info("no topic %s: there are no segments", self._where.topic)
            return
        self._consumer = new_reader(self._clients)
        await self._consumer.start()
        self._consumer.assign([self._where])
        await self._consumer.seek_to_beginning(self._where)
        end = (await self._consumer.end_offsets([self._where]))[self._where]
        while await self._consumer.position(self._where) < end:
            await self._poll(self._consumer)

    async def run(self) -> None:
        """Follow the topic for ever."""
        if self._consumer is None:
            await asyncio.Event().wait()  # there is nothing to follow
            return
        while True:
            await self._poll(self._consumer)

    async def stop(self) -> None:
        """Stop reading."""
        if self._consumer is not None:
            await self._consumer.stop()

    async def _poll(self, consumer: AIOKafkaConsumer) -> None:
        for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
            for record in records:
                if record.value is not None and not (record.key or b"").startswith(RESERVED):
                    self._take(record)

    def _take(self, record: Any) -> None:
        revision = decode_revision(record.value)
        if revision.revision >= self._revision:  # one with the same number holds other segments
            self._revision = revision.revision
            self.known = known_segments(model_of(revision).segments)


def known_segments(segments: tuple[Segment, ...]) -> dict[str, KnownSegment]:
    """The segments by name."""
    return {segment.name: KnownSegment(_key_of(segment), segment.filter) for segment in segments}


def _key_of(segment: Segment) -> str:
    return f"{segment.name} {hashlib.sha256(repr(segment.filter).encode()).hexdigest()[:16]}"
