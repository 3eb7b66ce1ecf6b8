"""The Faust application: an agent that keeps a table of contacts.

Group, assignor, table, recovery, agent, acknowledgement and supervision are Faust's. An event of the agent's stream is
a whole fetched batch of one input partition, so that Faust's cost an event is paid once a batch.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import faust
from faust.types import TP
from yarl import URL

from streamprocessor.errors import OperatorError
from streamprocessor.stream.faust_shell.recovery import RecoverPartitions, TableManager
from streamprocessor.stream.faust_shell.transport import Transport
from streamprocessor.stream.partition.data_plane import DataPlane

#: Batches sent at once: below the topics' max.message.bytes.
PRODUCER_BATCH_BYTES = 1_000_000
FETCH_BYTES = 1024 * 1024
#: Members learn from the answer to a heartbeat that partitions change hands, so that takes as long as this at least.
HEARTBEAT_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class FaustSettings:
    """What Faust must know.

    bootstrap: HOST:PORT, several joined by commas.
    group: the consumer group; also the application's id.
    data_folder: where Faust makes its own, which stays empty; else it would be where the process was started.
    instance_id: the static member's name in the group.
    partitions: of each input topic and of the changelog.
    session_timeout_seconds: after which the coordinator gives a silent worker's partitions away.
    commit_interval_seconds: between two commits of what was acknowledged.
    request_timeout_seconds: how long the producer tries before a batch counts as refused.
    credentials: in Faust's words; None: neither encryption nor login.
    """

    bootstrap: str
    group: str
    data_folder: Path
    instance_id: str
    partitions: int
    session_timeout_seconds: float
    commit_interval_seconds: float
    request_timeout_seconds: float
    credentials: Any = None


@dataclass(frozen=True, slots=True)
class AppParts:
    """What the application calls.

    plane: takes the batches.
    recover_partitions: brings exactly these partition numbers up to the changelog's end and opens their tasks.
    on_commit: called with the offsets of each commit, and whether it succeeded.
    now_ms: the clock that the lease goes by.
    """

    plane: DataPlane
    recover_partitions: RecoverPartitions
    on_commit: Callable[[Mapping[TP, int], bool], None]
    now_ms: Callable[[], int]


class BatchSchema(faust.Schema):  # type: ignore[misc]
    """Leaves a message's value as it is: a batch, whose records are decoded when they are scored."""

    def loads_key(self, app: faust.App, message: Any, **_: Any) -> None:
        """None: each record has its own key."""

    def loads_value(self, app: faust.App, message: Any, **_: Any) -> Any:  # noqa: ARG002 - Faust's signature
        """The batch itself."""
        return message.value


def create_app(settings: FaustSettings, parts: AppParts) -> faust.App:
    """The application, ready to start; nothing of it runs yet."""
    _require_fast_streams()
    brokers = [URL(f"aiokafka://{address.strip()}") for address in settings.bootstrap.split(",")]
    plane = parts.plane
    give_up = plane.context.give_up
    app = faust.App(
        settings.group,
        broker=brokers,
        broker_credentials=settings.credentials,
        store="memory://",
        datadir=settings.data_folder,
        TableManager=partial(TableManager, recover_partitions=parts.recover_partitions, give_up=give_up),
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
        broker_heartbeat_interval=min(HEARTBEAT_SECONDS, settings.session_timeout_seconds / 10),
        broker_rebalance_timeout=max(settings.session_timeout_seconds, 30.0),
        broker_request_timeout=max(settings.session_timeout_seconds + 5.0, 40.0),
        broker_commit_interval=settings.commit_interval_seconds,
        broker_max_poll_records=None,
        producer_acks=-1,
        producer_linger=0,
        producer_max_batch_size=PRODUCER_BATCH_BYTES,
        producer_request_timeout=settings.request_timeout_seconds,
    )
    app.transport = app.producer_transport = Transport(brokers, app, plane, parts.on_commit, parts.now_ms)

    @app.on_before_shutdown.connect  # type: ignore[untyped-decorator]
    async def leave_group(app: faust.App, **_: Any) -> None:
        """Leave the group: by now Faust has finished and committed what was under way."""
        await app.consumer.leave_group()

    inputs = app.topic(*plane.context.full_names.values(), partitions=settings.partitions, schema=BatchSchema())
    # The table brings the co-partitioning assignor, the changelog and recovery; its records live in the data plane.
    app.Table("contacts", partitions=settings.partitions, key_type=bytes, value_type=bytes)

    @app.agent(inputs, name="scoring")  # type: ignore[untyped-decorator]
    async def score_contacts(stream: Any) -> None:
        """Hand each batch to the task of its partition, which acknowledges it once its micro-batch is."""
        batches: AsyncIterator[Any] = stream.noack().events()
        async for event in batches:
            plane.deliver(app.transport.input_of(event.message.tp), event.value, event.ack)

    return app


def _require_fast_streams() -> None:
    from faust.streams import _CStreamIterator

    if _CStreamIterator is None:
        message = "faust-streaming is installed without its compiled parts; wanted its binary wheel: reinstall it"
        raise OperatorError(message)
