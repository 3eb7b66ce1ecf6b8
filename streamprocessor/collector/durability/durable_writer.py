"""Where entries become safe: in Kafka, or on disk while Kafka is away; in order of their coming, each contact's too.

Requests that come while a round is out make the next round together (group commit). A round that Kafka does not
acknowledge in time goes to the spool and its requests are answered, while the producer goes on trying: its numbers
let the broker drop what it has already. From then on everything goes through the spool, until Kafka has all of it.

Each row gets into its topic once. What is left: a collector killed between Kafka's acknowledgement and the mark reads
the topic back from there, and sends only what is missing; a request that the dead collector sent and that the broker
applies later than the read (it must have held it for the whole restart) would be there twice, under one id, which the
worker counts once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from streamprocessor.collector.durability.kafka_writer import KafkaWriter, NotAcknowledged
from streamprocessor.collector.durability.readback import not_there_yet
from streamprocessor.collector.durability.row import Row
from streamprocessor.collector.durability.spool import Spool, SpoolFull
from streamprocessor.collector.durability.spool_checkpoint import Position
from streamprocessor.collector.metrics import Metrics
from streamprocessor.errors import BrokerError, TopicError

PATIENCE_SECONDS = 1.0
ROUND_ROWS = 5_000
ROUND_BYTES = 2 * 1024 * 1024
MOST_WAITING_BYTES = 64 * 1024 * 1024
LAST_BYTES = 1024 * 1024  # so little is sent while new entries wait: then Kafka has all, and the spool is done with
RETRY_SECONDS = 0.5
START_SECONDS = 5.0
CLOCK_ROOM_MS = 5_000

log = logging.getLogger(__name__)


class NoRoom(Exception):
    """Entries are neither in Kafka nor on disk, because there is no room."""


class _PendingWrite:
    """The rows of one request, and who waits for them."""

    __slots__ = ("rows", "safe", "size")

    def __init__(self, rows: list[Row], safe: asyncio.Future[None]) -> None:
        self.rows = rows
        self.safe = safe
        self.size = sum(len(row.value) for row in rows)


class DurableWriter:
    """Keeps rows safe. clock_ms: wall-clock milliseconds."""

    def __init__(self, line: KafkaWriter, spool: Spool, metrics: Metrics, clock_ms: Callable[[], int]) -> None:
        self._line = line
        self._spool = spool
        self._metrics = metrics
        self._clock_ms = clock_ms
        self._waiting: deque[_PendingWrite] = deque()
        self._waiting_bytes = 0
        self._some = asyncio.Event()
        self._writing = asyncio.Lock()
        self._in_kafka = asyncio.Event()  # set: entries go to Kafka; clear: through the spool
        self._tasks: set[asyncio.Task[None]] = set()
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def is_spooling(self) -> bool:
        """Whether entries go to disk first."""
        return not self._in_kafka.is_set()

    @property
    def has_room(self) -> bool:
        """Whether the next entries will be kept."""
        return not self.is_spooling or self._spool.has_room

    async def start(self) -> None:
        """Begin; without Kafka by the spool. Raises TopicError where Kafka is there and a topic is not."""
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._line.connect()
        except (BrokerError, TimeoutError) as error:
            log.warning("entries go to disk for now: %s", error or "Kafka does not answer")
        if self._line.is_connected and not self._spool.backlog_bytes:
            self._in_kafka.set()
        else:
            self._begin(self._empty_spool(None, None))
        self._begin(self._keep_all())

    async def write(self, rows: list[Row]) -> None:
        """Returns once the rows are safe; raises NotKept where there is no room for them."""
        parcel = _PendingWrite(rows, asyncio.get_running_loop().create_future())
        if self._waiting_bytes + parcel.size > MOST_WAITING_BYTES:
            message = "too much waits already"
            raise NoRoom(message)
        self._waiting.append(parcel)
        self._waiting_bytes += parcel.size
        self._some.set()
        await parcel.safe

    async def stop(self, grace_seconds: float) -> None:
        """End, after giving Kafka some time to take what is on disk; what is left there is sent at the next start."""
        if self._line.is_connected and self.is_spooling:
            await asyncio.wait([asyncio.ensure_future(self._in_kafka.wait())], timeout=grace_seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._line.drop()
        if self._spool.backlog_bytes:
            log.warning("%d bytes stay on disk, to be sent at the next start", self._spool.backlog_bytes)
        self._spool.close()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not self.failed.done():
            self.failed.set_exception(error)

    async def _keep_all(self) -> None:
        while True:
            await self._some.wait()
            parcels = self._taken()
            async with self._writing:
                rows = [row for parcel in parcels for row in parcel.rows]
                self._metrics.round_size.observe(len(rows))
                if self.is_spooling:
                    await self._write(parcels, rows, self._clock_ms())
                else:
                    await self._send(parcels, rows)

    def _taken(self) -> list[_PendingWrite]:
        parcels = [self._waiting.popleft()]
        rows, size = len(parcels[0].rows), parcels[0].size
        while self._waiting and rows < ROUND_ROWS and size < ROUND_BYTES:
            parcel = self._waiting.popleft()
            parcels.append(parcel)
            rows, size = rows + len(parcel.rows), size + parcel.size
        self._waiting_bytes -= size
        if not self._waiting:
            self._some.clear()
        return parcels

    async def _send(self, parcels: list[_PendingWrite], rows: list[Row]) -> None:
        began_ms = self._clock_ms()
        flight = asyncio.ensure_future(self._line.send(rows))
        await asyncio.wait({flight}, timeout=PATIENCE_SECONDS)
        if flight.done() and flight.exception() is None:
            _answer(parcels)
            return
        log.warning("Kafka does not acknowledge; entries go to disk")
        self._in_kafka.clear()
        end = await self._write(parcels, rows, began_ms)
        self._begin(self._empty_spool(flight, end))

    async def _write(self, parcels: list[_PendingWrite], rows: list[Row], since_ms: int) -> Position | None:
        """The position after the rows; None where they did not fit and their requests were told so."""
        try:
            end = await asyncio.to_thread(self._spool.write, rows, since_ms)
        except SpoolFull as error:
            for parcel in parcels:
                if not parcel.safe.done():
                    parcel.safe.set_exception(NoRoom(str(error)))
            return None
        _answer(parcels)
        return end

    async def _empty_spool(self, flight: asyncio.Future[None] | None, flight_end: Position | None) -> None:
        """Send what is on disk until Kafka has all of it, then let new entries go there directly.

        flight: a round that is still out; flight_end: where its rows end on disk, None: they are not there.
        """
        unsure = flight is None
        if flight is not None:
            try:
                await flight
                if flight_end is not None:
                    await asyncio.to_thread(self._spool.mark, flight_end, self._clock_ms())
            except NotAcknowledged as error:
                unsure = True
                await self._lost_producer(error)
        while True:
            await self._reconnected()
            try:
                if self._spool.backlog_bytes > LAST_BYTES:
                    await self._pass_on(unsure)
                elif await self._pass_on_rest(unsure):
                    log.warning("Kafka has all that was on disk; entries go there again")
                    return
                unsure = False
            except NotAcknowledged as error:
                unsure = True
                await self._lost_producer(error)

    async def _pass_on_rest(self, unsure: bool) -> bool:
        """Send the last of it while new entries wait; whether entries go to Kafka again. They don't wait for long."""
        async with self._writing:
            sending = asyncio.ensure_future(self._pass_on(unsure))
            await asyncio.wait({sending}, timeout=PATIENCE_SECONDS)
            if sending.done() and sending.exception() is None and not self._spool.backlog_bytes:
                self._in_kafka.set()
                return True
        await sending
        return False

    async def _pass_on(self, unsure: bool) -> None:
        chunk = await asyncio.to_thread(self._spool.next_chunk)
        if chunk is None:
            return
        rows = chunk.rows
        if unsure:
            since_ms = max(chunk.since_ms, self._spool.marked_at_ms) - CLOCK_ROOM_MS
            rows = await not_there_yet(self._line, rows, since_ms)
        await self._line.send(rows)
        await asyncio.to_thread(self._spool.mark, chunk.end, self._clock_ms())

    async def _lost_producer(self, error: NotAcknowledged) -> None:
        log.warning("a new producer is needed: %s", error)
        await self._line.drop()

    async def _reconnected(self) -> None:
        while not self._line.is_connected:
            try:
                await self._line.connect()
            except (BrokerError, TopicError) as error:
                log.warning("Kafka can't be used yet: %s", error)
                await asyncio.sleep(RETRY_SECONDS)


def _answer(parcels: list[_PendingWrite]) -> None:
    for parcel in parcels:
        if not parcel.safe.done():
            parcel.safe.set_result(None)
