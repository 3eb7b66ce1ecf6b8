"""The process of `shadow`: a worker of the shadow's application as its child, and what compares beside it."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from streamprocessor.cli.local.local_processes import command_of
from streamprocessor.cli.shadow.copied_table import CopiedTable
from streamprocessor.cli.shadow.shadow_application import ShadowApplication, shadow_application, shadow_settings
from streamprocessor.contract.model_file.revisions import ModelRevision
from streamprocessor.contract.topic_names import MODELS
from streamprocessor.errors import EXIT_DONE, BrokerAwayError, OperatorError
from streamprocessor.kafka.broker_wait import is_reached
from streamprocessor.kafka.clients import new_reader
from streamprocessor.kafka.model_follower import ModelFollower
from streamprocessor.process.data_folder import keep_private
from streamprocessor.process.files.locks import Lock, claim
from streamprocessor.process.http.address_note import AddressNote, address_noted, local_url
from streamprocessor.process.http.health import STOPPING
from streamprocessor.process.http.operators import operators_of
from streamprocessor.process.http.serving import listening_socket, serving
from streamprocessor.process.lifecycle import first_of, run_until, stop_on_signals, tell_port
from streamprocessor.process.loop_watch import loop_watched
from streamprocessor.process.stored_secrets import stored_token
from streamprocessor.process.supervisor import Child, Supervisor
from streamprocessor.process.telemetry.resources import measure_resources
from streamprocessor.settings import Settings
from streamprocessor.shadow.candidate import Candidate, candidate_of_revision
from streamprocessor.shadow.metrics import Metrics
from streamprocessor.shadow.routes import ShadowRoutes
from streamprocessor.shadow.watch import ShadowWatch, WatchedSide, nothing_yet

log = logging.getLogger(__name__)


async def run_shadow(settings: Settings, candidate: Candidate | None, worker_options: dict[str, str]) -> int:
    """Score candidates, one after the other, until a signal says to stop; the exit code.

    candidate: the first one; None: the one that was scored last, or whichever the API names.
    worker_options: of the worker, beside the settings.

    Raises OperatorError where something at start is not as it must be; the sentence says what to do.
    """
    keep_private(settings.data_path)
    application = shadow_application(settings)
    stop = stop_on_signals()
    async with AsyncExitStack() as opened:
        opened.callback(_claimed(settings).release)
        metrics = Metrics()
        listening = listening_socket("shadow", settings.shadow_host, settings.shadow_port)
        opened.callback(listening.close)
        if not await is_reached(application.live.clients, stop, listening, metrics.registry):
            return EXIT_DONE
        await application.refuse_without_rights()
        child = Child("the shadow's worker", command_of(shadow_settings(settings), "worker", worker_options))
        process = ShadowProcess(application, child, metrics, stop)
        await process.begin(candidate)
        routes = ShadowRoutes(process, metrics, process.tell_metrics).application(
            stored_token(settings.delivery_secret, settings.data_path)
        )
        await opened.enter_async_context(loop_watched(metrics.registry))
        measure_resources(metrics.registry, settings.data_path)
        operators = operators_of(settings.operator_networks, settings.trusted_proxies)
        port = await opened.enter_async_context(serving(routes, listening, operators))
        tell_port(settings.port_file, port)
        note = AddressNote("shadow", settings.group, local_url(settings.shadow_host, port))
        opened.enter_context(address_noted(settings.data_path, note))
        log.info("comparing; metrics, health and API on http://%s:%d", settings.shadow_host, port)
        await process.work()
    return EXIT_DONE


class ShadowProcess:
    """Scores one candidate after the other: each begins with a copy of the live table.

    candidate: the one that is scored, or is to be; None: there is none.
    """

    def __init__(
        self, application: ShadowApplication, worker: Child, metrics: Metrics, stop: asyncio.Future[None]
    ) -> None:
        """worker: of the shadow's application. stop: done once a signal says to stop."""
        self._application, self._worker, self._metrics, self._stop = application, worker, metrics, stop
        self.candidate: Candidate | None = None
        self._revision: ModelRevision | None = None
        self._watch: ShadowWatch | None = None
        self._failure = ""
        self._is_asked_over_http = False
        self._changed = asyncio.Event()

    async def begin(self, candidate: Candidate | None) -> None:
        """Go on with the candidate whose table is there; with the one given, where that is another or none."""
        self._revision = revision = await self._application.candidate()
        if revision is not None:
            self.candidate = candidate_of_revision(revision)
        if candidate is not None and candidate != self.candidate:
            self.candidate, self._revision = candidate, None

    def want(self, candidate: Candidate | None) -> None:
        """Have this candidate scored instead of the former one; None: none any more."""
        self.candidate, self._revision, self._failure = candidate, None, ""
        self._is_asked_over_http = True
        self._changed.set()

    def not_ready(self) -> list[str]:
        """Why there is no comparison yet, in words."""
        if self._stop.done():
            return [STOPPING]
        if self.candidate is None or (self._watch is not None and self._watch.is_current):
            return []
        return [self._failure or "the candidate begins: its table is being made and read"]

    def tell_metrics(self) -> None:
        """Bring the metrics up to date."""
        if self._watch is not None:
            self._watch.tell_metrics()

    def answer(self) -> dict[str, Any]:
        """How the candidate compares, as far as is known by now."""
        if self.candidate is None:
            return {"candidate": None}
        if self._watch is None:
            return nothing_yet(self.candidate, self._failure)
        return self._watch.answer()

    async def work(self) -> None:
        """Score candidates until a signal says to stop; raises OperatorError or KafkaError where that can't go on."""
        while not self._stop.done():
            self._changed.clear()
            if self._revision is None:
                await run_until(self._stop, self._prepare())
            else:
                await self._score(self._revision)

    async def _prepare(self) -> None:
        """Delete what the former candidate made, and make the table of the one that is wanted; or wait for one."""
        candidate = self.candidate
        try:
            self._metrics.forget()
            await self._application.remove()
            if candidate is not None:
                revision = await CopiedTable(self._application, log.info).copy(candidate.text)
                if self.candidate == candidate:
                    self._revision = revision
                return
        except BrokerAwayError:
            raise
        except OperatorError as error:
            if not self._is_asked_over_http:
                raise
            self._failure = str(error)
            log.error("the candidate can't be scored: %s", error)
        await self._changed.wait()

    async def _score(self, revision: ModelRevision) -> None:
        """Have the candidate scored until another is wanted, or a signal says to stop."""
        supervisor = Supervisor([self._worker], log.warning)
        scoring = asyncio.ensure_future(supervisor.run())  # signals are its own for that long
        stopping = asyncio.ensure_future(supervisor.until_stopped())
        comparing = asyncio.ensure_future(self._compare(revision))
        changing = asyncio.ensure_future(self._changed.wait())
        try:
            await first_of(stopping, comparing, changing, self._stop)
            if stopping.done() and not self._stop.done():
                self._stop.set_result(None)
            if comparing.done():
                comparing.result()
        finally:
            self._watch = None
            for task in (stopping, comparing, changing):
                task.cancel()
            supervisor.stop()
            await asyncio.gather(stopping, comparing, changing, scoring, return_exceptions=True)
        if not self._stop.done():
            self._stop = stop_on_signals()

    async def _compare(self, revision: ModelRevision) -> None:
        """Compare for ever; where another model comes in force, begin anew with that one."""
        live, own = self._application
        models = ModelFollower(live.layout.full_name(MODELS), new_reader(live.clients), with_segments=True)
        try:
            await models.start()
            while True:
                newer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                sides = WatchedSide(live.layout, models.required()), WatchedSide(own.layout, revision)
                self._watch = ShadowWatch(live.clients, *sides, self._metrics)
                await run_until(newer, models.follow(partial(_note_newer, newer)), self._watch.run())
        finally:
            await models.stop()


def _note_newer(newer: asyncio.Future[None], _: ModelRevision) -> None:
    if not newer.done():
        newer.set_result(None)


def _claimed(settings: Settings) -> Lock:
    file = settings.data_path / f"{settings.group}.shadow.lock"
    lock = claim(file)
    if lock is None:
        message = f"{file}: another shadow runs on this data folder; wanted one alone, or another --data-dir"
        raise OperatorError(message)
    return lock
