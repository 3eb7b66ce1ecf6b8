"""The way on which records become safe: into Kafka, or onto disk while Kafka is away; each contact's in their order.

Requests that come while a round is out make the next round together (group commit). A round that Kafka does not
acknowledge in time goes to the spool and its requests are answered, while the producer goes on trying: its numbers
let the broker drop what it has already. From then on everything goes through the spool, until Kafka has all of it.

Each record gets into its topic once. What is left: a collector killed between Kafka's acknowledgement and the
checkpoint reads the topic back from there, and sends only what is missing; a request that the dead collector sent and
that the broker applies later than the read (it must have held it for the whole restart) would be there twice, under one
id, which the worker counts once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from streamprocessor.collector.durability.kafka_writer import KafkaWriter, NotAcknowledgedError
from streamprocessor.collector.durability.producer_record import ProducerRecord
from streamprocessor.collector.durability.readback import missing_in_kafka
from streamprocessor.collector.durability.spool import Spool, SpoolFullError
from streamprocessor.collector.durability.spool_checkpoint import SpoolPosition
from streamprocessor.collector.metrics import Metrics
from streamprocessor.errors import BrokerAwayError, BrokerError, TopicError

PATIENCE_SECONDS = 1.0
ROUND_RECORDS = 5_000
ROUND_BYTES = 2 * 1024 * 1024
MAX_WAITING_BYTES = 64 * 1024 * 1024
LAST_BYTES = 1024 * 1024  # so little is sent while new records wait: then Kafka has all, and the spool is done with
#: How soon to look again for a Kafka that can't be used; doubled each time, up to the longest.
RETRY_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 4.0
START_SECONDS = 5.0
CLOCK_ROOM_MS = 5_000

log = logging.getLogger(__name__)


class NoRoomError(Exception):
    """Records are neither in Kafka nor on disk, because there is no room."""


class _PendingWrite:
    """The records of one request, and the future that is done once they are safe."""

    __slots__ = ("records", "safe", "size_bytes")

    def __init__(self, records: list[ProducerRecord], safe: asyncio.Future[None]) -> None:
        self.records = records
        self.safe = safe
        self.size_bytes = sum(len(record.value) for record in records)


class DurableWriter:
    """Writes records to where they are safe. clock_ms: wall-clock milliseconds since the epoch."""

    def __init__(self, kafka_writer: KafkaWriter, spool: Spool, metrics: Metrics, clock_ms: Callable[[], int]) -> None:
        self._kafka_writer = kafka_writer
        self._spool = spool
        self._metrics = metrics
        self._clock_ms = clock_ms
        self._waiting: deque[_PendingWrite] = deque()
        self._waiting_bytes = 0
        self._has_waiting = asyncio.Event()
        self._round_lock = asyncio.Lock()
        self._is_direct = asyncio.Event()  # set: records go to Kafka; clear: through the spool
        self._tasks: set[asyncio.Task[None]] = set()
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def is_spooling(self) -> bool:
        """Whether records go to disk first."""
        return not self._is_direct.is_set()

    @property
    def has_room(self) -> bool:
        """Whether there is room for the next records."""
        return not self.is_spooling or self._spool.has_room

    async def start(self) -> None:
        """Begin; without Kafka by the spool.

        Raises TopicError where Kafka is there and a topic is not, BrokerError where Kafka does not let us in.
        """
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._kafka_writer.connect()
        except (BrokerAwayError, TimeoutError) as error:
            log.warning("entries go to disk for now: %s", error or "Kafka does not answer")
        if self._kafka_writer.is_connected and not self._spool.backlog_bytes:
            self._is_direct.set()
        else:
            self._start_task(self._empty_spool(None, None))
        self._start_task(self._write_rounds())

    async def write(self, records: list[ProducerRecord]) -> None:
        """Return once the records are safe; raises NoRoomError where there is no room for them."""
        pending = _PendingWrite(records, asyncio.get_running_loop().create_future())
        if self._waiting_bytes + pending.size_bytes > MAX_WAITING_BYTES:
            message = "too much waits already"
            raise NoRoomError(message)
        self._waiting.append(pending)
        self._waiting_bytes += pending.size_bytes
        self._has_waiting.set()
        await pending.safe

    async def stop(self, grace_seconds: float) -> None:
        """End, after giving Kafka some time to take what is on disk; what is left there is sent at the next start."""
        if self._kafka_writer.is_connected and self.is_spooling:
            await asyncio.wait([asyncio.ensure_future(self._is_direct.wait())], timeout=grace_seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._kafka_writer.drop()
        if self._spool.backlog_bytes:
            log.warning("%d bytes stay on disk, to be sent at the next start", self._spool.backlog_bytes)
        self._spool.close()

    def _start_task(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._on_task_done)

    def _on_task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not self.failed.done():
            self.failed.set_exception(error)

    async def _write_rounds(self) -> None:
        while True:
            await self._has_waiting.wait()
            writes = self._next_round()
            async with self._round_lock:
                records = [record for write in writes for record in write.records]
                self._metrics.round_size.observe(len(records))
                if self.is_spooling:
                    await self._write_to_spool(writes, records, self._clock_ms())
                else:
                    await self._write_to_kafka(writes, records)

    def _next_round(self) -> list[_PendingWrite]:
        writes = [self._waiting.popleft()]
        count, size_bytes = len(writes[0].records), writes[0].size_bytes
        while self._waiting and count < ROUND_RECORDS and size_bytes < ROUND_BYTES:
            write = self._waiting.popleft()
            writes.append(write)
            count, size_bytes = count + len(write.records), size_bytes + write.size_bytes
        self._waiting_bytes -= size_bytes
        if not self._waiting:
            self._has_waiting.clear()
        return writes

    async def _write_to_kafka(self, writes: list[_PendingWrite], records: list[ProducerRecord]) -> None:
        began_ms = self._clock_ms()
        in_flight = asyncio.ensure_future(self._kafka_writer.send(records))
        await asyncio.wait({in_flight}, timeout=PATIENCE_SECONDS)
        if in_flight.done() and in_flight.exception() is None:
            _answer(writes)
            return
        log.warning("Kafka does not acknowledge; entries go to disk")
        self._is_direct.clear()
        end = await self._write_to_spool(writes, records, began_ms)
        self._start_task(self._empty_spool(in_flight, end))

    async def _write_to_spool(
        self, writes: list[_PendingWrite], records: list[ProducerRecord], since_ms: int
    ) -> SpoolPosition | None:
        """The position after the records; None where they did not fit, which their requests were answered."""
        try:
            end = await asyncio.to_thread(self._spool.write, records, since_ms)
        except SpoolFullError as error:
            for write in writes:
                if not write.safe.done():
                    write.safe.set_exception(NoRoomError(str(error)))
            return None
        _answer(writes)
        return end

    async def _empty_spool(self, in_flight: asyncio.Future[None] | None, in_flight_end: SpoolPosition | None) -> None:
        """Send what is on disk until Kafka has all of it, then let new records go there directly.

        in_flight: a round that is still out; None where there is none.
        in_flight_end: the position after its records on disk; None where they are not there.
        """
        is_unsure = in_flight is None
        if in_flight is not None:
            try:
                await in_flight
                if in_flight_end is not None:
                    await asyncio.to_thread(self._spool.mark, in_flight_end, self._clock_ms())
            except NotAcknowledgedError as error:
                is_unsure = True
                await self._drop_producer(error)
        while True:
            await self._reconnect()
            try:
                if self._spool.backlog_bytes > LAST_BYTES:
                    await self._send_chunk(is_unsure)
                elif await self._send_last_chunk(is_unsure):
                    log.warning("Kafka has all that was on disk; entries go there again")
                    return
                is_unsure = False
            except NotAcknowledgedError as error:
                is_unsure = True
                await self._drop_producer(error)

    async def _send_last_chunk(self, is_unsure: bool) -> bool:
        """Send the last of it while new records wait; whether records go to Kafka again. They don't wait for long."""
        async with self._round_lock:
            sending = asyncio.ensure_future(self._send_chunk(is_unsure))
            await asyncio.wait({sending}, timeout=PATIENCE_SECONDS)
            if sending.done() and sending.exception() is None and not self._spool.backlog_bytes:
                self._is_direct.set()
                return True
        await sending
        return False

    async def _send_chunk(self, is_unsure: bool) -> None:
        """Send a chunk of the spool; is_unsure: whether Kafka may have some of it already."""
        chunk = await asyncio.to_thread(self._spool.next_chunk)
        if chunk is None:
            return
        records = chunk.records
        if is_unsure:
            since_ms = max(chunk.since_ms, self._spool.marked_at_ms) - CLOCK_ROOM_MS
            records = await missing_in_kafka(self._kafka_writer, records, since_ms)
        await self._kafka_writer.send(records)
        await asyncio.to_thread(self._spool.mark, chunk.end, self._clock_ms())

    async def _drop_producer(self, error: NotAcknowledgedError) -> None:
        log.warning("a new producer is needed: %s", str(error))  # its words are Kafka's
        await self._kafka_writer.drop()

    async def _reconnect(self) -> None:
        """Return once there is a producer; why there is none is said once, and again where it is something else."""
        said, pause_seconds = "", RETRY_SECONDS
        while not self._kafka_writer.is_connected:
            try:
                await self._kafka_writer.connect()
            except (BrokerError, TopicError) as error:
                if str(error) != said:
                    said, pause_seconds = str(error), RETRY_SECONDS
                    log.warning("Kafka can't be used yet; trying again until it can: %s", error)
                await asyncio.sleep(pause_seconds)
                pause_seconds = min(LONGEST_PAUSE_SECONDS, pause_seconds * 2)


def _answer(writes: list[_PendingWrite]) -> None:
    for write in writes:
        if not write.safe.done():
            write.safe.set_result(None)
