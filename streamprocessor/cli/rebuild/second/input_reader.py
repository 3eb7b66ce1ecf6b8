"""Input topics read partition by partition in the order of arrival, from where the last reading ended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from operator import attrgetter
from typing import Any

from aiokafka import TopicPartition

from streamprocessor.kafka.clients import ClientSettings, new_reader
from streamprocessor.kafka.reader import POLL_MS

Places = Mapping[tuple[str, int], int]
"""An offset of each topic's partition, by the topic's full name."""

_ARRIVAL = attrgetter("timestamp")


async def in_order_of_arrival(clients: ClientSettings, starts: Places, ends: Places) -> AsyncIterator[list[Any]]:
    """The records between starts and ends, some at a time: none arrived before one of those that came before.

    Both are of one partition number. What compaction or retention removed meanwhile is passed over.
    """
    left = {TopicPartition(*place): end for place, end in ends.items() if starts[place] < end}
    if not left:
        return
    waiting: dict[TopicPartition, list[Any]] = {where: [] for where in left}
    consumer = new_reader(clients)
    await consumer.start()
    try:
        consumer.assign(list(left))
        for where in left:
            consumer.seek(where, starts[where.topic, where.partition])
        while left:
            for where, records in (await consumer.getmany(*_without_any(waiting, left), timeout_ms=POLL_MS)).items():
                waiting[where] += [record for record in records if record.offset < ends[where.topic, where.partition]]
            left = {where: end for where, end in left.items() if await consumer.position(where) < end}
            ready = _take_ready(waiting, left)
            if ready:
                yield ready
    finally:
        await consumer.stop()


def _without_any(waiting: Mapping[TopicPartition, list[Any]], left: Mapping[TopicPartition, int]) -> list[Any]:
    """The partitions to fetch of: those of which no record waits, so that none runs ahead of the others."""
    return [where for where in left if not waiting[where]]


def _take_ready(waiting: dict[TopicPartition, list[Any]], left: Mapping[TopicPartition, int]) -> list[Any]:
    """Take those before which nothing can arrive any more from a partition that was not read to its end."""
    if any(not waiting[where] for where in left):
        return []
    until_ms = min((waiting[where][-1].timestamp for where in left), default=None)
    ready: list[Any] = []
    for where, records in waiting.items():
        count = sum(until_ms is None or record.timestamp <= until_ms for record in records)
        ready += records[:count]
        waiting[where] = records[count:]
    return sorted(ready, key=_ARRIVAL)
