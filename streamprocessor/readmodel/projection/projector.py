"""From Kafka into the tables: every partition, outside of any consumer group, for as long as the process lives."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiokafka import TopicPartition
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG
from streamprocessor.kafka.admin.reconcile import TOMBSTONES_LAST_MS
from streamprocessor.process.clock import now_ms
from streamprocessor.readmodel.metrics import Metrics
from streamprocessor.readmodel.projection.changes import Changes, Place, changes_of
from streamprocessor.readmodel.projection.models import ActiveModel
from streamprocessor.readmodel.projection.writes import (
    forget_old_steps,
    forget_orphans,
    next_offsets,
    note_alive,
    projected_at_ms,
    start_contacts_over,
    write,
)
from streamprocessor.readmodel.search.index import adopt_naming, index_some
from streamprocessor.readmodel.search.keys import Naming
from streamprocessor.readmodel.store.database import (
    epoch_of,
    may_come_back,
    read_state,
    reading,
    start_over,
    write_state,
    writing,
)
from streamprocessor.readmodel.store.rows import NewerRevisionError
from streamprocessor.readmodel.store.tallies import stages_of_all

log = logging.getLogger(__name__)

BATCH_RECORDS = 2_000
_POLL_MS = 250
_RETRY_SECONDS = 1.0
_TIDY_SECONDS = 600.0
_COUNT_SECONDS = 10.0
_SWEEP_SECONDS = 6 * 3_600.0


class Projector:
    """Projects topics into the tables."""

    def __init__(
        self,
        engine: Engine,
        topics: Mapping[str, tuple[str, str, int]],
        consumer: Any,
        models: ActiveModel,
        metrics: Metrics,
    ) -> None:
        """Project these topics: full name → (short name, Kafka's id of it, how many partitions)."""
        self._engine = engine
        self._ids = {short: topic_id for short, topic_id, _ in topics.values()}
        self._partitions = next(partitions for short, _, partitions in topics.values() if short == CONTACTS_CHANGELOG)
        self._places = {
            TopicPartition(name, number): Place(short, number)
            for name, (short, _, partitions) in topics.items()
            for number in range(partitions)
        }
        self._where = {place: where for where, place in self._places.items()}
        self._consumer = consumer
        self._models = models
        self._metrics = metrics
        self._epoch = ""
        self._searched_under = 0  # the revision of the model by whose names contacts are searched
        self._is_indexing = True
        self._ends_at_start: dict[TopicPartition, int] = {}
        self.is_current = False
        self.has_database = True
        self.on_written: Callable[[], None] = lambda: None

    async def start(self) -> None:
        """Find out where to go on; what can't be gone on with is filled anew."""
        await self._consumer.start()
        self._consumer.assign(list(self._places))
        self._ends_at_start = await self._consumer.end_offsets(list(self._places))
        begun = await asyncio.to_thread(self._begin)
        for where, place in self._places.items():
            if place in begun:
                self._consumer.seek(where, begun[place])
            else:
                await self._consumer.seek_to_beginning(where)

    async def run(self, history_ms: int) -> None:
        """Project for ever. history_ms: how long steps and hot leads are kept.

        Raises:
            MustRestartError: another process began to fill the tables anew.
            OperatorError: a newer program wrote what is in Kafka.
        """
        tidied_seconds = swept_seconds = counted_seconds = float("-inf")
        while True:
            await self._index_anew()
            wait_ms = 0 if self._is_indexing else _POLL_MS
            fetched = await self._consumer.getmany(timeout_ms=wait_ms, max_records=BATCH_RECORDS)
            if fetched:
                await self._project({self._places[where]: records for where, records in fetched.items()})
            behind = await self._measure_behind()
            if self.is_current and time.monotonic() - tidied_seconds > _TIDY_SECONDS:
                tidied_seconds = time.monotonic()
                await self._tidy(history_ms)
            if self.is_current and time.monotonic() - counted_seconds > _COUNT_SECONDS:
                counted_seconds = time.monotonic()
                await self._count_stages()
            # Behind, a step may be in the tables long before its contact is: it is not an orphan yet.
            if not behind and time.monotonic() - swept_seconds > _SWEEP_SECONDS:
                swept_seconds = time.monotonic()
                await self._with_database(lambda: forget_orphans(self._engine, now_ms()))

    async def stop(self) -> None:
        """Stop reading."""
        await self._consumer.stop()

    def _begin(self) -> dict[Place, int]:
        with writing(self._engine) as connection:
            self._refuse_what_is_stale(connection)
            self._epoch = epoch_of(connection)
            return next_offsets(connection)

    def _refuse_what_is_stale(self, connection: Connection) -> None:
        """Empty the tables where they can't be brought up to date by reading on."""
        begun = next_offsets(connection)
        if any(read_state(connection, f"topic:{short}") not in (None, id_) for short, id_ in self._ids.items()):
            log.warning("the topics were made anew: the read model is filled anew")
            start_over(connection)
        elif any(self._ends_at_start[self._where[p]] < offset for p, offset in begun.items() if p in self._where):
            log.warning("a topic is shorter than what was read of it: the read model is filled anew")
            start_over(connection)
        elif begun and now_ms() - (projected_at_ms(connection) or 0) > TOMBSTONES_LAST_MS:
            log.warning("away for longer than tombstones are sure to last: contacts are read anew")
            start_contacts_over(connection)
        for short, id_ in self._ids.items():
            write_state(connection, f"topic:{short}", id_)

    async def _index_anew(self) -> None:
        """Where the model calls contacts otherwise than before, let some more of them be found by that."""
        model = self._models.scorer.model
        if model.revision != self._searched_under:
            naming = Naming.of(model.display, frozenset(model.addresses))
            await self._with_database(lambda: adopt_naming(self._engine, model.revision, naming))
            self._searched_under, self._is_indexing = model.revision, True
        if self._is_indexing:
            self._is_indexing = await self._with_database(lambda: index_some(self._engine))

    async def _tidy(self, history_ms: int) -> None:
        at_ms = now_ms()
        await self._with_database(lambda: forget_old_steps(self._engine, at_ms - history_ms))
        await self._with_database(lambda: note_alive(self._engine, at_ms))

    async def _count_stages(self) -> None:
        def count() -> Sequence[Any]:
            with reading(self._engine) as connection:
                return stages_of_all(connection)

        rows = await self._with_database(count)
        self._metrics.contacts.clear()
        for row in rows:
            self._metrics.contacts.labels(row.name, row.stage).set(row.contacts)

    async def _project(self, fetched: Mapping[Place, list[Any]]) -> None:
        began_seconds = time.monotonic()
        changes = await self._changes_of(fetched)
        reached = await self._with_database(lambda: write(self._engine, self._epoch, changes, now_ms()))
        for place, offset in reached.items():
            if offset != changes.next_offsets[place] or reached is not changes.next_offsets:
                await self._go_on_at(place, offset)
        if reached is changes.next_offsets:
            for place, records in fetched.items():
                self._metrics.projected.labels(place.topic).inc(len(records))
            self._metrics.batch_duration.observe(time.monotonic() - began_seconds)
        self.on_written()

    async def _go_on_at(self, place: Place, offset: int) -> None:
        where = self._where[place]
        if offset:
            self._consumer.seek(where, offset)
        else:
            await self._consumer.seek_to_beginning(where)

    async def _changes_of(self, fetched: Mapping[Place, list[Any]]) -> Changes:
        while True:
            try:
                return await asyncio.to_thread(changes_of, self._models.scorer, fetched, self._partitions)
            except NewerRevisionError as error:
                await self._models.wait_for(error.revision)

    async def _with_database(self, work: Callable[[], Any]) -> Any:
        """What the work returns; while the database is away it is tried again, for nothing of it was done."""
        while True:
            try:
                result = await asyncio.to_thread(work)
            except DBAPIError as error:
                if not may_come_back(error):
                    raise
                if self.has_database:
                    log.warning("the database is away (%s); trying again", type(error.orig).__name__)
                self.has_database = False
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                if not self.has_database:
                    log.info("the database is back")
                self.has_database = True
                return result

    async def _measure_behind(self) -> int:
        """How many records are to be read yet."""
        behind = 0
        for where in self._places:
            end = self._consumer.highwater(where) or self._ends_at_start[where]
            behind += max(0, end - await self._consumer.position(where))
        self._metrics.behind.set(behind)
        if not self.is_current and not behind:
            log.info("the read model is up to date")
            self.is_current = True
        return behind
