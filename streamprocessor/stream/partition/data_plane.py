"""The worker's data plane: which partitions it owns, their lanes, what may be committed, how far time has come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping

from streamprocessor.scoring.scorer import Scorer
from streamprocessor.stream.partition.batch import Batch, InputPartition, RawRecord
from streamprocessor.stream.partition.hot_stages import HotStages
from streamprocessor.stream.partition.partition import Partition
from streamprocessor.stream.partition.task import PartitionTask
from streamprocessor.stream.partition.task_context import TaskContext


class DataPlane:
    """Partitions stay while they are owned; lanes run only between a recovery and the next revoke."""

    def __init__(self, around: TaskContext, highwater: Callable[[InputPartition], int | None]) -> None:
        self.around = around
        self.partitions: dict[int, Partition] = {}
        self.lanes: dict[int, PartitionTask] = {}
        self._positions: dict[InputPartition, int] = {}
        self._highwater = highwater
        self.closed_at_seconds: float | None = None

    def deliver(self, input_partition: InputPartition, records: list[RawRecord]) -> None:
        """Queue the next records of an input; those already queued before are passed over."""
        lane = self.lanes.get(input_partition.partition)
        if lane is None or not records:
            return
        position = self._positions.get(input_partition, 0)
        if records[0].offset < position:
            records = [record for record in records if record.offset >= position]
            if not records:
                return
        self._positions[input_partition] = records[-1].offset + 1
        lane.put(Batch(input_partition.topic_number, records))

    def start_at(self, positions: Mapping[InputPartition, int]) -> None:
        """Where reading begins after a seek."""
        self._positions = dict(positions)

    def open(self, numbers: Iterable[int]) -> None:
        """Start the lanes of recovered partitions."""
        for number in numbers:
            self.lanes[number] = PartitionTask(self.partitions[number], self.around)

    async def finish_steps(self) -> None:
        """Finish the steps in flight and begin no other; what was applied may still be committed."""
        if self.lanes:
            self.closed_at_seconds = time.monotonic()
        await asyncio.gather(*(lane.close() for lane in self.lanes.values()))

    def drop_lanes(self) -> None:
        """Forget the lanes; the partitions' records stay until the next assignment says who owns them."""
        self.lanes.clear()

    def committable(self) -> dict[InputPartition, int]:
        """The offset after the last applied record of each input partition that has one."""
        return {
            InputPartition(number, lane.partition.number): offset
            for lane in self.lanes.values()
            for number, offset in lane.applied_to.items()
        }

    def use_scorer(self, scorer: Scorer) -> None:
        """Go on under a new revision of the model."""
        self.around.scorer = scorer
        self.around.hot_stages = HotStages(scorer.model)
        for lane in self.lanes.values():
            lane.model_changed()

    def partition_time_ms(self, number: int) -> int | None:
        """Up to when nothing that has arrived is still to be scored; timers may go so far.

        The minimum over the partition's inputs of: now where one is read to its end, just before the first record that
        waits to be scored, else the last arrival. None: it is not known yet where some input ends, or nothing of its
        backlog was read.
        """
        lane = self.lanes.get(number)
        if lane is None:
            return None
        earliest_ms = int(time.time() * 1000)
        waiting = lane.waiting_since_ms()
        for topic_number in self.around.topic_names:
            end = self._highwater(InputPartition(topic_number, number))
            if end is None:
                return None
            if topic_number in waiting:
                earliest_ms = min(earliest_ms, waiting[topic_number] - 1)
            elif self._positions.get(InputPartition(topic_number, number), 0) < end:
                arrival_ms = lane.newest_arrival_ms.get(topic_number)
                if arrival_ms is None:
                    return None
                earliest_ms = min(earliest_ms, arrival_ms)
        return earliest_ms

    def lag(self) -> dict[InputPartition, int]:
        """Records of each owned input partition that are not applied yet, as far as known."""
        lags = {}
        for number, lane in self.lanes.items():
            for topic_number in self.around.topic_names:
                where = InputPartition(topic_number, number)
                end = self._highwater(where)
                if end is not None:
                    done = lane.applied_to.get(topic_number, self._positions.get(where, 0))
                    lags[where] = max(0, end - done)
        return lags
