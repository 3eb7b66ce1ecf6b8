"""The worker process, composed: read run_worker top to bottom."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, NoReturn

import faust
from faust.types import TP

from streamprocessor.contract.changelog.pseudonyms import pseudonym_under
from streamprocessor.contract.events.events import value_decoder_for
from streamprocessor.contract.topics.topics import inputs
from streamprocessor.errors import EXIT_DONE, EXIT_MUST_RESTART, EXIT_USAGE, OperatorError
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.kafka.clients import ClientSettings, new_reader
from streamprocessor.kafka.connection import client_settings
from streamprocessor.kafka.partitioner import partition_of
from streamprocessor.process.clock import now_ms
from streamprocessor.process.lifecycle import stop_on_signals, tell_port
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.settings import Settings
from streamprocessor.stream.faust_shell.app import DataPlaneParts, FaustSettings, create_app, highwater_of, input_states
from streamprocessor.stream.faust_shell.credentials import faust_credentials
from streamprocessor.stream.faust_shell.raw_fetch import use_raw_fetching
from streamprocessor.stream.gauges import Gauges
from streamprocessor.stream.health import HealthServer
from streamprocessor.stream.lease import Lease
from streamprocessor.stream.membership import take_name
from streamprocessor.stream.metrics import CountingHandler, Metrics
from streamprocessor.stream.models import ModelWatch
from streamprocessor.stream.partition.changelog_reader import ChangelogReader
from streamprocessor.stream.partition.data_plane import DataPlane
from streamprocessor.stream.partition.hot_stages import HotStages
from streamprocessor.stream.partition.microbatch_metrics import Meter
from streamprocessor.stream.partition.outbox import Outbox
from streamprocessor.stream.partition.table import Table
from streamprocessor.stream.partition.task_context import TaskContext
from streamprocessor.stream.startup import BrokerFacts, check_broker

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
    use_raw_fetching()
    worker = _Worker(settings)
    stop = stop_on_signals()
    await worker.health.start(settings.metrics_host, settings.metrics_port)
    tell_port(settings.port_file, worker.health.port)
    on_ready(worker.health.port)
    try:
        starting = asyncio.ensure_future(worker.start())
        await _first_of(starting, stop)
        if not starting.done():
            starting.cancel()
            return EXIT_DONE
        starting.result()
        _settle_memory()
        await _first_of(stop, worker.ended())
        await _within_stop_time(worker.stop())
        return EXIT_DONE if stop.done() else EXIT_MUST_RESTART
    finally:
        await worker.health.stop()


class _Worker:
    """Everything of one worker process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._layout = layout_of(settings)
        self._names = {topic.name: full_name for full_name, topic in self._layout.names().items()}
        self._group = f"{settings.topic_prefix}{settings.app_id}"
        self._metrics = Metrics()
        self._problems = ["starting"]
        self._plane: DataPlane | None = None
        self._app: faust.App | None = None
        self._watch: ModelWatch | None = None
        self._lease: Lease | None = None
        self._background: list[asyncio.Task[Any]] = []
        self._gauges = Gauges(self._metrics)
        logging.getLogger("aiokafka.producer.sender").addHandler(CountingHandler(self._metrics.produce_errors))
        self.health = HealthServer(self._metrics.registry, self._not_ready, self._status, self._refresh)

    async def start(self) -> None:
        """Check, read the model, join the group."""
        settings, names = self._settings, self._names
        if not settings.erasure_salt:
            log.warning("STREAMPROCESSOR_ERASURE_SALT is empty: who was erased could be told by trying ids")
        clients = client_settings(settings)
        found = await check_broker(settings, clients, self._layout)
        self._metrics.clock_skew.set(found.clock_skew_ms / 1000)
        self._watch = ModelWatch(names["models"], lambda: new_reader(clients), self._model_changed)
        model = await self._watch.start()
        self._membership = take_name(settings.data_path, self._group, settings.name)
        self._problems = ["waiting for an assignment"]
        self._compose(model, clients, self._membership.instance_id, found)
        assert self._app is not None
        await self._app.maybe_start()
        self._background = [asyncio.ensure_future(work) for work in (self._watch.follow(), self._measure_loop())]
        self._problems = []

    def _compose(self, model: Model, clients: ClientSettings, instance_id: str, found: BrokerFacts) -> None:
        settings, names = self._settings, self._names
        read = inputs(self._layout.topics)
        input_names = {topic.number: names[topic.name] for topic in read if topic.number is not None}
        short_names = {topic.number: topic.name for topic in read if topic.number is not None}
        lease = self._lease = Lease(int(settings.session_timeout_seconds * 1000), now_ms, asyncio.get_running_loop())
        outbox = Outbox(
            lambda: self._faust().producer._ensure_producer(),  # noqa: SLF001 - it starts when first asked for
            names["contacts-changelog"],
            names,
            lambda key: partition_of(key, found.partitions),
        )
        around = TaskContext(
            scorer=Scorer(model),
            hot_stages=HotStages(model),
            source=f"streamprocessor/{self._group}",
            decoders={topic.number: value_decoder_for(topic) for topic in read if topic.number is not None},
            topic_names=short_names,
            full_names=input_names,
            lease=lease,
            outbox=outbox,
            meter=Meter(self._metrics, short_names),
            partition_time_ms=lambda number: self._planes().partition_time_ms(number),
            flow=lambda number, wanted: self._faust().consumer.fetch_partition(number, wanted),
            longest_wait_seconds=lambda: lease.stamp_lasts_seconds / (len(self._planes().lanes) + 2),
            newer_model=self._watch.wait_for if self._watch else _no_model,
            give_up=give_up,
        )
        plane = self._plane = DataPlane(around, highwater_of(self._faust, input_names))
        reader = ChangelogReader(
            names["contacts-changelog"], lambda: new_reader(clients), self._metrics.recovery_remaining.set
        )
        table = Table(plane, reader, lease, outbox, self._metrics)
        table.topic_ids = found.topic_ids
        table.pseudonym = pseudonym_under(settings.erasure_salt)
        table.input_state = lambda numbers: input_states(self._faust().consumer, input_names, numbers)
        self._app = create_app(
            FaustSettings(
                bootstrap=settings.bootstrap,
                group=self._group,
                data_folder=settings.data_path / "faust",
                instance_id=instance_id,
                inputs=input_names,
                partitions=found.partitions,
                session_timeout_seconds=settings.session_timeout_seconds,
                commit_interval_seconds=settings.commit_interval_seconds,
                request_timeout_seconds=settings.request_timeout_seconds,
                credentials=faust_credentials(clients),
            ),
            DataPlaneParts(plane, lease, table.recover, give_up, self._committed, now_ms),
        )
        self._gauges.model(model)

    def _model_changed(self, model: Model) -> None:
        self._planes().use_scorer(Scorer(model))
        self._gauges.model(model)

    async def ended(self) -> None:
        """Return when Faust or a task of ours has ended by itself, which it never should."""
        done, _ = await asyncio.wait(
            [*self._background, asyncio.ensure_future(self._faust().wait_until_stopped())],
            return_when=asyncio.FIRST_COMPLETED,
        )
        for task in done:
            if task.exception() is not None:
                give_up(task.exception() or RuntimeError())
        log.error("the application ended by itself: %r", self._faust().crash_reason)

    async def stop(self) -> None:
        """Finish the steps in flight, commit them, leave."""
        self._problems = ["stopping"]
        for task in self._background:
            task.cancel()
        await self._faust().stop()
        if self._watch is not None:
            await self._watch.stop()
        self._membership.release()

    def _faust(self) -> faust.App:
        assert self._app is not None
        return self._app

    def _planes(self) -> DataPlane:
        assert self._plane is not None
        return self._plane

    def _committed(self, offsets: Mapping[TP, int], done: bool) -> None:
        self._gauges.committed({(tp.topic, tp.partition): offset for tp, offset in offsets.items()}, done)

    def _not_ready(self) -> list[str]:
        if self._problems or self._app is None or self._plane is None:
            return self._problems or ["starting"]
        problems = []
        if self._lease is not None and not self._lease.holds_at(now_ms()):
            problems.append("Kafka has not answered for a while")
        if self._app.rebalancing:
            problems.append("rebalancing")
        if self._app.unassigned is False and not self._plane.lanes:
            problems.append("recovering")
        if self._app.rebalancing_count == 0:
            problems.append("waiting for an assignment")
        return problems

    def _refresh(self) -> None:
        if self._plane is not None:
            self._gauges.refresh(self._plane)

    def _status(self) -> dict[str, Any]:
        status: dict[str, Any] = {"group": self._group, "not_ready": self._not_ready()}
        if self._plane is not None:
            status |= self._gauges.status(self._plane)
        return status

    async def _measure_loop(self) -> None:
        """Note how late the event loop wakes; now and then collect what reference counts alone don't free."""
        collected = time.monotonic()
        while True:
            before = time.monotonic()
            await asyncio.sleep(1.0)
            self._metrics.loop_lag.set(max(0.0, time.monotonic() - before - 1.0))
            if before - collected > COLLECT_EVERY_SECONDS:
                collected = before
                gc.collect()


def give_up(error: BaseException) -> NoReturn:
    """End the process at once: nothing of ours may run after a failed step.

    The exit code asks to be started anew, except where only a person can help.
    """
    if isinstance(error, OperatorError):
        log.critical("%s", error)
    else:
        log.critical("must restart: %s", error, exc_info=error)
    logging.shutdown()
    os._exit(EXIT_USAGE if isinstance(error, OperatorError) else EXIT_MUST_RESTART)


async def _within_stop_time(stopping: Coroutine[Any, Any, None]) -> None:
    """Stop in order; where Kafka is away and that can't be done, end all the same: nothing acknowledged is lost."""
    try:
        await asyncio.wait_for(stopping, STOP_SECONDS)
    except TimeoutError:
        log.warning("stopped without Kafka's answer; what it has not acknowledged is done again at the next start")
        logging.shutdown()
        os._exit(EXIT_DONE)


async def _no_model(revision: int) -> None:
    message = f"model revision {revision} is needed, and there is no models topic to wait for it"
    raise OperatorError(message)


async def _first_of(*awaitables: Any) -> None:
    tasks = [asyncio.ensure_future(awaitable) for awaitable in awaitables]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


def _settle_memory() -> None:
    """Records are bytes, which the collector need not visit; collecting by itself it costs microseconds an event."""
    gc.collect()
    gc.freeze()
    gc.disable()
