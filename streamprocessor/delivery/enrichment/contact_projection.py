"""The contacts' changelog, projected into delivery's database for as long as a subscription asks about contacts."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError
from sqlalchemy import Connection

from streamprocessor.contract.changelog.entry import RESERVED
from streamprocessor.delivery.contacts import UNKNOWN_CONTACT, ContactFacts
from streamprocessor.delivery.enrichment.contact_context import contact_facts_of
from streamprocessor.delivery.metrics import Metrics
from streamprocessor.delivery.store.contact_rows import (
    ProjectionState,
    begin_anew,
    note_alive,
    read_projection_state,
    write_contacts,
)
from streamprocessor.delivery.store.store import read_positions, write_positions
from streamprocessor.delivery.store.store_thread import StoreThread
from streamprocessor.errors import BrokerAwayError, MustRestartError
from streamprocessor.kafka.admin.reconcile import TOMBSTONES_LAST_MS, end_offsets, topic_ids
from streamprocessor.kafka.clients import ClientSettings, new_reader
from streamprocessor.kafka.partitioner import is_misplaced
from streamprocessor.process.clock import now_ms

log = logging.getLogger(__name__)

POLL_MS = 250
MOST_RECORDS = 2_000
PATIENCE_SECONDS = 60.0
ALIVE_SECONDS = 600.0


class ContactProjection:
    """Projects the attributes that subscriptions ask for, as the changelog has them, and nothing while none asks."""

    def __init__(
        self, clients: ClientSettings, topic: str, store_thread: StoreThread, metrics: Metrics, *, everybody: bool
    ) -> None:
        """Follow the topic of that full name. everybody: have rows of plain contacts, too, as the inbox asks."""
        self._clients = clients
        self._everybody = everybody
        self._topic = topic
        self._store_thread = store_thread
        self._metrics = metrics
        self._asked_attributes: frozenset[str] | None = None
        self._stored_attributes: frozenset[str] | None = None
        self._reached: dict[int, int] = {}
        self._ends_at_start: dict[int, int] = {}
        self._partitions = 1
        self._consumer: AIOKafkaConsumer | None = None
        self._asker: AIOKafkaConsumer | None = None
        self._wake = asyncio.Event()
        self._progress = asyncio.Condition()
        self._alive_seconds = float("-inf")

    def want(self, attributes: frozenset[str] | None) -> None:
        """Project these attributes of contacts, and whether they are suppressed; None: nothing of anybody.

        What is kept besides goes at the next start.
        """
        self._asked_attributes = attributes
        self._wake.set()

    async def run(self) -> None:
        """Follow for ever, while somebody asks.

        Raises:
            TopicError: the changelog is missing.
            OperatorError: a newer program wrote it.
            MustRestartError: Kafka or the database can't be used.
        """
        if self._asked_attributes is None:
            await self._store_thread.ask(lambda store: store.within(lambda rows: begin_anew(rows, self._topic, None)))
        while True:
            attributes = self._asked_attributes
            if attributes is None:
                await self._end()
                self._wake.clear()
                await self._wake.wait()
            elif self._stored_attributes is None or not attributes <= self._stored_attributes:
                await self._begin(attributes)
            else:
                await self._read()

    async def caught_up(self, attributes: frozenset[str], partitions: Collection[int]) -> None:
        """Return once all is kept that these partitions hold at this instant.

        The changelog of a step is in Kafka before its announcements, so whoever has one of them knows its contact then.
        Raises MustRestartError where the changelog can't be read though Kafka is there.
        """
        if self._asked_attributes is None or not attributes <= self._asked_attributes:
            self.want(attributes | (self._asked_attributes or frozenset()))
        with self._metrics.people_wait.time():
            await self._until(lambda: self._stored_attributes is not None and attributes <= self._stored_attributes)
            ends = await self._ends(partitions)
            await self._until(lambda: all(self._reached.get(number, 0) >= end for number, end in ends.items()))

    def missing(self) -> list[str]:
        """In words, how much of the changelog is still to be read before anybody is known."""
        if self._asked_attributes is None:
            return []
        behind = sum(max(end - self._reached.get(number, 0), 0) for number, end in self._ends_at_start.items())
        if self._stored_attributes is not None and not behind:
            return []
        return [f"the contacts' changelog is being read: {behind} records to go"]

    async def stop(self) -> None:
        """Stop reading."""
        for consumer in (self._consumer, self._asker):
            if consumer is not None:
                await consumer.stop()

    async def _begin(self, attributes: frozenset[str]) -> None:
        """Go on where the rows are up to date; where they can't be, or lack something, make them anew."""
        await self._end()
        try:
            ends = {number: end for (_, number), end in (await end_offsets(self._clients, [self._topic])).items()}
            topic_id = (await topic_ids(self._clients, [self._topic]))[self._topic]
        except BrokerAwayError as error:
            message = f"delivery: {error}"
            raise MustRestartError(message) from error
        self._consumer, self._asker = new_reader(self._clients), new_reader(self._clients)
        await self._consumer.start()
        await self._asker.start()
        offsets = await self._store_thread.ask(
            lambda store: store.within(
                lambda rows: self._start_offsets(
                    rows, ProjectionState(attributes, topic_id, now_ms(), self._everybody), ends
                )
            )
        )
        places = [TopicPartition(self._topic, number) for number in ends]
        self._asker.assign(places)
        self._asker.pause(*places)  # it is only asked where they end
        self._consumer.assign(places)
        for where in places:
            if where.partition in offsets:
                self._consumer.seek(where, offsets[where.partition])
            else:
                await self._consumer.seek_to_beginning(where)
        self._ends_at_start, self._partitions = ends, len(ends)
        self._stored_attributes = attributes
        await self._note_reached(self._consumer)

    def _start_offsets(self, rows: Connection, now: ProjectionState, ends: Mapping[int, int]) -> dict[int, int]:
        """Where each partition is read on; none: all are read anew."""
        before = read_projection_state(rows)
        offsets = {number: offset for (topic, number), offset in read_positions(rows).items() if topic == self._topic}
        is_away = before is not None and now.alive_ms - before.alive_ms > TOMBSTONES_LAST_MS
        is_same = before is not None and before._replace(alive_ms=0) == now._replace(alive_ms=0)
        if is_same and not is_away and all(offset <= ends.get(number, 0) for number, offset in offsets.items()):
            return offsets
        log.info("people are read anew from the contacts' changelog")
        begin_anew(rows, self._topic, now)
        return {}

    async def _end(self) -> None:
        """Stop following; where nobody asks any more, forget all."""
        await self.stop()
        self._consumer = self._asker = None
        self._reached, self._ends_at_start = {}, {}
        if self._stored_attributes is not None and self._asked_attributes is None:
            await self._store_thread.ask(lambda store: store.within(lambda rows: begin_anew(rows, self._topic, None)))
        self._stored_attributes = None

    async def _read(self) -> None:
        consumer, attributes = self._consumer, self._stored_attributes
        assert consumer is not None
        assert attributes is not None
        fetched = await consumer.getmany(timeout_ms=POLL_MS, max_records=MOST_RECORDS)
        if fetched:
            await self._store_thread.ask(lambda store: store.within(lambda rows: self._take(rows, fetched, attributes)))
        is_current = not await self._note_reached(consumer)
        if is_current and time.monotonic() - self._alive_seconds > ALIVE_SECONDS:
            self._alive_seconds = time.monotonic()
            await self._store_thread.ask(lambda store: store.within(lambda rows: note_alive(rows, now_ms())))

    def _take(self, rows: Connection, fetched: Mapping[TopicPartition, list[Any]], attributes: frozenset[str]) -> None:
        contacts: dict[str, ContactFacts] = {}
        for record in (record for records in fetched.values() for record in records):
            if not record.key or record.key.startswith(RESERVED):
                continue
            if not is_misplaced(record.key, record.partition, self._partitions):
                facts = contact_facts_of(record.value, attributes)
                is_told = self._everybody or not facts.is_plain
                contacts[record.key.decode("utf-8", "replace")] = facts if is_told else UNKNOWN_CONTACT
        write_contacts(rows, contacts)
        read_to = {(where.topic, where.partition): records[-1].offset + 1 for where, records in fetched.items()}
        write_positions(rows, read_to)

    async def _note_reached(self, consumer: AIOKafkaConsumer) -> int:
        """How many records are still to be read, as far as is known."""
        behind = 0
        for where in consumer.assignment():
            self._reached[where.partition] = await consumer.position(where)
            behind += max((consumer.highwater(where) or 0) - self._reached[where.partition], 0)
        self._metrics.people_behind.set(behind)
        async with self._progress:
            self._progress.notify_all()
        return behind

    async def _ends(self, partitions: Iterable[int]) -> dict[int, int]:
        """The ends of these partitions as they are now; asked again while Kafka is away."""
        places = [TopicPartition(self._topic, number) for number in partitions]
        while True:
            asker = self._asker  # not the one that reads: Kafka would answer it only once its fetch has ended
            assert asker is not None
            try:
                return {where.partition: end for where, end in (await asker.end_offsets(places)).items()}
            except (KafkaTimeoutError, KafkaConnectionError) as error:
                log.warning("Kafka does not say where the contacts' changelog ends (%s); asking again", error)

    async def _until(self, is_so: Callable[[], bool]) -> None:
        """Return once it is so; raises MustRestartError where reading does not go on though Kafka answers."""
        while not is_so():
            before = dict(self._reached)
            try:
                async with asyncio.timeout(PATIENCE_SECONDS), self._progress:
                    await self._progress.wait_for(is_so)
            except TimeoutError as error:
                if self._reached == before and self._asker is not None:
                    await self._ends(before)
                    if self._reached == before:
                        message = f"{self._topic}: wanted to read on; got nothing for {PATIENCE_SECONDS:.0f} s"
                        raise MustRestartError(message) from error
