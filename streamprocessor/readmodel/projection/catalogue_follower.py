"""From the input topics into the catalogue: slowly, for it is nobody's hurry, and exactly, for people build on it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from streamprocessor.catalogue.catalogue import PERIOD_MS, PERIODS, Catalogue
from streamprocessor.catalogue.input_counter import InputCounter
from streamprocessor.contract.events.events import ValueDecoder
from streamprocessor.process.clock import now_ms
from streamprocessor.readmodel.projection.models import ActiveModel
from streamprocessor.readmodel.store.catalogue_rows import (
    StoredCatalogue,
    UnscoredEvents,
    add_unscored,
    read_catalogue,
    write_catalogue,
)
from streamprocessor.readmodel.store.database import may_come_back, reading, writing
from streamprocessor.scoring.record.facts import AttributesWritten, Event

log = logging.getLogger(__name__)

BATCH_RECORDS = 500
REST_PER_WORK = 3.0
"""The follower rests so many times as long as it worked: requests are not to wait for it."""
WRITE_SECONDS = 5.0
STAND_BY_SECONDS = 60.0
"""Nobody else must have written the catalogue for so long before this process takes it over."""

_POLL_MS = 500
_RETRY_SECONDS = 5.0


class InputTopic(NamedTuple):
    """An input topic as it is read: what it is called, Kafka's id of it, how its values are read."""

    name: str
    topic_id: str
    partitions: int
    decode: ValueDecoder


class CatalogueFollower:
    """Follows the input topics outside of any consumer group, and keeps the catalogue."""

    def __init__(self, engine: Engine, topics: list[InputTopic], consumer: Any, models: ActiveModel) -> None:
        """Read these topics by a consumer that is not started."""
        self._engine = engine
        self._topics = {
            TopicPartition(topic.name, number): topic for topic in topics for number in range(topic.partitions)
        }
        self._consumer = consumer
        self._models = models
        self._stored = StoredCatalogue(Catalogue(), 0, 0)
        self._unscored: dict[tuple[str, str], UnscoredEvents] = {}
        self._is_changed = False
        self._counter: InputCounter | None = None

    async def run(self) -> None:
        """Follow for ever."""
        await self._consumer.start()
        self._consumer.assign(list(self._topics))
        await self._begin()
        written_seconds = time.monotonic()
        while True:
            fetched = await self._consumer.getmany(timeout_ms=_POLL_MS, max_records=BATCH_RECORDS)
            if fetched:
                began = time.monotonic()
                await asyncio.to_thread(self._add, fetched)
                await asyncio.sleep(REST_PER_WORK * (time.monotonic() - began))
            if self._is_changed and time.monotonic() - written_seconds > WRITE_SECONDS:
                await self._write()
                written_seconds = time.monotonic()

    async def stop(self) -> None:
        """Stop reading."""
        await self._consumer.stop()

    async def _begin(self) -> None:
        """Go on after the newest snapshot; where there is none, some weeks ago."""
        self._stored = await asyncio.to_thread(self._read)
        self._unscored, self._is_changed, self._counter = {}, False, None
        reached = self._stored.catalogue.next_offsets
        oldest_ms = now_ms() - (PERIODS - 1) * PERIOD_MS
        unread = [where for where, topic in self._topics.items() if (topic.topic_id, where.partition) not in reached]
        began = await self._consumer.offsets_for_times(dict.fromkeys(unread, oldest_ms)) if unread else {}
        ends = await self._consumer.end_offsets(list(self._topics))
        for where, topic in self._topics.items():
            first = began.get(where)
            offset = reached.get((topic.topic_id, where.partition), ends[where] if first is None else first.offset)
            self._consumer.seek(where, min(offset, ends[where]))

    def _read(self) -> StoredCatalogue:
        with reading(self._engine) as connection:
            return read_catalogue(connection)

    def _add(self, fetched: Mapping[TopicPartition, list[Any]]) -> None:
        counter = self._counting()
        for where, records in fetched.items():
            topic = self._topics[where]
            for record in records:
                counted = counter.add(record, topic.decode)
                if counted is not None:
                    self._note_unscored(*counted, counter.held_types)
            self._stored.catalogue.next_offsets[topic.topic_id, where.partition] = records[-1].offset + 1
            self._is_changed = True

    def _note_unscored(
        self, contact_id: str, fact: Event | AttributesWritten, held_types: frozenset[str] | None
    ) -> None:
        """Note an event of a type that no record holds."""
        if held_types is None or isinstance(fact, AttributesWritten) or fact.type in held_types:
            return
        before = self._unscored.get((contact_id, fact.type), UnscoredEvents(0, 0))
        last_ms = max(before.last_ms, fact.arrival_ms)
        self._unscored[contact_id, fact.type] = UnscoredEvents(before.events + 1, last_ms)

    def _counting(self) -> InputCounter:
        """What counts, under the model in force."""
        model = self._models.scorer.model
        if self._counter is None:
            self._counter = InputCounter(self._stored.catalogue, model)
        elif self._counter.model is not model:
            self._counter.use(model)
        return self._counter

    async def _write(self) -> None:
        """Write the snapshot; where another process wrote one meanwhile, leave it to that one."""
        try:
            is_ours = await asyncio.to_thread(self._write_once)
        except DBAPIError as error:
            if not may_come_back(error):
                raise
            await asyncio.sleep(_RETRY_SECONDS)  # all is still in memory, and written the next time
            return
        if not is_ours:
            log.info("another process keeps the catalogue: standing by until it no longer does")
            await self._stand_by()

    async def _stand_by(self) -> None:
        """Wait until nobody has written the catalogue for a while, and go on after what it has then."""
        while True:
            await asyncio.sleep(STAND_BY_SECONDS)
            newest = await asyncio.to_thread(self._read)
            if now_ms() - newest.written_at_ms > STAND_BY_SECONDS * 1000:
                return await self._begin()

    def _write_once(self) -> bool:
        stored = self._stored._replace(written_at_ms=now_ms())
        with writing(self._engine) as connection:
            if not write_catalogue(connection, stored):
                return False
            add_unscored(connection, self._unscored)
        self._stored = stored._replace(revision=stored.revision + 1)
        self._unscored, self._is_changed = {}, False
        return True
