"""Announcements read from Kafka, from where the store says that delivery was."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from typing import Any

from aiokafka import TopicPartition

from streamprocessor.contract.topic_names import SCORE_UPDATED
from streamprocessor.delivery.announcements import Announcement, read_announcement
from streamprocessor.delivery.dispatch.dispatchers import Dispatchers
from streamprocessor.delivery.metrics import Metrics
from streamprocessor.delivery.store.store_thread import StoreThread
from streamprocessor.delivery.topic_positions import POLL_MS, new_consumer, offsets_at, refuse_made_anew, seek
from streamprocessor.errors import RecordError
from streamprocessor.kafka.admin.reconcile import end_offsets
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.partitioner import is_misplaced
from streamprocessor.process.clock import now_ms

log = logging.getLogger(__name__)

SILENCE_MS = 5_000
MOST_RECORDS = 2_000


class AnnouncementConsumer:
    """Reads both announcement topics, all partitions, outside of any group: the store holds the positions."""

    def __init__(self, clients: ClientSettings, topics: Mapping[str, str], metrics: Metrics) -> None:
        """Read these topics: the events' short names, by the topics' full names."""
        self._clients = clients
        self._topics = topics
        self._metrics = metrics
        self._started_ms = 0
        self._partitions: Counter[str] = Counter()
        self._consumer = new_consumer(clients)

    async def start(self, store_thread: StoreThread, since_ms: int | None = None) -> None:
        """Begin where the store says; a partition that it does not know begins at its present end, which is kept.

        since_ms: what was announced from then on in partitions that it does not know is offered, too; None: nothing.

        Raises TopicError where a topic is missing, OperatorError where one is not the one that
        was read before.
        """
        ends = await end_offsets(self._clients, self._topics)
        known = await store_thread.ask(lambda store: store.positions())
        first = {where: end for where, end in ends.items() if where not in known}
        await self._consumer.start()
        if since_ms is not None and first:
            first |= await offsets_at(self._consumer, first, since_ms)
        refuse_made_anew(known, ends)
        self._partitions = Counter(topic for topic, _ in ends)
        await store_thread.ask(lambda store: store.queue([], first))
        seek(self._consumer, {where: known.get(where, first.get(where, 0)) for where in ends})
        self._started_ms = now_ms()

    async def run(self, dispatchers: Dispatchers) -> None:
        """Offer what comes, for ever."""
        while True:
            fetched = await self._consumer.getmany(timeout_ms=POLL_MS, max_records=MOST_RECORDS)
            if fetched:
                await self._offer(fetched, dispatchers)

    def missing(self) -> list[str]:
        """In words, how many partitions Kafka has not answered for lately."""
        partitions = self._consumer.assignment()
        answered_ms = [self._consumer.last_poll_timestamp(where) or self._started_ms for where in partitions]
        silent = [at_ms for at_ms in answered_ms if now_ms() - at_ms > SILENCE_MS]
        if not silent:
            return []
        seconds = (now_ms() - min(silent)) / 1000
        return [f"Kafka: {len(silent)} of {len(partitions)} partitions have not been read for {seconds:.0f} s"]

    async def stop(self) -> None:
        """Stop reading."""
        await self._consumer.stop()

    async def _offer(self, fetched: Mapping[TopicPartition, list[Any]], dispatchers: Dispatchers) -> None:
        announcements: list[Announcement] = []
        erased: list[str] = []
        for where, records in fetched.items():
            event = self._topics[where.topic]
            for record in records:
                if record.value is None and event == SCORE_UPDATED and record.key is not None:
                    if is_misplaced(record.key, where.partition, self._partitions[where.topic]):
                        continue  # it was handed over to where it belongs
                    contact_id = record.key.decode("utf-8", "replace")
                    erased.append(contact_id)
                    announcements = [
                        announcement for announcement in announcements if announcement.contact_id != contact_id
                    ]
                else:
                    announcements += self._read(event, record)
        read_to = {(where.topic, where.partition): records[-1].offset + 1 for where, records in fetched.items()}
        await dispatchers.offer(announcements, erased, read_to)

    def _read(self, event: str, record: Any) -> list[Announcement]:
        try:
            return [read_announcement(event, record.value or b"", record.headers)]
        except RecordError as error:
            self._metrics.skipped.inc()
            place = f"{record.topic} {record.partition}:{record.offset}"
            log.warning("%s: no announcement of ours, skipped: %s", place, error.reason)
            return []
