"""One task and one queue per partition number: steps of all input topics and timers, strictly one after the other."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Iterator

from streamprocessor.contract.messages.announcements import Announcer, Identity
from streamprocessor.errors import MustRestart, StreamprocessorError
from streamprocessor.stream.partition.batch import Batch
from streamprocessor.stream.partition.microbatch import (
    NewerModelNeeded,
    Scoring,
    by_contact,
    migrate_to_model,
    score_batches,
    score_contacts,
    score_due,
    slices,
)
from streamprocessor.stream.partition.microbatch_result import MicrobatchResult
from streamprocessor.stream.partition.microbatch_size import MicrobatchSize
from streamprocessor.stream.partition.partition import Partition
from streamprocessor.stream.partition.task_context import TaskContext

#: Records that are scored before others have their turn: other lanes, requests for health, the client.
RECORDS_AT_ONCE = 500
#: A queue longer than this pauses its partition, one shorter than RESUME_BELOW resumes it.
PAUSE_ABOVE = 60_000
RESUME_BELOW = 40_000
#: How soon to look again at timers that partition time held back.
HELD_BACK_SECONDS = 0.1
#: How long a closing lane may take to say that it owes nothing.
LAST_MARKER_SECONDS = 2.0
#: Contacts looked at by time, or brought to a new model, in one step.
SLICE = 2_000


class PartitionTask:
    """The steps of one owned and recovered partition."""

    def __init__(self, partition: Partition, around: TaskContext) -> None:
        self.partition = partition
        self.applied_to: dict[int, int] = {}
        self.newest_arrival_ms: dict[int, int] = {}
        self._around = around
        self._queue: deque[Batch] = deque()
        self._queued = 0
        self._paused = False
        self._size = MicrobatchSize()
        self._wake = asyncio.Event()
        self._to_adopt: Iterator[bytes] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._working = asyncio.Lock()
        self._closed = False
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"lane-{partition.number}")
        self.model_changed()

    def waiting_since_ms(self) -> dict[int, int]:
        """The arrival of the first record handed over and not yet applied, by topic number."""
        waiting: dict[int, int] = {}
        for batch in self._queue:
            waiting.setdefault(batch.topic_number, batch.records[0].timestamp)
        return waiting

    def put(self, batch: Batch) -> None:
        """Hand over the next records of one input topic."""
        self._queue.append(batch)
        self._queued += len(batch.records)
        if self._queued > PAUSE_ABOVE and not self._paused:
            self._paused = True
            self._around.flow(self.partition.number, False)
        self._wake.set()

    def model_changed(self) -> None:
        """Bring every contact to the scorer's revision, a slice at a time, between the other steps."""
        if self.partition.oldest_revision < self._around.scorer.model.revision:
            self._to_adopt = iter(list(self.partition.records))
        self._wake.set()

    async def close(self) -> None:
        """Finish the step in flight, drop what is queued, and end; the next owner then has nothing to send again."""
        self._closed = True
        self._queue.clear()
        self._queued = 0
        if self._alarm is not None:
            self._alarm.cancel()
        async with self._working:
            self._task.cancel()
            if self.partition.marked_step < self.partition.step:
                # Without the marker the next owner sends the last step's announcements once more: no loss.
                with contextlib.suppress(MustRestart, asyncio.TimeoutError):
                    await asyncio.wait_for(self._write_marker(), LAST_MARKER_SECONDS)

    async def _write_marker(self) -> None:
        stamp_ms = await self._around.lease.stamp(self.partition.stamp_ms)
        await self._around.outbox.write_marker(self.partition, stamp_ms)

    async def _run(self) -> None:
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
        except BaseException as error:  # noqa: BLE001 - nothing of this partition may go on after a failed step
            self._around.give_up(error)

    async def _work_once(self) -> bool:
        """Do one step of each kind that there is to do, so that none starves; False: nothing is left to do now."""
        try:
            scored = await self._step_of_batches()
            timed = await self._step_of_timers()
            adopted = await self._step_of_adoption()
            await self._step_of_forgetting()
        except NewerModelNeeded as needed:
            await self._around.newer_model(needed.revision)
            return True
        return scored or timed or adopted

    async def _step_of_batches(self) -> bool:
        if not self._queue:
            return False
        async with self._around.long_steps if self._queued > RECORDS_AT_ONCE else contextlib.nullcontext():
            stamp_ms = await self._around.lease.stamp(self.partition.stamp_ms)
            started, scoring = time.perf_counter(), self._scoring()
            batches = self._peek(stamp_ms)
            result = await self._score(scoring, batches)
        async with self._working:
            if self._closed:
                return False
            await self._carry_out(result, scoring.scorer.model.revision, stamp_ms, started)
            self._applied(batches)
            self._around.meter.scored(batches, result)
        return True

    def _peek(self, now_ms: int) -> list[Batch]:
        """The batches of the next step; they stay queued until it is done."""
        behind_ms = max((now_ms - since_ms for since_ms in self.waiting_since_ms().values()), default=0)
        most = self._size.most_records(behind_ms / 1000, self._around.longest_wait_seconds())
        batches: list[Batch] = []
        size = 0
        for batch in self._queue:
            size += len(batch.records)
            if batches and size > most:
                break
            batches.append(batch)
        return batches

    async def _score(self, scoring: Scoring, batches: list[Batch]) -> MicrobatchResult:
        """The step of the batches: a small one at once, of a large one a slice, and then others have their turn.

        Nothing is done yet, so a lane that closes meanwhile just drops it.
        """
        partition = self.partition
        size = sum(len(batch.records) for batch in batches)
        began = time.perf_counter()
        if size <= RECORDS_AT_ONCE:
            return score_batches(scoring, partition.records, partition.number, batches)
        result = MicrobatchResult()
        arrived = by_contact(batches)
        seconds = time.perf_counter() - began
        for first, last in slices(arrived, RECORDS_AT_ONCE):
            await asyncio.sleep(0)
            began = time.perf_counter()
            score_contacts(scoring, partition.records, partition.number, arrived[first:last], result)
            seconds += time.perf_counter() - began
        self._size.learn(size, seconds)
        return result

    def _applied(self, batches: list[Batch]) -> None:
        for batch in batches:
            if self._queue and self._queue[0] is batch:
                self._queue.popleft()
                self._queued -= len(batch.records)
            self.applied_to[batch.topic_number] = batch.next_offset
            self.newest_arrival_ms[batch.topic_number] = batch.records[-1].timestamp
        if self._paused and self._queued < RESUME_BELOW:
            self._paused = False
            self._around.flow(self.partition.number, True)

    async def _step_of_timers(self) -> bool:
        until_ms = self._around.partition_time_ms(self.partition.number)
        due_at_ms = self.partition.timers.next_at_ms()
        if due_at_ms is None or until_ms is None or due_at_ms > until_ms:
            self._set_alarm(due_at_ms)
            return False
        stamp_ms = await self._around.lease.stamp(self.partition.stamp_ms)
        async with self._working:
            if self._closed:
                return False
            started, scoring = time.perf_counter(), self._scoring()
            due = self.partition.timers.take_due(until_ms, SLICE)
            try:
                result, later = score_due(scoring, self.partition.records, due, until_ms)
            except NewerModelNeeded:
                for key in due:
                    self.partition.timers.arm(key, due_at_ms)
                raise
            for key, at_ms in later:
                self.partition.timers.arm(key, at_ms)
            await self._carry_out(result, scoring.scorer.model.revision, stamp_ms, started)
            self._around.meter.timed(len(due), result)
        return True

    def _set_alarm(self, due_at_ms: int | None) -> None:
        """Wake when the next window ends; what partition time holds back is looked at again soon."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if due_at_ms is not None:
            delay_seconds = max(HELD_BACK_SECONDS, due_at_ms / 1000 - time.time())
            self._alarm = asyncio.get_running_loop().call_later(delay_seconds, self._wake.set)

    async def _step_of_adoption(self) -> bool:
        if self._to_adopt is None:
            return False
        keys = [key for key, _ in zip(self._to_adopt, range(SLICE), strict=False)]
        if not keys:
            self._to_adopt = None
            self.partition.oldest_revision = self._around.scorer.model.revision
            return False
        stamp_ms = await self._around.lease.stamp(self.partition.stamp_ms)
        async with self._working:
            if self._closed:
                return False
            started, scoring = time.perf_counter(), self._scoring()
            result = migrate_to_model(scoring, self.partition.records, keys, stamp_ms)
            await self._carry_out(result, scoring.scorer.model.revision, stamp_ms, started)
            self._around.meter.timed(0, result)
        return True

    async def _step_of_forgetting(self) -> None:
        if not self.partition.to_forget:
            return
        stamp_ms = await self._around.lease.stamp(self.partition.stamp_ms)
        async with self._working:
            if not self._closed:
                await self._around.outbox.write_tombstones(self.partition, stamp_ms)
                self.partition.stamp_ms = stamp_ms

    def _scoring(self) -> Scoring:
        model = self._around.scorer.model
        if self.partition.identity is None:
            message = f"partition {self.partition.number} has no identity"
            raise StreamprocessorError(message)
        identity = Identity(self._around.source, self.partition.identity.incarnation, model.name, model.version)
        around = self._around
        announcer, life_of = Announcer(identity), self.partition.life_of
        return Scoring(around.scorer, around.hot_stages, announcer, around.decoders, around.full_names, life_of)

    async def _carry_out(self, result: MicrobatchResult, revision: int, stamp_ms: int, started: float) -> None:
        """Changelog, then announcements, then memory; on return all of it is acknowledged."""
        meter, outbox = self._around.meter, self._around.outbox
        self.partition.stamp_ms = stamp_ms
        computed = time.perf_counter()
        if result.changes:
            await outbox.write_changes(self.partition, result.changes, stamp_ms)
        written = time.perf_counter()
        messages = result.dead_letters + [message for change in result.changes for message in change.owed]
        if messages:
            await outbox.announce(self.partition.number, messages, stamp_ms)
        self.partition.apply(result.changes, revision)
        if revision < self._around.scorer.model.revision:
            self.model_changed()  # while the step was made: contacts that are new by it must be brought to it, too
        meter.step_took(computed - started, written - computed, time.perf_counter() - written)
