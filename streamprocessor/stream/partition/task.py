"""One task and one queue a partition number: micro-batches of input and of timers, strictly one after the other."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator

from streamprocessor.errors import MustRestartError, NewerModelNeededError
from streamprocessor.process.logs.context import batch_name
from streamprocessor.stream.partition.batch import Batch, QueuedBatch, by_contact
from streamprocessor.stream.partition.microbatch import (
    Microbatch,
    MicrobatchContext,
    score_batches,
)
from streamprocessor.stream.partition.microbatch_result import MicrobatchResult
from streamprocessor.stream.partition.microbatch_size import PIECE_RECORDS, MicrobatchSize, slices
from streamprocessor.stream.partition.partition import Partition
from streamprocessor.stream.partition.stored_contacts import hand_over_misplaced, migrate_to_model, score_due
from streamprocessor.stream.partition.task_context import PartitionTimes, TaskContext

log = logging.getLogger(__name__)

#: Records that are scored before others have their turn: other tasks, requests for health, the client.
RECORDS_AT_ONCE = 500
#: A queue longer than this pauses its partition, one shorter than RESUME_BELOW resumes it.
PAUSE_ABOVE = 60_000
RESUME_BELOW = 40_000
#: How soon to look again at timers that partition time held back.
HELD_BACK_SECONDS = 0.1
#: How long a closing task may take to say that it owes nothing.
LAST_MARKER_SECONDS = 2.0
#: Contacts looked at by time, or brought to a new model, in one micro-batch.
SLICE = 2_000


class PartitionTask:
    """Makes the micro-batches of one owned and recovered partition.

    applied_to: the offset after the last applied record, by topic number, of those that one was applied of.
    newest_arrival_ms: when that record arrived, by topic number.
    """

    def __init__(self, partition: Partition, context: TaskContext, times: PartitionTimes) -> None:
        self.partition = partition
        self.applied_to: dict[int, int] = {}
        self.newest_arrival_ms: dict[int, int] = {}
        self._context = context
        self._times = times
        self._queue: deque[QueuedBatch] = deque()
        self._queued = 0
        self._paused = False
        self._size = MicrobatchSize(begins_small=partition.was_interrupted)
        self._wake = asyncio.Event()
        self._to_migrate: Iterator[bytes] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._working = asyncio.Lock()
        self._closed = False
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"partition-{partition.number}")
        self.model_changed()

    def waiting_since_ms(self) -> dict[int, int]:
        """The arrival of the first record handed over and not yet applied, by topic number."""
        waiting: dict[int, int] = {}
        for batch, _ in self._queue:
            waiting.setdefault(batch.topic_number, batch.records[0].timestamp)
        return waiting

    def put(self, batch: Batch, acknowledge: Callable[[], object]) -> None:
        """Hand over the next records of one input topic; acknowledge is called once their micro-batch is."""
        *others, last = batch.pieces(PIECE_RECORDS)
        self._queue += [*(QueuedBatch(piece, None) for piece in others), QueuedBatch(last, acknowledge)]
        self._queued += len(batch.records)
        if self._queued > PAUSE_ABOVE and not self._paused:
            self._paused = True
            self._context.consumer.pause(self.partition.number)
        self._wake.set()

    def model_changed(self) -> None:
        """Bring every contact to the scorer's revision, a slice at a time, between the other micro-batches."""
        if self.partition.oldest_revision < self._context.scorer.model.revision:
            self._to_migrate = iter(list(self.partition.records))
        self._wake.set()

    async def close(self) -> None:
        """Finish the micro-batch in flight, drop what is queued, and end; the next owner has nothing to send again."""
        self._closed = True
        self._queue.clear()
        self._queued = 0
        if self._alarm is not None:
            self._alarm.cancel()
        async with self._working:
            self._task.cancel()
            if self.partition.marked_microbatch < self.partition.microbatch:
                # Without the marker the next owner sends the last micro-batch's announcements once more: no loss.
                with contextlib.suppress(MustRestartError, TimeoutError):
                    async with asyncio.timeout(LAST_MARKER_SECONDS):
                        await self._write_marker()

    async def _write_marker(self) -> None:
        stamp_ms = await self._context.lease.stamp(self.partition.stamp_ms)
        await self._context.outbox.write_marker(self.partition, stamp_ms)

    async def _run(self) -> None:
        batch_name.set(lambda: f"{self.partition.number}:{self.partition.microbatch}")
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                busy = True
                while busy and not self._closed:
                    busy = await self._work_once()
                    await asyncio.sleep(0)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - nothing of this partition may go on after a failed one
            self._context.give_up(error)

    async def _work_once(self) -> bool:
        """Make one micro-batch of each kind that is due, so that none starves; False: nothing is left to do now."""
        try:
            await self._write_tombstones()
            handed_over = await self._hand_over_some()
            scored = await self._score_queued()
            timed = await self._score_due()
            migrated = await self._migrate_some()
        except NewerModelNeededError as needed:
            await self._context.newer_model(needed.revision)
            return True
        return handed_over or scored or timed or migrated

    async def _score_queued(self) -> bool:
        if not self._queue:
            return False
        async with self._context.one_at_a_time if self._queued > RECORDS_AT_ONCE else contextlib.nullcontext():
            stamp_ms = await self._context.lease.stamp(self.partition.stamp_ms)
            started, context = time.perf_counter(), self._context.microbatch_context(self.partition)
            queued = self._next(stamp_ms)
            batches = [batch for batch, _ in queued]
            result = await self._score(context, batches)
        async with self._working:
            if self._closed:
                return False
            await self._carry_out(result, context.scorer.model.revision, stamp_ms, started)
            self._applied(queued)
            self._context.metrics.count_input(batches, result)
        share = (time.perf_counter() - started) / self._context.lease.stamp_lasts_seconds
        self._size.learn_acknowledged(sum(len(batch.records) for batch in batches), share)
        return True

    def _next(self, now_ms: int) -> list[QueuedBatch]:
        """The batches of the next micro-batch; they stay queued until it is acknowledged."""
        behind_ms = max((now_ms - since_ms for since_ms in self.waiting_since_ms().values()), default=0)
        most = self._size.most_records(behind_ms / 1000, self._times.longest_microbatch_seconds())
        queued: list[QueuedBatch] = []
        size = 0
        for each in self._queue:
            size += len(each.batch.records)
            if queued and size > most:
                break
            queued.append(each)
        return queued

    async def _score(self, context: MicrobatchContext, batches: list[Batch]) -> MicrobatchResult:
        """What the batches make: a few records at once, of many a slice, and then others have their turn.

        Nothing is done yet, so a task that closes meanwhile just drops it.
        """
        partition = self.partition
        size = sum(len(batch.records) for batch in batches)
        began = time.perf_counter()
        if size <= RECORDS_AT_ONCE:
            return score_batches(context, partition.records, batches)
        microbatch = Microbatch(context, partition.records)
        arrived = by_contact(batches)
        seconds = time.perf_counter() - began
        for first, last in slices(arrived, RECORDS_AT_ONCE):
            await asyncio.sleep(0)
            began = time.perf_counter()
            microbatch.add(arrived[first:last])
            seconds += time.perf_counter() - began
        self._size.learn(size, seconds)
        return microbatch.result

    def _applied(self, queued: list[QueuedBatch]) -> None:
        for batch, acknowledge in queued:
            if self._queue and self._queue[0].batch is batch:
                self._queue.popleft()
                self._queued -= len(batch.records)
            self.applied_to[batch.topic_number] = batch.next_offset
            self.newest_arrival_ms[batch.topic_number] = batch.records[-1].timestamp
            if acknowledge is not None:
                acknowledge()
        if self._paused and self._queued < RESUME_BELOW:
            self._paused = False
            self._context.consumer.resume(self.partition.number)

    async def _score_due(self) -> bool:
        until_ms = self._times.partition_time_ms(self.partition.number)
        due_at_ms = self.partition.timers.next_at_ms()
        if due_at_ms is None or until_ms is None or due_at_ms > until_ms:
            self._set_alarm(due_at_ms)
            return False
        stamp_ms = await self._context.lease.stamp(self.partition.stamp_ms)
        async with self._working:
            if self._closed:
                return False
            started, context = time.perf_counter(), self._context.microbatch_context(self.partition)
            due = self.partition.timers.take_due(until_ms, SLICE)
            try:
                result, later = score_due(context, self.partition.records, due, until_ms)
            except NewerModelNeededError:
                for key in due:
                    self.partition.timers.arm(key, due_at_ms)
                raise
            for key, at_ms in later:
                self.partition.timers.arm(key, at_ms)
            await self._carry_out(result, context.scorer.model.revision, stamp_ms, started)
            self._context.metrics.count_timers(len(due), result)
        return True

    def _set_alarm(self, due_at_ms: int | None) -> None:
        """Wake when the next window ends; what partition time holds back is looked at again soon."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if due_at_ms is not None:
            delay_seconds = max(HELD_BACK_SECONDS, due_at_ms / 1000 - time.time())
            self._alarm = asyncio.get_running_loop().call_later(delay_seconds, self._wake.set)

    async def _migrate_some(self) -> bool:
        if self._to_migrate is None:
            return False
        keys = [key for key, _ in zip(self._to_migrate, range(SLICE), strict=False)]
        if not keys:
            self._to_migrate = None
            self.partition.note_migrated(self._context.scorer.model.revision)
            return False
        stamp_ms = await self._context.lease.stamp(self.partition.stamp_ms)
        async with self._working:
            if self._closed:
                return False
            started, context = time.perf_counter(), self._context.microbatch_context(self.partition)
            result = migrate_to_model(context, self.partition.records, keys, stamp_ms)
            await self._carry_out(result, context.scorer.model.revision, stamp_ms, started)
            self._context.metrics.count_timers(0, result)
        return True

    async def _hand_over_some(self) -> bool:
        """Bring contacts that do not belong here to where they do; programs before this one scored them here."""
        if not self.partition.misplaced:
            return False
        stamp_ms = await self._context.lease.stamp(self.partition.stamp_ms)
        async with self._working:
            if self._closed:
                return False
            started, result = time.perf_counter(), hand_over_misplaced(self.partition, SLICE)
            await self._carry_out(result, self._context.scorer.model.revision, stamp_ms, started)
            count = len(result.changes)
            log.info("partition %d: %d contacts handed over to where they belong", self.partition.number, count)
        return True

    async def _write_tombstones(self) -> None:
        if not self.partition.awaiting_tombstone:
            return
        stamp_ms = await self._context.lease.stamp(self.partition.stamp_ms)
        async with self._working:
            if not self._closed:
                await self._context.outbox.write_tombstones(self.partition, stamp_ms)
                self.partition.note_stamp(stamp_ms)

    async def _carry_out(self, result: MicrobatchResult, revision: int, stamp_ms: int, started: float) -> None:
        """Changelog, then announcements, then memory; on return all of it is acknowledged."""
        metrics, outbox = self._context.metrics, self._context.outbox
        self.partition.note_stamp(stamp_ms)
        computed = time.perf_counter()
        if result.changes:
            await outbox.write_changes(self.partition, result.changes, stamp_ms)
        written = time.perf_counter()
        messages = result.dead_letters + result.handed_over
        messages += [message for change in result.changes for message in change.owed]
        if messages:
            await outbox.announce(self.partition.number, messages, stamp_ms)
        self.partition.apply(result.changes, revision)
        if revision < self._context.scorer.model.revision:
            self.model_changed()  # while it was made: contacts that are new by it must be brought to it, too
        seconds = (computed - started, written - computed, time.perf_counter() - written)
        metrics.observe_durations(self.partition.number, result.traces, seconds)
