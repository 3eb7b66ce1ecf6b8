"""One worker process, put together."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import Any

from streamprocessor.contract.changelog.pseudonyms import pseudonym_under
from streamprocessor.contract.events.events import value_decoder_for
from streamprocessor.contract.model_file.revisions import ModelRevision, model_of
from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG, MODELS
from streamprocessor.contract.topics.topics import inputs
from streamprocessor.errors import EXIT_DONE, EXIT_MUST_RESTART
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.kafka.clients import new_reader
from streamprocessor.kafka.connection import client_settings
from streamprocessor.kafka.model_follower import ModelFollower
from streamprocessor.kafka.partitioner import partition_of
from streamprocessor.process.clock import now_ms
from streamprocessor.process.erasure_salt import erasure_salt
from streamprocessor.process.lifecycle import stop_on_signals, tell_port
from streamprocessor.process.memory import settle_memory
from streamprocessor.process.serving import listening_socket, serving
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.settings import Settings
from streamprocessor.stream.faust_shell.app import AppParts, FaustSettings, create_app
from streamprocessor.stream.faust_shell.credentials import faust_credentials
from streamprocessor.stream.faust_shell.ports import ConsumerPort, ProducerPort
from streamprocessor.stream.faust_shell.raw_fetch import use_raw_fetching
from streamprocessor.stream.gauges import Gauges
from streamprocessor.stream.health import health_application
from streamprocessor.stream.lease import Lease
from streamprocessor.stream.membership import take_name
from streamprocessor.stream.metrics import CountingHandler, Metrics
from streamprocessor.stream.partition.changelog_reader import ChangelogReader
from streamprocessor.stream.partition.data_plane import DataPlane
from streamprocessor.stream.partition.hot_stages import HotStages
from streamprocessor.stream.partition.microbatch_metrics import MicrobatchMetrics
from streamprocessor.stream.partition.outbox import Outbox
from streamprocessor.stream.partition.table import Table
from streamprocessor.stream.partition.task_context import TaskContext
from streamprocessor.stream.process_end import exit_now, give_up
from streamprocessor.stream.startup import check_broker_once_reached
from streamprocessor.stream.status import WorkerStatus

log = logging.getLogger(__name__)

#: How often cyclic garbage, which only errors and rebalances make, is looked for.
COLLECT_EVERY_SECONDS = 60.0
#: How long a stop may take: less than supervisors and orchestrators wait before they kill.
STOP_SECONDS = 15.0


async def run_worker(settings: Settings, on_ready: Callable[[int], None] = lambda _: None) -> int:
    """Score until a signal says to stop; the exit code.

    on_ready is called with the health server's port once it listens, before Kafka is asked anything.

    Raises:
        OperatorError: something at start is not as it must be; the sentence says what to do.
    """
    salt = erasure_salt(settings.erasure_salt, settings.data_path)
    use_raw_fetching()
    stop = stop_on_signals()
    metrics = Metrics()
    gauges = Gauges(metrics)
    status = WorkerStatus(f"{settings.topic_prefix}{settings.app_id}", gauges)
    async with AsyncExitStack() as opened:
        listening = listening_socket("metrics", settings.metrics_host, settings.metrics_port)
        app = health_application(metrics.registry, status.not_ready, status.refresh, status.status)
        port = await opened.enter_async_context(serving(app, listening))
        tell_port(settings.port_file, port)
        on_ready(port)
        starting = asyncio.ensure_future(
            _start(settings.model_copy(update={"erasure_salt": salt}), metrics, gauges, status, opened)
        )
        await _first_of(starting, stop)
        if not starting.done():
            starting.cancel()
            await asyncio.wait([starting], timeout=STOP_SECONDS)
            return EXIT_DONE
        working = starting.result()
        settle_memory(None)  # records are bytes, and collecting by itself costs microseconds an event
        await _first_of(working, stop)
        status.phase = "stopping"
        code = EXIT_DONE if stop.done() else EXIT_MUST_RESTART
        await _within_stop_time(opened.aclose(), code)
        return code


async def _start(
    settings: Settings, metrics: Metrics, gauges: Gauges, status: WorkerStatus, opened: AsyncExitStack
) -> asyncio.Future[None]:
    """Check, read the model, join the group; on return the worker works, and the future is done if it ever ends."""
    clients, layout = client_settings(settings), layout_of(settings)
    broker = await check_broker_once_reached(settings, clients, layout, status.wait_for)
    status.phase = "starting"
    metrics.clock_skew.set(broker.clock_skew_ms / 1000)
    retries = CountingHandler(metrics.produce_errors)
    sender_log = logging.getLogger("aiokafka.producer.sender")
    sender_log.addHandler(retries)
    opened.callback(sender_log.removeHandler, retries)
    names = {topic.name: full_name for full_name, topic in layout.names().items()}
    topics = {topic.number: topic for topic in inputs(layout.topics) if topic.number is not None}
    input_names = {number: names[topic.name] for number, topic in topics.items()}

    # A revision with the number of the one before it has other segments, which no score depends on.
    models = ModelFollower(names[MODELS], new_reader(clients), with_segments=False)
    opened.push_async_callback(models.stop)
    await models.start()
    model = model_of(models.required())
    gauges.model(model)

    membership = take_name(settings.data_path, status.group, settings.name)
    opened.callback(membership.release)
    status.wait_for("an assignment")

    producer, consumer = ProducerPort(), ConsumerPort(input_names)
    lease = Lease(int(settings.session_timeout_seconds * 1000), now_ms, asyncio.get_running_loop())
    context = TaskContext(
        scorer=Scorer(model),
        hot_stages=HotStages(model),
        source=f"streamprocessor/{status.group}",
        decoders={number: value_decoder_for(topic) for number, topic in topics.items()},
        topic_names={number: topic.name for number, topic in topics.items()},
        full_names=input_names,
        lease=lease,
        outbox=Outbox(producer, names[CONTACTS_CHANGELOG], names, lambda key: partition_of(key, broker.partitions)),
        metrics=MicrobatchMetrics(metrics, {number: topic.name for number, topic in topics.items()}),
        consumer=consumer,
        newer_model=models.wait_for,
        give_up=give_up,
    )
    plane = DataPlane(context)
    reader = ChangelogReader(names[CONTACTS_CHANGELOG], lambda: new_reader(clients), metrics.recovery_remaining.set)
    table = Table(plane, reader, broker.topic_ids, pseudonym_under(settings.erasure_salt), metrics)
    app = create_app(
        FaustSettings(
            bootstrap=settings.bootstrap,
            group=status.group,
            data_folder=settings.data_path / "faust",
            instance_id=membership.instance_id,
            partitions=broker.partitions,
            session_timeout_seconds=settings.session_timeout_seconds,
            commit_interval_seconds=settings.commit_interval_seconds,
            request_timeout_seconds=settings.request_timeout_seconds,
            credentials=faust_credentials(clients),
        ),
        AppParts(plane, table.recover, gauges.committed, now_ms),
    )
    producer.bind(app)
    consumer.bind(app)
    status.observe(plane, app)

    def use_model(revision: ModelRevision) -> None:
        newer = model_of(revision)
        plane.use_scorer(Scorer(newer))
        gauges.model(newer)

    await app.maybe_start()
    opened.push_async_callback(app.stop)
    background = [asyncio.ensure_future(work) for work in (models.follow(use_model), _watch_loop(metrics))]
    for task in background:
        opened.callback(task.cancel)
    status.phase = ""
    return asyncio.ensure_future(_ended(app, background))


async def _ended(app: Any, background: Sequence[asyncio.Future[Any]]) -> None:
    """Return when Faust or a task of ours has ended by itself, which it never should."""
    done, _ = await asyncio.wait(
        [*background, asyncio.ensure_future(app.wait_until_stopped())], return_when=asyncio.FIRST_COMPLETED
    )
    for task in done:
        error = task.exception()
        if error is not None:
            give_up(error)
    log.error("the application ended by itself: %r", app.crash_reason)


async def _watch_loop(metrics: Metrics) -> None:
    """Note how late the event loop wakes; now and then collect what reference counts alone don't free."""
    collected = time.monotonic()
    while True:
        before = time.monotonic()
        await asyncio.sleep(1.0)
        metrics.loop_lag.set(max(0.0, time.monotonic() - before - 1.0))
        if before - collected > COLLECT_EVERY_SECONDS:
            collected = before
            gc.collect()


async def _within_stop_time(stopping: Coroutine[Any, Any, None], code: int) -> None:
    """Stop in order; where Kafka is away and that can't be done, end all the same: nothing acknowledged is lost."""
    ended, _ = await asyncio.wait([asyncio.ensure_future(stopping)], timeout=STOP_SECONDS)
    if not ended:
        log.warning("stopped without Kafka's answer; what it has not acknowledged is done again at the next start")
        exit_now(code)
    for task in ended:
        task.result()


async def _first_of(*futures: asyncio.Future[Any]) -> None:
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
