"""Faust's Kafka transport with its data plane replaced: whole batches in, commits of what lanes applied."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from aiokafka.protocol.group import HeartbeatRequest, JoinGroupRequest, SyncGroupRequest
from faust.transport.consumer import ensure_TP
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streamprocessor.stream.lease import Lease
from streamprocessor.stream.partition.batch import InputPartition
from streamprocessor.stream.partition.data_plane import DataPlane

log = logging.getLogger(__name__)

#: How long the broker may hold an empty fetch: shorter costs idle CPU, longer gains nothing.
FETCH_WAIT_MS = 500
POLL_SECONDS = 1.0


class ConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The consumer's own thread: heartbeats survive a long step."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer

    async def on_start(self) -> None:
        """Start the consumer, and note on the lease whatever the coordinator answers."""
        await super().on_start()
        coordinator = self._consumer._coordinator
        send, transport = coordinator._send_req, self.transport

        async def send_and_renew(request: Any) -> Any:
            sent_at_ms = transport.now_ms()
            response = await send(request)
            if isinstance(request, HeartbeatRequest | JoinGroupRequest | SyncGroupRequest) and response.error_code == 0:
                transport.lease.renew(sent_at_ms)
            return response

        coordinator._send_req = send_and_renew

    def pause_changelogs(self) -> None:
        """Never fetch the changelog here: recovery reads it with a reader of its own."""
        consumer = self._ensure_consumer()
        consumer.pause(*(tp for tp in consumer.assignment() if tp.topic not in self.transport.topic_numbers))

    async def seek_to_beginning_of(self, partitions: list[Any]) -> Mapping[Any, int]:
        """Seek to the first offsets there are, and say which they are."""
        consumer = self._ensure_consumer()
        earliest: Mapping[Any, int] = await consumer.beginning_offsets(partitions)
        for partition, offset in earliest.items():
            consumer.seek(partition, offset)
        return earliest


class Consumer(driver.Consumer):  # type: ignore[misc]
    """Hands batches to the data plane and commits what its lanes have applied."""

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def plane(self) -> DataPlane:
        """The data plane that this consumer feeds."""
        plane: DataPlane = self.transport.plane
        return plane

    async def _drain_messages(self, fetcher: Any) -> None:
        numbers = self.transport.topic_numbers
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                records, _ = await self._wait_next_records(POLL_SECONDS)
                if self.should_stop or not records:
                    await asyncio.sleep(0)
                    continue
                if not self.flow_active:
                    await self.perform_seek()
                    continue
                for partition, raws in records.items():
                    number = numbers.get(partition.topic)
                    if number is not None:
                        self.plane.deliver(InputPartition(number, partition.partition), raws)
        except self.consumer_stopped_errors:
            if not self.transport.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.transport.app.should_stop:
                raise

    async def perform_seek(self) -> None:
        """Go to the committed offsets, and to the beginning where nothing was committed yet.

        aiokafka leaves the position of an uncommitted partition where fetching has brought it, past records that
        were dropped while flow was stopped.
        """
        await self._thread.call_thread(self._thread.pause_changelogs)
        committed = await self.seek_to_committed()
        inputs = {tp: offset for tp, offset in committed.items() if tp.topic in self.transport.topic_numbers}
        uncommitted = [tp for tp, offset in inputs.items() if not offset]
        earliest = await self._thread.call_thread(self._thread.seek_to_beginning_of, uncommitted) if uncommitted else {}
        positions = {tp: offset or earliest.get(tp, 0) for tp, offset in inputs.items()}
        self._committed_offset.update({ensure_TP(tp): offset or None for tp, offset in inputs.items()})
        self.plane.start_at({self._input(tp): offset for tp, offset in positions.items()})

    def _input(self, tp: Any) -> InputPartition:
        return InputPartition(self.transport.topic_numbers[tp.topic], tp.partition)

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:  # noqa: ARG002
        """Commit what the lanes have applied since the last commit."""
        names = self.transport.full_names_by_number
        offsets = {}
        for (number, partition), offset in self.plane.committable().items():
            tp = TP(names[number], partition)
            if self._committed_offset.get(tp) != offset:
                offsets[tp] = offset
        if not offsets:
            return False
        done = bool(await self._commit_offsets(offsets))
        self.transport.note_commit(offsets, done)
        return done

    async def wait_empty(self) -> None:
        """Finish the steps in flight, commit them, and leave the lanes closed."""
        await self.plane.finish_steps()
        await self.commit()
        self.plane.drop_lanes()

    async def verify_all_partitions_active(self) -> None:
        """Nothing: Faust's livelock detector watches a data plane that is not in use; lag metrics watch ours."""

    def fetch_partition(self, number: int, wanted: bool) -> None:
        """Pause or resume fetching of all inputs of one partition number."""
        partitions = {TP(name, number) for name in self.transport.topic_numbers}
        if wanted:
            self.resume_partitions(partitions & self.assignment())
        else:
            self.pause_partitions(partitions)


class Producer(driver.Producer):  # type: ignore[misc]
    """Idempotent, everything acknowledged by all in-sync replicas."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class Transport(driver.Transport):  # type: ignore[misc]
    """The worker's transport. plane and lease are set by the composition before anything starts."""

    Consumer = Consumer
    Producer = Producer

    plane: DataPlane
    lease: Lease
    topic_numbers: dict[str, int]
    full_names_by_number: dict[int, str]

    now_ms: Callable[[], int]
    note_commit: Callable[[Mapping[TP, int], bool], None]
