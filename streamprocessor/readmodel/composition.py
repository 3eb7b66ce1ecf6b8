"""One api process, put together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer

from streamprocessor.contract.subscriptions.webhook_targets import hosts_of
from streamprocessor.contract.topic_names import CONTACT_UPDATES, MODELS, SUBSCRIPTIONS
from streamprocessor.contract.topics.asyncapi import read_folder
from streamprocessor.errors import EXIT_DONE, MustRestart, StreamprocessorError
from streamprocessor.kafka.admin.cluster import READ, WRITE
from streamprocessor.kafka.admin.reconcile import end_offsets, refuse_unless_allowed, topic_ids
from streamprocessor.kafka.clients import ClientSettings, new_reader
from streamprocessor.process.clock import now_ms
from streamprocessor.process.lifecycle import stop_on_signals, tell_port
from streamprocessor.process.serving import Server, listening_socket
from streamprocessor.readmodel.api.openapi import openapi
from streamprocessor.readmodel.api.routes import application
from streamprocessor.readmodel.endpoints.context import ApiContext, Gateways, Tell
from streamprocessor.readmodel.endpoints.hot_lead_stream import Live
from streamprocessor.readmodel.gateways.delivery_client import DeliveryClient
from streamprocessor.readmodel.gateways.eraser import Eraser
from streamprocessor.readmodel.gateways.import_jobs import Importing, ImportJobs
from streamprocessor.readmodel.gateways.subscription_topic import SubscriptionTopic
from streamprocessor.readmodel.metrics import Metrics
from streamprocessor.readmodel.problem import place_of
from streamprocessor.readmodel.projection.changes import PROJECTED
from streamprocessor.readmodel.projection.models import ActiveModel
from streamprocessor.readmodel.projection.projector import Projector
from streamprocessor.readmodel.requests.sessions import Sessions
from streamprocessor.readmodel.requests.tokens import Tokens
from streamprocessor.readmodel.store.database import open_database
from streamprocessor.scoring.model.model import DAY_MS
from streamprocessor.settings import Settings

_MOST_AT_ONCE = 1_000


class Around(NamedTuple):
    """What an api process is given by others.

    topics: full names by short ones. tokens: `name/scope+scope` → token. answer, export: as in House. delivery_token:
    what lets us in to the delivery process.
    """

    clients: ClientSettings
    topics: Mapping[str, str]
    tokens: Mapping[str, str]
    answer: Tell
    export: Tell
    importing: Importing
    delivery_token: str


async def run_api(settings: Settings, around: Around, on_ready: Callable[[int], None]) -> int:
    """Project and answer until a signal says to stop; the exit code.

    on_ready is called with the port once requests are answered, be the tables up to date or not: /readyz says so.

    Raises:
        OperatorError: something at start is not as it must be; the sentence says what to do.
        MustRestart: projecting broke down.
    """
    clients, topics = around.clients, around.topics
    await refuse_unless_allowed(clients, {topics[name]: READ for name in (*PROJECTED, MODELS, SUBSCRIPTIONS)})
    await refuse_unless_allowed(clients, {topics[name]: WRITE for name in (CONTACT_UPDATES, SUBSCRIPTIONS)})
    listening = listening_socket("api", settings.api_host, settings.api_port)
    metrics = Metrics()
    tokens = Tokens(around.tokens)
    engine = await asyncio.to_thread(open_database, settings.database_url, database_file(settings))
    models = ActiveModel(topics[MODELS], new_reader(clients))
    projector = Projector(engine, await _projected(clients, topics), new_reader(clients), models, metrics)
    producer = AIOKafkaProducer(**clients.arguments(), acks="all", enable_idempotence=True)
    errands = _errands(settings, around, producer)
    house = ApiContext(
        engine=engine,
        scorer=lambda: models.scorer,
        model_text=lambda: models.text,
        tokens=tokens,
        sessions=Sessions(tokens, around.tokens, now_ms),
        answer=around.answer,
        export=around.export,
        metrics=metrics,
        clock_ms=now_ms,
        errands=errands,
    )
    live = Live(house)
    projector.on_written = live.wake
    app = application(house, live, lambda: _not_ready(projector), _description(settings))
    stop = stop_on_signals()
    tasks: list[asyncio.Task[Any]] = []
    try:
        await models.start()
        await projector.start()
        await producer.start()
        await errands.subscriptions.start()
        history_ms = int(settings.history_days * DAY_MS)
        work = (projector.run(history_ms), models.follow(), errands.subscriptions.follow())
        tasks = [_ending(each, stop) for each in work]
        port = listening.getsockname()[1]
        tell_port(settings.port_file, port)
        on_ready(port)
        stop.add_done_callback(lambda _: live.stop())
        await Server(app, most_at_once=_MOST_AT_ONCE).run_until(stop, listening)
    finally:
        listening.close()
        broken = await _ended(tasks)
        await errands.imports.stop()
        await asyncio.gather(
            models.stop(), projector.stop(), errands.subscriptions.stop(), producer.stop(), errands.delivery.close()
        )
        engine.dispose()
    if broken is not None:
        raise broken
    return EXIT_DONE


def database_file(settings: Settings) -> Path:
    """Where the tables are, unless a setting names a server; one file for each application."""
    return settings.data_path / f"{_own_name(settings)}.read-model.sqlite"


def _own_name(settings: Settings) -> str:
    return f"{settings.topic_prefix}{settings.app_id}"


def _errands(settings: Settings, around: Around, producer: AIOKafkaProducer) -> Gateways:
    clients, topics = around.clients, around.topics
    imports_folder = settings.data_path / f"{_own_name(settings)}.imports"
    return Gateways(
        eraser=Eraser(producer, topics[CONTACT_UPDATES]),
        subscriptions=SubscriptionTopic(topics[SUBSCRIPTIONS], new_reader(clients), producer),
        delivery=DeliveryClient(_delivery_address(settings), around.delivery_token),
        imports=ImportJobs(imports_folder, around.importing, settings.import_max_bytes, now_ms),
        allowed_hosts=hosts_of(settings.delivery_allowed_hosts),
        mappings=Path(settings.mappings_dir),
    )


def _delivery_address(settings: Settings) -> str:
    return settings.delivery_url or f"http://{settings.delivery_host}:{settings.delivery_port}"


def _description(settings: Settings) -> dict[str, Any]:
    subscription = read_folder(Path(settings.topics_dir)).schemas["subscription.json"]
    return openapi(version("streamprocessor"), subscription)


async def _projected(clients: ClientSettings, topics: Mapping[str, str]) -> dict[str, tuple[str, str, int]]:
    names = {topics[short]: short for short in PROJECTED}
    ids = await topic_ids(clients, names)
    ends = await end_offsets(clients, names)
    return {name: (short, ids[name], sum(1 for topic, _ in ends if topic == name)) for name, short in names.items()}


def _not_ready(projector: Projector) -> list[str]:
    reasons = [] if projector.is_current else ["the read model is being brought up to date"]
    return reasons if projector.has_database else [*reasons, "the database is away"]


def _ending(work: Coroutine[Any, Any, None], stop: asyncio.Future[None]) -> asyncio.Task[None]:
    """The work as a task that ends the process when it ends."""
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda _: None if stop.done() else stop.set_result(None))
    return task


async def _ended(tasks: list[asyncio.Task[Any]]) -> StreamprocessorError | None:
    """Why one of the tasks had ended by itself; None: none had."""
    broken: StreamprocessorError | None = None
    for task in tasks:
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            broken = error if isinstance(error, StreamprocessorError) else _broke_down(error)
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return broken


def _broke_down(error: BaseException) -> MustRestart:
    return MustRestart(f"api: the read model can't be kept up to date: {place_of(error)}")
