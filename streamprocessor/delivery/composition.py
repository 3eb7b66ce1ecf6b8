"""One delivery process, put together."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from aiokafka.errors import KafkaError

from streamprocessor.contract.messages.announcements import BECAME_HOT_LEAD, SCORE_UPDATED
from streamprocessor.contract.subscriptions.subscription_file import SubscriptionFile, read_subscription_file
from streamprocessor.contract.subscriptions.webhook_targets import hosts_of
from streamprocessor.contract.topics.topics import Topic
from streamprocessor.delivery.consumer import AnnouncementConsumer
from streamprocessor.delivery.dispatch.attempt_stream import AttemptStream
from streamprocessor.delivery.dispatch.dispatcher import DispatchContext
from streamprocessor.delivery.dispatch.dispatchers import Dispatchers
from streamprocessor.delivery.dispatch.sender import Sender
from streamprocessor.delivery.enrichment.contact_projection import ContactProjection
from streamprocessor.delivery.enrichment.enricher import Enricher
from streamprocessor.delivery.metrics import Metrics
from streamprocessor.delivery.readiness import Readiness
from streamprocessor.delivery.routes import Routes
from streamprocessor.delivery.store.database import Database
from streamprocessor.delivery.store.store import Store
from streamprocessor.delivery.store.store_thread import StoreThread
from streamprocessor.delivery.subscription_topic import SubscriptionTopic
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.delivery.subscriptions.resolve import SubscriptionResolver
from streamprocessor.delivery.subscriptions.segments import Segments
from streamprocessor.errors import EXIT_DONE, MustRestart, OperatorError
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.process.clock import now_ms
from streamprocessor.process.kept_secrets import kept_token
from streamprocessor.process.lifecycle import stop_on_signals, tell_port
from streamprocessor.process.serving import listening_socket
from streamprocessor.settings import Settings

PRUNE_SECONDS = 600.0
STOP_SECONDS = 1.0
_EVENTS = (BECAME_HOT_LEAD, SCORE_UPDATED)

log = logging.getLogger(__name__)


async def run_delivery(
    settings: Settings,
    clients: ClientSettings,
    topics: Mapping[str, Topic],
    environment: Mapping[str, str],
    on_ready: Callable[[int], None],
) -> int:
    """Deliver until a signal says to stop; the exit code.

    topics: by their names on the broker. environment: for the secrets that subscriptions refer to. on_ready is called
    with the port once announcements are read.

    Raises:
        OperatorError: something at start is not as it must be; the sentence says what to do.
        MustRestart: the database or Kafka can't be used any more.
    """
    stop = stop_on_signals()
    file = Path(settings.subscriptions)
    said = read_subscription_file(file) if settings.subscriptions else SubscriptionFile()
    wording = Phrases(said.calendar, said.rule_words, said.name_from)
    full = {topic.name: full_name for full_name, topic in topics.items()}
    metrics, watchers = Metrics(), AttemptStream()
    async with AsyncExitStack() as opened:
        segments = Segments(clients, full["models"])
        opened.push_async_callback(segments.stop)
        await segments.start()
        hosts = hosts_of(settings.delivery_allowed_hosts)
        surroundings = SubscriptionResolver(environment, file.parent, hosts, wording, segments)
        plans = [surroundings.plan_of(subscription) for subscription in said.subscriptions]
        journal = await opened.enter_async_context(_journal(settings))
        sender = Sender(settings.delivery_timeout_seconds)
        opened.push_async_callback(sender.close)
        world = DispatchContext(sender.post, journal, metrics, watchers.tell, now_ms, random.random)
        people = ContactProjection(clients, full["contacts-changelog"], journal, metrics)
        opened.push_async_callback(people.stop)
        outlets = Dispatchers(
            world, Enricher(journal, people, segments), frozenset(plan.subscription.name for plan in plans)
        )
        opened.push_async_callback(outlets.close)
        for plan in plans:
            await outlets.put(plan)
        told = SubscriptionTopic(clients, full["subscriptions"])
        opened.push_async_callback(told.stop)
        await told.start(outlets, surroundings)
        await outlets.give_up_the_rest()
        intake = AnnouncementConsumer(clients, {full[event]: event for event in _EVENTS}, metrics)
        opened.push_async_callback(intake.stop)
        await intake.start(journal)
        token = kept_token(settings.delivery_secret, settings.data_path)
        routes = Routes(outlets, world, watchers, Readiness(journal, intake.missing, people.missing), token)
        port = await _serve(routes.application(), settings, opened)
        tell_port(settings.port_file, port)
        on_ready(port)
        log.info("%d subscriptions in force", len(list(outlets)))
        own = (journal.run(), journal.checkpoint(), _prune(journal))
        followed = (segments.run(), people.run(), told.run(outlets, surroundings))
        work = (*own, *followed, intake.run(outlets))
        try:
            await _until_first(stop, outlets.failed, *map(asyncio.ensure_future, work))
        except KafkaError as error:
            message = f"delivery: Kafka can't be read any more: {error!r}"
            raise MustRestart(message) from error
    return EXIT_DONE


@asynccontextmanager
async def _journal(settings: Settings) -> AsyncIterator[StoreThread]:
    """The journal on the database of the settings, for this process alone."""
    folder = settings.data_path
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{settings.topic_prefix}delivery"
    with _alone(folder / f"{name}.lock"):
        url = settings.delivery_database or f"sqlite:///{(folder / name).resolve()}.sqlite"
        journal = StoreThread(Store(Database(url)))
        try:
            yield journal
        finally:
            await journal.close()


@contextmanager
def _alone(file: Path) -> Any:
    with file.open("w") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"{file}: another delivery runs on this data folder; wanted one alone, or another --data-dir"
            raise OperatorError(message) from error
        yield


async def _serve(app: web.Application, settings: Settings, opened: AsyncExitStack) -> int:
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    opened.push_async_callback(runner.cleanup)
    listening = listening_socket("delivery", settings.delivery_host, settings.delivery_port)
    await web.SockSite(runner, listening).start()
    chosen: int = runner.addresses[0][1]
    return chosen


async def _prune(journal: StoreThread) -> None:
    while True:
        await journal.ask(lambda store: store.prune(now_ms()))
        await asyncio.sleep(PRUNE_SECONDS)


async def _until_first(stop: asyncio.Future[None], *work: asyncio.Future[None]) -> None:
    """Return when told to stop; raises what ends any of the work before."""
    try:
        await asyncio.wait({stop, *work}, return_when=asyncio.FIRST_COMPLETED)
        for task in work:
            if task.done():
                task.result()
    finally:
        for task in work:
            task.cancel()
