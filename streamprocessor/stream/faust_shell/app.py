"""The Faust application: group, assignor, table, recovery and supervision are Faust's, the data plane is ours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faust
from faust.types import TP
from yarl import URL

from streamprocessor.errors import OperatorError
from streamprocessor.stream.faust_shell.recovery import RecoverPartitions, TableManager
from streamprocessor.stream.faust_shell.transport import Transport
from streamprocessor.stream.lease import Lease
from streamprocessor.stream.partition.batch import InputPartition
from streamprocessor.stream.partition.data_plane import DataPlane

#: Batches sent at once: below the topics' max.message.bytes.
PRODUCER_BATCH_BYTES = 1_000_000
FETCH_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FaustSettings:
    """What Faust must know. group: also the application's id. inputs: full topic names by number.

    data_folder: where Faust makes its own, which stays empty; without a word it would be where the process was started.
    """

    bootstrap: str
    group: str
    data_folder: Path
    instance_id: str
    inputs: dict[int, str]
    partitions: int
    session_timeout_seconds: float
    commit_interval_seconds: float
    request_timeout_seconds: float
    credentials: Any = None


@dataclass(frozen=True, slots=True)
class DataPlaneParts:
    """What replaces Faust's per-message data plane."""

    plane: DataPlane
    lease: Lease
    recover: RecoverPartitions
    give_up: Callable[[BaseException], Any]
    on_commit: Callable[[Mapping[TP, int], bool], None]
    now_ms: Callable[[], int]


def create_app(settings: FaustSettings, parts: DataPlaneParts) -> faust.App:
    """The application, ready to start; nothing of it runs yet."""
    _require_fast_streams()
    brokers = [URL(f"aiokafka://{address.strip()}") for address in settings.bootstrap.split(",")]
    app = faust.App(
        settings.group,
        broker=brokers,
        broker_credentials=settings.credentials,
        store="memory://",
        datadir=settings.data_folder,
        TableManager=TableManager,
        web_enabled=False,
        autodiscover=False,
        key_serializer="raw",
        value_serializer="raw",
        topic_partitions=settings.partitions,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        cython_optimizations=True,
        stream_wait_empty=True,
        processing_guarantee="at_least_once",
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.instance_id,
        consumer_max_fetch_size=FETCH_BYTES,
        broker_session_timeout=settings.session_timeout_seconds,
        broker_heartbeat_interval=settings.session_timeout_seconds / 10,
        broker_rebalance_timeout=max(settings.session_timeout_seconds, 30.0),
        broker_request_timeout=max(settings.session_timeout_seconds + 5.0, 40.0),
        broker_commit_interval=settings.commit_interval_seconds,
        broker_max_poll_records=None,
        producer_acks=-1,
        producer_linger=0,
        producer_max_batch_size=PRODUCER_BATCH_BYTES,
        producer_request_timeout=settings.request_timeout_seconds,
    )
    transport = Transport(brokers, app)
    transport.plane = parts.plane
    transport.lease = parts.lease
    transport.now_ms = parts.now_ms
    transport.topic_numbers = {name: number for number, name in settings.inputs.items()}
    transport.full_names_by_number = settings.inputs
    transport.note_commit = parts.on_commit
    app.transport = transport
    app.producer_transport = transport
    app.tables.recover_partitions = parts.recover
    app.tables.give_up = parts.give_up
    _declare(app, settings)
    return app


def _declare(app: faust.App, settings: FaustSettings) -> None:
    """The table, which brings the co-partitioning assignor and recovery, and the agent, which brings the inputs."""
    app.Table("contacts", partitions=settings.partitions, key_type=bytes, value_type=bytes)
    inputs = app.topic(*settings.inputs.values(), partitions=settings.partitions, key_type=bytes, value_type=bytes)

    @app.agent(inputs, name="scoring")  # type: ignore[untyped-decorator]
    async def score_contacts(stream: Any) -> None:  # noqa: ARG001 - lanes read the batches that the transport takes
        await asyncio.Event().wait()


def highwater_of(app: Callable[[], faust.App], inputs: Mapping[int, str]) -> Callable[[InputPartition], int | None]:
    """A function that tells where an input partition ends, as of the last fetch; None: not known yet."""

    def highwater(where: InputPartition) -> int | None:
        consumer = app().consumer
        end: int | None = consumer.highwater(TP(inputs[where.topic_number], where.partition))
        return end

    return highwater


async def input_states(
    consumer: Any, inputs: Mapping[int, str], numbers: set[int]
) -> dict[InputPartition, tuple[int, int | None]]:
    """Of each owned input partition: the offset after its last record, and the committed one (None: never)."""
    where = {TP(name, number): InputPartition(topic, number) for topic, name in inputs.items() for number in numbers}
    ends = await consumer.highwaters(*where)
    committed = await consumer.seek_to_committed()
    return {place: (ends[tp], committed.get(tp)) for tp, place in where.items()}


def _require_fast_streams() -> None:
    from faust.streams import _CStreamIterator

    if _CStreamIterator is None:
        message = "faust-streaming is installed without its compiled parts; wanted its binary wheel: reinstall it"
        raise OperatorError(message)
