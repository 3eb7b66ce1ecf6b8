"""Topics followed for ever outside of any consumer group, from their beginning or from an instant on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiokafka import TopicPartition

from streamprocessor.kafka.admin.reconcile import end_offsets
from streamprocessor.kafka.clients import ClientSettings, new_reader

POLL_MS = 250
MOST_RECORDS = 500


class Follower:
    """Follows one topic.

    is_current: whether all was read that the topic held when it began.
    """

    def __init__(
        self, clients: ClientSettings, topic: str, take: Callable[[Any], None], since_ms: int | None = None
    ) -> None:
        """take: called with each record, in order within a partition. since_ms: of earlier ones with none; None: all.

        topic: its full name.
        """
        self._clients, self._topic, self._take, self._since_ms = clients, topic, take, since_ms
        self.is_current = False

    async def run(self) -> None:
        """Follow for ever; raises TopicError where the topic is missing, KafkaError where it can't be read."""
        ends = {TopicPartition(*place): end for place, end in (await end_offsets(self._clients, [self._topic])).items()}
        consumer = new_reader(self._clients)
        try:
            await consumer.start()
            consumer.assign(list(ends))
            await self._seek(consumer, ends)
            while True:
                fetched = await consumer.getmany(timeout_ms=POLL_MS, max_records=MOST_RECORDS)
                for records in fetched.values():
                    for record in records:
                        self._take(record)
                if not self.is_current:
                    self.is_current = all([await consumer.position(where) >= end for where, end in ends.items()])
        finally:
            await consumer.stop()

    async def _seek(self, consumer: Any, ends: dict[TopicPartition, int]) -> None:
        if self._since_ms is None:
            await consumer.seek_to_beginning(*ends)
            return
        firsts = await consumer.offsets_for_times(dict.fromkeys(ends, self._since_ms))
        for where, first in firsts.items():
            consumer.seek(where, ends[where] if first is None else first.offset)
