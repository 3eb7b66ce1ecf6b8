"""Reading the changelog into partitions of the table: a consumer of its own, whole batches, from where each stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aiokafka import TopicPartition

from streamprocessor.bundled_files import backup_document
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.reader import read_to
from streamprocessor.stream.partition.hot_stages import HotStages
from streamprocessor.stream.partition.partition import Partition

POLL_MS = 200


class ChangelogReader:
    """Brings partitions up to the changelog's end."""

    def __init__(self, topic: str, new_consumer: Callable[[], Any], remaining: Callable[[int], None]) -> None:
        """Read the topic.

        new_consumer: makes an unstarted aiokafka one without a group. remaining: called with the offsets to go.
        """
        self._topic = topic
        self._new_consumer = new_consumer
        self._remaining = remaining

    async def catch_up(self, partitions: Mapping[int, Partition], stages: HotStages) -> None:
        """Apply all that stands in the changelog after each partition's offset.

        Raises:
            OperatorError: the changelog is shorter than what a partition has read: it is another topic by now.
        """
        consumer = self._new_consumer()
        try:
            await consumer.start()
            positions = {TopicPartition(self._topic, number): partition for number, partition in partitions.items()}
            consumer.assign(list(positions))
            ends = await consumer.end_offsets(list(positions))
            behind = {}
            for where, partition in positions.items():
                self._refuse_shorter(where, partition, ends[where])
                if partition.changelog_offset < ends[where]:
                    consumer.seek(where, partition.changelog_offset)
                    behind[where] = partition
                else:
                    consumer.pause(where)
            await self._read(consumer, behind, ends)
        finally:
            await consumer.stop()
        for partition in partitions.values():
            partition.finish_recovery(stages)

    def _refuse_shorter(self, where: TopicPartition, partition: Partition, end: int) -> None:
        if partition.changelog_offset > end:
            message = (
                f"{where.topic}[{where.partition}] ends at {end}, but {partition.changelog_offset} was read before: "
                "the changelog was deleted or made anew; stop all workers, and run `streamprocessor rebuild "
                f"--from-backup FILE`, or without one `--from-inputs` ({backup_document()})"
            )
            raise OperatorError(message)

    async def _read(self, consumer: Any, behind: Mapping[Any, Partition], ends: Mapping[Any, int]) -> None:
        async for fetched in read_to(consumer, {where: ends[where] for where in behind}, POLL_MS):
            for where, entries in fetched.items():
                behind[where].read_changelog(entries)
            for where, partition in behind.items():
                partition.note_read_to(await consumer.position(where))
            self._remaining(
                sum(max(ends[where] - partition.changelog_offset, 0) for where, partition in behind.items())
            )
