"""The worker's data plane: partitions and their tasks, how far each input was read, how far time has come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from streamprocessor.scoring.scorer import Scorer
from streamprocessor.stream.partition.batch import Batch, InputPartition, RawRecord
from streamprocessor.stream.partition.hot_stages import HotStages
from streamprocessor.stream.partition.partition import Partition
from streamprocessor.stream.partition.task import PartitionTask
from streamprocessor.stream.partition.task_context import TaskContext


class Fetched(NamedTuple):
    """What one fetch brought of an input partition.

    generation: the data plane's fetch generation when it was fetched.
    records: in order of offset, never empty.
    """

    generation: int
    records: list[RawRecord]


class DataPlane:
    """Partitions stay while they are owned; tasks run only between a recovery and the next revoke.

    context: what all tasks share.
    partitions: those that are owned, by number.
    tasks: of the recovered ones, by number.
    fetch_generation: rises with each seek and each revoke. What was fetched before is then fetched once more, and
        taking it twice would pass over what lies between.
    closed_at_seconds: when the tasks were closed last, on the monotonic clock; None: never.
    """

    def __init__(self, context: TaskContext) -> None:
        self.context = context
        self.partitions: dict[int, Partition] = {}
        self.tasks: dict[int, PartitionTask] = {}
        self.fetch_generation = 0
        self.closed_at_seconds: float | None = None
        self._positions: dict[InputPartition, int] = {}

    def deliver(self, where: InputPartition, fetched: Fetched, acknowledge: Callable[[], object]) -> None:
        """Queue the next records of an input; those already queued before are passed over.

        acknowledge: called once their micro-batch is acknowledged; never for records that are passed over or dropped.
        """
        task = self.tasks.get(where.partition)
        if task is None or fetched.generation != self.fetch_generation:
            return
        records = fetched.records
        position = self._positions.get(where, 0)
        if records[0].offset < position:
            records = [record for record in records if record.offset >= position]
            if not records:
                return
        self._positions[where] = records[-1].offset + 1
        task.put(Batch(where.topic_number, records), acknowledge)

    def start_at(self, positions: Mapping[InputPartition, int]) -> None:
        """Read on from these offsets, after a seek."""
        self.fetch_generation += 1
        self._positions = dict(positions)

    def hold(self, numbers: Iterable[int], new_partition: Callable[[int], Partition]) -> None:
        """Hold exactly these partitions: those that were held stay as they are, others are new, to be recovered."""
        self.partitions = {number: self.partitions.get(number) or new_partition(number) for number in numbers}

    def open(self, numbers: Iterable[int]) -> None:
        """Start the tasks of recovered partitions."""
        for number in numbers:
            self.tasks[number] = PartitionTask(self.partitions[number], self.context, self)

    async def finish_microbatches(self) -> None:
        """Finish the micro-batches in flight and begin no other; what was applied may still be committed."""
        if self.tasks:
            self.closed_at_seconds = time.monotonic()
        await asyncio.gather(*(task.close() for task in self.tasks.values()))

    def drop_tasks(self) -> None:
        """Forget the tasks; the partitions' records stay until the next assignment says who owns them."""
        self.fetch_generation += 1
        self.tasks.clear()

    def use_scorer(self, scorer: Scorer) -> None:
        """Go on under a new revision of the model."""
        self.context.scorer = scorer
        self.context.hot_stages = HotStages(scorer.model)
        self.context.metrics.use_model(scorer.model)
        for task in self.tasks.values():
            task.model_changed()

    def longest_microbatch_seconds(self) -> float:
        """What a micro-batch of one partition may take, so that the stamps of all others stay young enough."""
        return self.context.lease.stamp_lasts_seconds / (len(self.tasks) + 2)

    def partition_time_ms(self, number: int) -> int | None:
        """Up to when nothing that has arrived is still to be scored; timers may go so far.

        The minimum over the partition's inputs of: now where one is read to its end, just before the first record that
        waits to be scored, else the last arrival. None: it is not known yet where some input ends, or nothing of its
        backlog was read.
        """
        task = self.tasks.get(number)
        if task is None:
            return None
        earliest_ms = int(time.time() * 1000)
        waiting = task.waiting_since_ms()
        for topic_number in self.context.topic_names:
            where = InputPartition(topic_number, number)
            end = self.context.consumer.highwater(where)
            if end is None:
                return None
            if topic_number in waiting:
                earliest_ms = min(earliest_ms, waiting[topic_number] - 1)
            elif self._positions.get(where, 0) < end:
                arrival_ms = task.newest_arrival_ms.get(topic_number)
                if arrival_ms is None:
                    return None
                earliest_ms = min(earliest_ms, arrival_ms)
        return earliest_ms

    def lag(self) -> dict[InputPartition, int]:
        """Records of each owned input partition that are not applied yet, as far as known."""
        lags = {}
        for number, task in self.tasks.items():
            for topic_number in self.context.topic_names:
                where = InputPartition(topic_number, number)
                end = self.context.consumer.highwater(where)
                if end is not None:
                    applied = task.applied_to.get(topic_number, self._positions.get(where, 0))
                    lags[where] = max(0, end - applied)
        return lags
