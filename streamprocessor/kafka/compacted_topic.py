"""A compacted topic of one partition, such as models or subscriptions: read whole at start, then followed."""

from __future__ import annotations

from typing import Any

from aiokafka import TopicPartition

from streamprocessor.kafka.reader import POLL_MS, read_to


class CompactedTopic:
    """Reads the topic's records in order."""

    def __init__(self, topic: str, consumer: Any) -> None:
        """Read the topic by an aiokafka consumer without a group, not started."""
        self.topic = topic
        self._where = TopicPartition(topic, 0)
        self._consumer = consumer

    async def start(self) -> list[Any]:
        """All records that the topic holds by now."""
        await self._consumer.start()
        self._consumer.assign([self._where])
        await self._consumer.seek_to_beginning(self._where)
        ends = await self._consumer.end_offsets([self._where])
        return [record async for fetched in read_to(self._consumer, ends) for record in fetched.get(self._where, ())]

    async def poll(self) -> list[Any]:
        """The records that came since; none, after a while, where none came."""
        fetched = await self._consumer.getmany(timeout_ms=POLL_MS)
        return [record for records in fetched.values() for record in records]

    async def stop(self) -> None:
        """Stop reading."""
        await self._consumer.stop()
