"""What the input topics still hold, since when, and the records themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from streamprocessor.contract.events.events import CONTACT_UPDATE
from streamprocessor.contract.topic_names import EVIDENCE_TRANSFERS
from streamprocessor.contract.topics.topics import Topic, inputs
from streamprocessor.kafka.admin.consumer_group import committed_offsets
from streamprocessor.kafka.admin.reconcile import Layout, end_offsets
from streamprocessor.kafka.clients import ClientSettings, new_reader
from streamprocessor.kafka.diagnosis.diagnosis import broker_error
from streamprocessor.kafka.reader import read_to
from streamprocessor.scoring.plan.plan import ANY


class Extent(NamedTuple):
    """What is retained of a topic's partition.

    first, end: offsets; records from `end` on have not been applied yet.
    since_ms: all that arrived from then on is retained; 0: all that ever came; None: that is not known.
    """

    first: int
    end: int
    since_ms: int | None

    @property
    def records(self) -> int:
        """How many records there are, at most."""
        return max(0, self.end - self.first)


def event_topics(layout: Layout) -> list[Topic]:
    """The topics that hold events."""
    return [
        topic
        for topic in inputs(layout.topics)
        if topic.schema != CONTACT_UPDATE and topic.name != EVIDENCE_TRANSFERS and topic.number is not None
    ]


def topics_with(layout: Layout, types: Iterable[str]) -> list[Topic]:
    """The topics that may hold events of these types; `any` is every type."""
    wanted = set(types)
    return [t for t in event_topics(layout) if ANY in wanted or t.event_type is None or t.event_type in wanted]


class RetainedInput:
    """The input topics of an application, as far as its workers have applied them."""

    def __init__(self, clients: ClientSettings, layout: Layout) -> None:
        """Read the application's topics."""
        self._clients, self.layout = clients, layout

    async def extents(self, topics: Iterable[Topic]) -> dict[tuple[str, int], Extent]:
        """What is retained of each partition, by the topic's short name and the partition's number."""
        names = {self.layout.full_name(topic.name): topic.name for topic in topics}
        committed = await committed_offsets(self._clients, self.layout.group)
        where = [TopicPartition(*place) for place in await end_offsets(self._clients, names)]
        consumer = new_reader(self._clients)
        try:
            await consumer.start()
            beginnings = await consumer.beginning_offsets(where)
            oldest = await consumer.offsets_for_times(dict.fromkeys(where, 0))
        except KafkaError as error:
            raise await broker_error(self._clients, error, "what input topics hold can't be asked for") from error
        finally:
            await consumer.stop()
        return {
            (names[each.topic], each.partition): _extent(
                beginnings[each], committed.get((each.topic, each.partition), 0), oldest.get(each)
            )
            for each in where
        }

    async def records(self, topic: str, partition: int, extent: Extent) -> AsyncIterator[Any]:
        """The records of the extent, in their order. topic: its short name."""
        if not extent.records:
            return
        where = TopicPartition(self.layout.full_name(topic), partition)
        consumer = new_reader(self._clients)
        try:
            await consumer.start()
            consumer.assign([where])
            consumer.seek(where, extent.first)
            async for fetched in read_to(consumer, {where: extent.end}):
                for record in fetched.get(where, ()):
                    if record.offset < extent.end:
                        yield record
        except KafkaError as error:
            raise await broker_error(self._clients, error, f"{where.topic}: can't be read") from error
        finally:
            await consumer.stop()


def retained_since_ms(extents: Mapping[tuple[str, int], Extent], topics: Iterable[Topic]) -> int | None:
    """The arrival from which on all records of these topics are retained; 0: all that ever came; None: not known."""
    names = {topic.name for topic in topics}
    sinces = [extent.since_ms for (name, _), extent in extents.items() if name in names]
    known = [since_ms for since_ms in sinces if since_ms is not None]
    return max(known, default=0) if len(known) == len(sinces) else None


def _extent(first: int, committed: int, oldest: Any) -> Extent:
    since_ms = 0 if first == 0 else None if oldest is None else int(oldest.timestamp)
    return Extent(first, max(first, committed), since_ms)
