"""One worker process: its start, its work and its end."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, NoReturn

from streamprocessor.contract.model_file.revisions import ModelRevision, model_of
from streamprocessor.contract.topic_names import MODELS
from streamprocessor.contract.topics.roles import WORKER
from streamprocessor.errors import EXIT_DONE, EXIT_MUST_RESTART
from streamprocessor.kafka.admin.layout import layout_of, process_rights
from streamprocessor.kafka.clients import ClientSettings, new_reader
from streamprocessor.kafka.connection import client_settings
from streamprocessor.kafka.diagnosis.refusal import refusal_in
from streamprocessor.kafka.model_follower import ModelFollower
from streamprocessor.kafka.raw_fetch import use_raw_fetching
from streamprocessor.process.data_folder import keep_private
from streamprocessor.process.erasure_salt import erasure_salt
from streamprocessor.process.http.address_note import AddressNote, address_noted, local_url
from streamprocessor.process.http.operators import operators_of
from streamprocessor.process.http.serving import listening_socket, serving
from streamprocessor.process.lifecycle import first_of, stop_on_signals, tell_port
from streamprocessor.process.loop_watch import loop_watched
from streamprocessor.process.memory import settle_memory
from streamprocessor.process.stored_secrets import address_salt
from streamprocessor.process.telemetry.resources import measure_resources
from streamprocessor.process.telemetry.tracing import open_tracing
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.settings import Settings
from streamprocessor.stream.clock_skew import clock_skew_ms, follow_clock_skew
from streamprocessor.stream.composition import Composition
from streamprocessor.stream.gauges import Gauges
from streamprocessor.stream.group_readiness import GroupReadiness
from streamprocessor.stream.health import health_application
from streamprocessor.stream.membership import take_name
from streamprocessor.stream.metrics import Metrics, warnings_counted
from streamprocessor.stream.partition.data_plane import DataPlane
from streamprocessor.stream.process_end import exit_now, give_up
from streamprocessor.stream.startup import BrokerFacts, check_broker_once_reached
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
    keep_private(settings.data_path)
    salts = {
        "erasure_salt": erasure_salt(settings.erasure_salt, settings.data_path),
        "address_salt": address_salt(settings.address_salt, settings.data_path),
    }
    use_raw_fetching()
    stop = stop_on_signals()
    worker = Worker(settings.model_copy(update=salts))
    try:
        on_ready(await worker.serve())
        code = await worker.work_until(stop)
    except BaseException as error:
        await _within_stop_time(worker.end(), partial(give_up, worker.clients, error))
        raise
    await _within_stop_time(worker.end(), partial(exit_now, code))
    return code


class Worker:
    """What one worker process opens, one thing after the other; its end closes them in the opposite order.

    clients: how it reaches Kafka.
    """

    def __init__(self, settings: Settings) -> None:
        """Open nothing yet; raises OperatorError for settings of Kafka, of topics or of tracing that can't be."""
        self._settings = settings
        self.clients, self._layout = client_settings(settings), layout_of(settings)
        self._group = settings.group
        self._metrics = Metrics()
        self._gauges = Gauges(self._metrics)
        readiness = GroupReadiness(self.clients, self._layout, self._group)
        self._status = WorkerStatus(self._group, self._gauges, readiness)
        self._opened = AsyncExitStack()
        self._tracing = open_tracing(settings.otlp_endpoint, "worker")
        self._opened.callback(self._tracing.close)
        self._opened.push_async_callback(readiness.close)

    async def serve(self) -> int:
        """Answer over HTTP from now on; the port."""
        settings, status = self._settings, self._status
        listening = listening_socket("metrics", settings.metrics_host, settings.metrics_port)
        app = health_application(
            self._metrics.registry, status.group_not_ready, status.refresh, status.status, status.not_ready
        )
        await self._opened.enter_async_context(loop_watched(self._metrics.registry))
        measure_resources(self._metrics.registry, settings.data_path)
        operators = operators_of(settings.operator_networks, settings.trusted_proxies)
        port = await self._opened.enter_async_context(serving(app, listening, operators))
        tell_port(settings.port_file, port)
        note = AddressNote("worker", self._group, local_url(settings.metrics_host, port))
        self._opened.enter_context(address_noted(settings.data_path, note))
        return port

    async def work_until(self, stop: asyncio.Future[None]) -> int:
        """Start, and score until told to stop, or until something ends by itself; the exit code."""
        starting = asyncio.ensure_future(self._start())
        await first_of(starting, stop)
        if not starting.done():
            self._opened.push_async_callback(_cancel, starting)
            return EXIT_DONE
        working = starting.result()
        settle_memory(None)  # records are bytes, and collecting by itself costs microseconds an event
        await first_of(working, stop)
        return EXIT_DONE if stop.done() else EXIT_MUST_RESTART

    async def end(self) -> None:
        """Finish and commit what is under way, leave the group, and close all that was opened."""
        self._status.stopping()
        await self._opened.aclose()

    async def _start(self) -> asyncio.Future[None]:
        """Check, read the model, join the group; on return the worker works, and the future is done if it ever ends."""
        broker = await self._check()
        models = await self._read_model()
        membership = take_name(self._settings.data_path, self._group, self._settings.name)
        self._opened.callback(membership.release)
        self._status.name = membership.instance_id
        composition = Composition(
            self._settings, self.clients, self._layout, self._group, self._metrics, broker, self._tracing
        )
        plane, app = composition.compose(models, membership.instance_id, self._gauges.committed)
        self._status.observe(plane, app)
        self._opened.push_async_callback(app.stop)
        await app.maybe_start()
        return self._work(app, plane, models)

    async def _check(self) -> BrokerFacts:
        status = self._status
        broker = await check_broker_once_reached(self._settings, self.clients, self._layout, status.wait_for)
        status.wait_for("the model")
        self._metrics.clock_skew.set(broker.clock_skew_ms / 1000)
        self._metrics.partitions.set(broker.partitions)
        sender_log = logging.getLogger("aiokafka.producer.sender")
        self._opened.enter_context(warnings_counted(sender_log, self._metrics.produce_errors))
        return broker

    async def _read_model(self) -> ModelFollower:
        # A revision with the number of the one before it has other segments or names, which no score depends on.
        models = ModelFollower(self._layout.full_name(MODELS), new_reader(self.clients), with_segments=False)
        self._opened.push_async_callback(models.stop)
        await models.start()
        self._gauges.model(model_of(models.required()))
        return models

    def _work(self, app: Any, plane: DataPlane, models: ModelFollower) -> asyncio.Future[None]:
        """Follow model and clocks and collect garbage beside the application; done when one of them ends by itself."""

        def use_model(revision: ModelRevision) -> None:
            newer = model_of(revision)
            plane.use_scorer(Scorer(newer))
            self._gauges.model(newer)

        clocks = follow_clock_skew(
            partial(clock_skew_ms, self.clients, self._layout.full_name(MODELS)),
            self._metrics.clock_skew.set,
            self._settings.max_clock_skew_seconds,
        )
        rights = process_rights(self._settings, self.clients, WORKER)
        work = (models.follow(use_model), clocks, rights.watch(), _collect_garbage())
        background = [asyncio.ensure_future(each) for each in work]
        for task in background:
            self._opened.callback(task.cancel)
        return asyncio.ensure_future(_ended(self.clients, app, background))


async def _ended(clients: ClientSettings, app: Any, background: Sequence[asyncio.Future[Any]]) -> None:
    """Return when Faust or a task of ours has ended by itself, which it never should."""
    done, _ = await asyncio.wait(
        [*background, asyncio.ensure_future(app.wait_until_stopped())], return_when=asyncio.FIRST_COMPLETED
    )
    for task in done:
        error = task.exception()
        if error is not None:
            give_up(clients, error)
    refused = refusal_in(app.crash_reason, clients, WORKER)
    if refused is not None:
        give_up(clients, refused)
    log.error("the application ended by itself: %r", app.crash_reason)


async def _collect_garbage() -> None:
    """Now and then collect what reference counts alone don't free."""
    while True:
        await asyncio.sleep(COLLECT_EVERY_SECONDS)
        gc.collect()


async def _within_stop_time(ending: Coroutine[Any, Any, None], end_now: Callable[[], NoReturn]) -> None:
    """End in order; where Kafka is away and that can't be done, end all the same: nothing acknowledged is lost."""
    ended, _ = await asyncio.wait([asyncio.ensure_future(ending)], timeout=STOP_SECONDS)
    if not ended:
        log.warning("stopped without Kafka's answer; what it has not acknowledged is done again at the next start")
        end_now()
    for task in ended:
        task.result()


async def _cancel(task: asyncio.Future[Any]) -> None:
    task.cancel()
    await asyncio.wait([task])
