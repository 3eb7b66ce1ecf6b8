"""Faust's Kafka transport, with whole batches for events: one message a fetched batch."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from aiokafka.client import ConnectionGroup, CoordinationType
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.group import HeartbeatRequest, JoinGroupRequest, SyncGroupRequest
from faust.transport.consumer import ensure_TP
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage
from yarl import URL

from streamprocessor.kafka.admin.protocol import LeaveGroupRequest
from streamprocessor.kafka.diagnosis.diagnosis import NO_RIGHT
from streamprocessor.stream.partition.batch import InputPartition, RawRecord
from streamprocessor.stream.partition.data_plane import DataPlane, Fetched

log = logging.getLogger(__name__)

#: How long the broker may hold an empty fetch: shorter costs idle CPU, longer gains nothing.
FETCH_WAIT_MS = 500
POLL_SECONDS = 1.0
#: How long a rebalance under way may take before its outcome is not waited for: the broker has our JoinGroup by then.
JOIN_SECONDS = 1.0
#: Error codes in answers to a member that leaves: none; not known any more; another has its name by now.
NO_LONGER_A_MEMBER = {0, 25, 82}


class ConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The consumer's own thread: heartbeats survive a long micro-batch."""

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
                transport.plane.context.lease.renew(sent_at_ms)
            return response

        coordinator._send_req = send_and_renew
        self._end_where_commits_are_refused()

    def _end_where_commits_are_refused(self) -> None:
        """Let a commit that Kafka does not allow end the process; Faust would log it whole, and crash by and by."""
        commit, give_up = self._consumer.commit, self.transport.plane.context.give_up

        async def commit_or_give_up(offsets: Any) -> None:
            try:
                await commit(offsets)
            except NO_RIGHT as error:
                give_up(error)

        self._consumer.commit = commit_or_give_up

    def close(self) -> None:
        """Nothing: leave_group and the end of the thread close the client, in the thread that it lives in."""

    async def leave_group(self) -> None:
        """Take this worker out of its group, so that the others have its partitions at once.

        aiokafka leaves a static member in, and nobody would own them for a session time-out.
        """
        coordinator, client = self._consumer._coordinator, self._consumer._client
        coordinator._closing.set_result(None)
        joined = {coordinator._coordination_task}
        _, joining = await asyncio.wait(joined, timeout=JOIN_SECONDS)
        if joining:
            coordinator._coordination_task.cancel()
            await asyncio.wait(joining)
        await coordinator._stop_heartbeat_task()
        await coordinator._stop_commit_offsets_refresh_task()
        request = LeaveGroupRequest(coordinator.group_id, coordinator.member_id, coordinator._group_instance_id)
        # On the connection of a JoinGroup that waits for all other members nothing overtakes it.
        connection = ConnectionGroup.DEFAULT if joining else ConnectionGroup.COORDINATION
        try:
            node = await client.coordinator_lookup(CoordinationType.GROUP, coordinator.group_id)
            _raise_unless_left(await client.send(node, request, group=connection))
        except KafkaError as error:
            log.warning("did not leave the group: its partitions are others' after the session time-out: %r", error)

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
    """Gives the application one message a batch, and commits the batches that it has acknowledged."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._acknowledged: dict[TP, int] = {}

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _drain_messages(self, fetcher: Any) -> None:
        plane: DataPlane = self.transport.plane
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                records, _ = await self._wait_next_records(POLL_SECONDS)
                if self.should_stop or not records:
                    await asyncio.sleep(0)
                    continue
                if not self.flow_active:
                    await self.perform_seek()
                    continue
                generation = plane.fetch_generation
                for partition, raws in records.items():
                    # The application may be suspended in the middle: what is left is fetched again after the seek.
                    if partition.topic in self.transport.topic_numbers and generation == plane.fetch_generation:
                        await self.callback(self._batch_message(TP(*partition), Fetched(generation, raws)))
        except NO_RIGHT as error:
            plane.context.give_up(error)
        except self.consumer_stopped_errors:
            if not self.transport.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.transport.app.should_stop:
                raise

    def _batch_message(self, tp: TP, fetched: Fetched) -> ConsumerMessage:
        """A whole batch as one message, which bears the offset of its last record."""
        last: RawRecord = fetched.records[-1]
        return ConsumerMessage(
            topic=tp.topic,
            partition=tp.partition,
            offset=last.offset,
            timestamp=last.timestamp / 1000,
            timestamp_type=0,
            headers=None,
            key=None,
            value=fetched,
            checksum=None,
            tp=tp,
            generation_id=self.app.consumer_generation_id,
        )

    def ack(self, message: ConsumerMessage) -> bool:
        """Note that a batch, and all before it of its partition, may be committed."""
        self._unacked_messages.discard(message)
        self._acknowledged[message.tp] = message.offset + 1
        return True

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
        self.transport.plane.start_at({self.transport.input_of(tp): offset for tp, offset in positions.items()})

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:  # noqa: ARG002
        """Commit what was acknowledged since the last commit."""
        offsets = {tp: offset for tp, offset in self._acknowledged.items() if self._committed_offset.get(tp) != offset}
        if not offsets:
            return False
        done = bool(await self._commit_offsets(offsets))
        self.transport.on_commit(offsets, done)
        return done

    async def wait_empty(self) -> None:
        """Finish the micro-batches in flight, commit them, and leave the partitions' tasks closed."""
        await self.transport.plane.finish_microbatches()
        await self.commit()
        self._acknowledged.clear()
        self.transport.plane.drop_tasks()

    async def leave_group(self) -> None:
        """Give the partitions over, once nothing of ours is under way to them any more; nothing before the start."""
        await self.wait_empty()
        await self.app.producer.flush()
        if self._thread._consumer is not None:
            await self._thread.call_thread(self._thread.leave_group)

    async def on_task_error(self, error: BaseException) -> None:
        """End the process: an agent that Faust starts anew would commit its next batches over the failed one."""
        self.transport.plane.context.give_up(error)

    async def verify_all_partitions_active(self) -> None:
        """Nothing: Faust's livelock detector counts messages as if each were a record; lag metrics watch ours."""


def _raise_unless_left(response: Any) -> None:
    """Raise the broker's KafkaError; nothing where the member has left, is gone already, or others have its name."""
    for code in (response.error_code, *(code for _, _, code in response.members)):
        if code not in NO_LONGER_A_MEMBER:
            raise for_code(code)


class Producer(driver.Producer):  # type: ignore[misc]
    """Idempotent, everything acknowledged by all in-sync replicas."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class Transport(driver.Transport):  # type: ignore[misc]
    """The worker's transport.

    plane: told of every seek, and closed before partitions are given away.
    topic_numbers: of the input topics, by their full names.
    on_commit: called with the offsets of each commit, and whether it succeeded.
    now_ms: the clock that the lease goes by.
    """

    Consumer = Consumer
    Producer = Producer

    def __init__(
        self,
        brokers: list[URL],
        app: Any,
        plane: DataPlane,
        on_commit: Callable[[Mapping[TP, int], bool], None],
        now_ms: Callable[[], int],
    ) -> None:
        super().__init__(brokers, app)
        self.plane = plane
        self.topic_numbers = {name: number for number, name in plane.context.full_names.items()}
        self.on_commit = on_commit
        self.now_ms = now_ms

    def input_of(self, tp: TP) -> InputPartition:
        """The input partition by the number of its topic."""
        return InputPartition(self.topic_numbers[tp.topic], tp.partition)
