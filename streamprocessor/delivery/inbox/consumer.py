"""Hot leads and what is done with them, read from Kafka from where the store says that the inbox was."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiokafka import TopicPartition

from streamprocessor.contract.topic_names import BECAME_HOT_LEAD
from streamprocessor.delivery.announcements import Announcement, read_announcement
from streamprocessor.delivery.inbox.desk import ActNews
from streamprocessor.delivery.store.store import Positions
from streamprocessor.delivery.store.store_thread import StoreThread
from streamprocessor.delivery.topic_positions import POLL_MS, new_consumer, offsets_at, refuse_made_anew, seek
from streamprocessor.errors import RecordError
from streamprocessor.inbox.acts import read_act
from streamprocessor.kafka.admin.reconcile import end_offsets
from streamprocessor.kafka.clients import ClientSettings

log = logging.getLogger(__name__)

MOST_RECORDS = 2_000
LOOKED_BACK_MS = 30 * 86_400_000
"""How far back a database that begins anew learns what was done with leads."""

_OWN = "inbox:"  # its positions stand beside those of the announcements


@dataclass
class LeadNews:
    """What came since the last time. read_to: the positions after it, as the store keeps them."""

    hot_leads: list[Announcement] = field(default_factory=list)
    acts: list[ActNews] = field(default_factory=list)
    partitions: set[int] = field(default_factory=set)
    read_to: dict[tuple[str, int], int] = field(default_factory=dict)


class LeadConsumer:
    """Reads became-hot-lead and activities, all partitions, outside of any group."""

    def __init__(self, clients: ClientSettings, announced: str, activities: str) -> None:
        """Read the topics of these full names."""
        self._clients = clients
        self._announced = announced
        self._activities = activities
        self._goal: dict[TopicPartition, int] = {}
        self._consumer = new_consumer(clients)

    async def start(self, store_thread: StoreThread, now_ms: int, since_ms: int | None = None) -> None:
        """Begin where the store says; where it does not, with hot leads to come, and with acts of the last 30 days.

        since_ms: hot leads from then on are taken, too. Raises TopicError where a topic is missing, OperatorError where
        one is not the one that was read before.
        """
        topics = (self._announced, self._activities)
        ends = await end_offsets(self._clients, topics)
        known = _own(await store_thread.ask(lambda store: store.positions()))
        await self._consumer.start()
        begins = dict(ends)
        for topic, from_ms in ((self._announced, since_ms), (self._activities, now_ms - LOOKED_BACK_MS)):
            if from_ms is not None:
                begins |= await offsets_at(self._consumer, [place for place in ends if place[0] == topic], from_ms)
        refuse_made_anew(known, ends)
        begins |= {place: offset for place, offset in known.items() if place in ends}
        kept = {(f"{_OWN}{topic}", partition): offset for (topic, partition), offset in begins.items()}
        await store_thread.ask(lambda store: store.queue([], kept))
        seek(self._consumer, begins)

    async def poll(self) -> LeadNews:
        """What came; nothing where nothing came for a while."""
        news = LeadNews()
        fetched: Mapping[TopicPartition, list[Any]] = await self._consumer.getmany(
            timeout_ms=POLL_MS, max_records=MOST_RECORDS
        )
        for where, records in fetched.items():
            news.read_to[f"{_OWN}{where.topic}", where.partition] = records[-1].offset + 1
            if where.topic == self._announced:
                news.partitions.add(where.partition)
                news.hot_leads += _hot_leads_in(records)
            else:
                news.acts += _acts_in(records)
        return news

    async def is_current(self) -> bool:
        """Whether all is read that Kafka was known to have when this was first asked since it last was so.

        What comes meanwhile is not waited for: where something always comes, it would never be so.
        """
        if not self._goal:
            ends = {where: self._consumer.highwater(where) for where in self._consumer.assignment()}
            if None in ends.values():
                return False
            self._goal = {where: end for where, end in ends.items() if end is not None}
        for where, end in self._goal.items():
            if end > await self._consumer.position(where):
                return False
        self._goal = {}
        return True

    async def stop(self) -> None:
        """Stop reading."""
        await self._consumer.stop()


def _own(positions: Positions) -> dict[tuple[str, int], int]:
    return {
        (topic.removeprefix(_OWN), partition): offset
        for (topic, partition), offset in positions.items()
        if topic.startswith(_OWN)
    }


def _hot_leads_in(records: Iterable[Any]) -> Iterable[Announcement]:
    for record in records:
        try:
            yield read_announcement(BECAME_HOT_LEAD, record.value or b"", record.headers)
        except RecordError as error:
            place = f"{record.topic} {record.partition}:{record.offset}"
            log.warning("%s: no hot lead of ours, skipped: %s", place, error.reason)


def _acts_in(records: Iterable[Any]) -> Iterable[ActNews]:
    for record in records:
        contact_id = (record.key or b"").decode("utf-8", "replace")
        act = read_act(contact_id, record.value, record.headers, record.timestamp) if contact_id else None
        if act is not None:
            yield ActNews(contact_id, act, record.timestamp)
