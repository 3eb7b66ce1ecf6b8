"""One delivery process, put together."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from streamprocessor.contract.foreign_text import shown_text
from streamprocessor.contract.rfc3339 import parse_rfc3339
from streamprocessor.contract.subscriptions.page_links import read_page_url
from streamprocessor.contract.subscriptions.subscription_file import SubscriptionFile, read_subscription_file
from streamprocessor.contract.subscriptions.webhook_targets import hosts_of
from streamprocessor.contract.topic_names import (
    BECAME_HOT_LEAD,
    CONTACTS_CHANGELOG,
    MODELS,
    SCORE_UPDATED,
    SUBSCRIPTIONS,
)
from streamprocessor.contract.topics.roles import DELIVERY
from streamprocessor.contract.topics.topics import Topic
from streamprocessor.delivery.consumer import AnnouncementConsumer
from streamprocessor.delivery.dispatch.attempt_stream import AttemptStream
from streamprocessor.delivery.dispatch.digest_clock import send_digests_when_due
from streamprocessor.delivery.dispatch.dispatcher import DispatchContext
from streamprocessor.delivery.dispatch.dispatchers import Dispatchers
from streamprocessor.delivery.dispatch.drafts import Drafts
from streamprocessor.delivery.dispatch.mail_sender import MailSender
from streamprocessor.delivery.dispatch.mail_server import mail_server_of
from streamprocessor.delivery.dispatch.sender import Sender
from streamprocessor.delivery.dispatch.senders import Senders
from streamprocessor.delivery.draft_routes import DraftRoutes
from streamprocessor.delivery.enrichment.contact_projection import ContactProjection
from streamprocessor.delivery.enrichment.enricher import Enricher
from streamprocessor.delivery.inbox.opening import InboxParts, inbox_plan_of, open_inbox, read_rules
from streamprocessor.delivery.metrics import Metrics
from streamprocessor.delivery.readiness import Readiness
from streamprocessor.delivery.routes import Routes
from streamprocessor.delivery.secret_vault import SecretVault
from streamprocessor.delivery.store.database import Database
from streamprocessor.delivery.store.store import Store
from streamprocessor.delivery.store.store_thread import StoreThread
from streamprocessor.delivery.subscription_topic import SubscriptionTopic
from streamprocessor.delivery.subscriptions.kept_secrets import KeptSecrets
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.delivery.subscriptions.resolve import SubscriptionResolver
from streamprocessor.delivery.subscriptions.secret_box import SecretBox
from streamprocessor.delivery.subscriptions.secret_references import SecretReferences
from streamprocessor.delivery.subscriptions.segments import Segments
from streamprocessor.errors import EXIT_DONE, OperatorError
from streamprocessor.kafka.admin.layout import process_rights
from streamprocessor.kafka.broker_wait import is_reached
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.diagnosis.refusal import refusals_named
from streamprocessor.process.clock import now_ms
from streamprocessor.process.data_folder import keep_private
from streamprocessor.process.files.locks import Lock, claim
from streamprocessor.process.http.address_note import AddressNote, address_noted, local_url
from streamprocessor.process.http.health import STOPPING
from streamprocessor.process.http.operators import operators_of
from streamprocessor.process.http.serving import listening_socket, serving
from streamprocessor.process.http.starting import with_health_answered
from streamprocessor.process.lifecycle import first_of, run_until, stop_on_signals, tell_port
from streamprocessor.process.loop_watch import loop_watched
from streamprocessor.process.stored_secrets import stored_token
from streamprocessor.process.telemetry.resources import measure_resources
from streamprocessor.process.telemetry.tracing import open_tracing
from streamprocessor.settings import Settings

PRUNE_SECONDS = 600.0
FINISH_SECONDS = 5.0  # with the server's end, less than a supervisor waits
_EVENTS = (BECAME_HOT_LEAD, SCORE_UPDATED)

log = logging.getLogger(__name__)


async def run_delivery(
    settings: Settings, clients: ClientSettings, topics: Mapping[str, Topic], environment: Mapping[str, str]
) -> int:
    """Deliver until a signal says to stop; the exit code.

    topics: by their names on the broker. environment: for the secrets that subscriptions refer to.

    Raises:
        OperatorError: something at start is not as it must be; the sentence says what to do.
        MustRestartError: the database or Kafka can't be used any more.
    """
    keep_private(settings.data_path)
    stop = stop_on_signals()
    since_ms = _instant(settings.delivery_since)
    file = Path(settings.subscriptions)
    subscription_file = read_subscription_file(file) if settings.subscriptions else SubscriptionFile()
    inbox_rules = read_rules(settings.inbox)
    page_url, mail_server = read_page_url(settings.page_url), mail_server_of(settings)
    full = {topic.name: full_name for full_name, topic in topics.items()}
    metrics, attempt_stream = Metrics(), AttemptStream()
    rights = process_rights(settings, clients, DELIVERY)
    rights = replace(rights, optional=frozenset(full[name] for name in (MODELS, SUBSCRIPTIONS, CONTACTS_CHANGELOG)))
    tracing = open_tracing(settings.otlp_endpoint, "delivery")
    async with AsyncExitStack() as opened:
        opened.callback(tracing.close)
        listening = listening_socket("delivery", settings.delivery_host, settings.delivery_port)
        opened.callback(listening.close)
        tell_port(settings.port_file, listening.getsockname()[1])
        if not await is_reached(clients, stop, listening, metrics.registry):
            return EXIT_DONE
        await rights.refuse_where_missing()
        segments = Segments(clients, full[MODELS])
        opened.push_async_callback(segments.stop)
        await segments.start()
        phrases = Phrases(
            subscription_file.calendar,
            subscription_file.rule_words,
            subscription_file.name_from,
            lambda: segments.display,
            page_url,
        )
        hosts = hosts_of(settings.delivery_allowed_hosts)
        secrets = SecretReferences(environment, Path())
        mail_sender = mail_server.sender if mail_server else None
        kept = KeptSecrets(SecretBox(settings.data_path), now_ms)
        resolver = SubscriptionResolver(secrets, file.parent, hosts, phrases, segments, kept, mail_sender)
        operators = operators_of(settings.operator_networks, settings.trusted_proxies)
        opening = opened.enter_async_context(_open_store(settings))
        store_thread = await with_health_answered(opening, listening, metrics.registry, "waiting for the database")
        vault = SecretVault(store_thread, kept)
        await vault.open()
        plans = [resolver.plan_of(subscription) for subscription in subscription_file.subscriptions]
        inbox_plan = inbox_plan_of(inbox_rules, resolver)
        sender = Sender(settings.delivery_timeout_seconds)
        opened.push_async_callback(sender.close)
        mails = None
        if mail_server is not None:
            mails = MailSender(mail_server, settings.delivery_timeout_seconds, metrics.recipients_refused.inc)
        context = DispatchContext(
            Senders(sender, mails).send, store_thread, metrics, attempt_stream.tell, now_ms, random.random, tracing
        )
        projection = ContactProjection(
            clients, full[CONTACTS_CHANGELOG], store_thread, metrics, everybody=inbox_plan is not None
        )
        opened.push_async_callback(projection.stop)
        enricher = Enricher(store_thread, projection, segments, None if inbox_plan is None else inbox_plan.attributes)
        fixed = frozenset(plan.subscription.name for plan in plans)
        dispatchers = Dispatchers(context, enricher, fixed if inbox_plan is None else fixed | inbox_plan.names)
        opened.push_async_callback(dispatchers.close)
        for plan in plans:
            await dispatchers.put(plan)
        of_the_topic, env_prefix = _of_the_topic(settings, resolver), settings.delivery_secrets_env_prefix
        drafts = Drafts(of_the_topic, env_prefix, context, f"streamprocessor/{settings.group}")
        plan_of = partial(drafts.resolver.bounded_plan_of, env_prefix=drafts.env_prefix)
        subscription_topic = SubscriptionTopic(clients, full[SUBSCRIPTIONS], plan_of, vault.erase)
        opened.push_async_callback(subscription_topic.stop)
        await subscription_topic.start(dispatchers)
        inbox_works: list[Coroutine[Any, Any, None]] = []
        if inbox_plan is not None:
            parts = InboxParts(clients, full, store_thread, enricher, dispatchers)
            inbox_works = await open_inbox(opened, inbox_plan, parts, since_ms)
        await dispatchers.give_up_the_rest()
        consumer = AnnouncementConsumer(clients, {full[event]: event for event in _EVENTS}, metrics)
        opened.push_async_callback(consumer.stop)
        await consumer.start(store_thread, since_ms)
        token = stored_token(settings.delivery_secret, settings.data_path)
        readiness = Readiness(store_thread, partial(_stopping, stop), consumer.missing, projection.missing)
        routes = Routes(dispatchers, context, attempt_stream, readiness, DraftRoutes(drafts, vault))
        await opened.enter_async_context(loop_watched(metrics.registry))
        measure_resources(metrics.registry, settings.data_path)
        port = await opened.enter_async_context(serving(routes.application(token), listening, operators))
        note = AddressNote("delivery", settings.group, local_url(settings.delivery_host, port))
        opened.enter_context(address_noted(settings.data_path, note))
        opened.callback(attempt_stream.close)
        log.info("delivering; metrics and health on http://%s:%d", settings.delivery_host, port)
        log.info("%d subscriptions in force", len(list(dispatchers)))
        own = (store_thread.run(), store_thread.checkpoint(), _prune(store_thread), rights.watch())
        tidied = _tidy(vault, kept, dispatchers, subscription_topic)
        followed = (segments.run(), projection.run(), subscription_topic.run(dispatchers))
        digests = send_digests_when_due(dispatchers, now_ms)
        work = (*own, *followed, tidied, digests, consumer.run(dispatchers), *inbox_works)
        finished = asyncio.ensure_future(_finished_after(stop, dispatchers))
        opened.callback(finished.cancel)
        with refusals_named(clients, DELIVERY):
            await run_until(finished, dispatchers.failed, *work)
    return EXIT_DONE


def _instant(text: str) -> int | None:
    """The setting's instant, in epoch milliseconds; None: it is not set. Raises OperatorError where it is none."""
    instant_ms = parse_rfc3339(text) if text else None
    if text and instant_ms is None:
        message = (
            f"STREAMPROCESSOR_DELIVERY_SINCE: wanted an instant such as 2026-11-30T08:00:00Z; got {shown_text(text)}"
        )
        raise OperatorError(message)
    return instant_ms


async def _finished_after(stop: asyncio.Future[None], dispatchers: Dispatchers) -> None:
    """Return once `stop` is done and what was being sent by then has been answered, or has taken FINISH_SECONDS."""
    await first_of(stop)
    await dispatchers.finish(FINISH_SECONDS)


def _stopping(stop: asyncio.Future[None]) -> list[str]:
    return [STOPPING] if stop.done() else []


def _of_the_topic(settings: Settings, of_the_file: SubscriptionResolver) -> SubscriptionResolver:
    """What resolves the subscriptions of the topic: their files lie in the folders of the settings."""
    folder = Path(settings.delivery_secrets_dir) if settings.delivery_secrets_dir else settings.data_path / "secrets"
    secrets = replace(of_the_file.secrets, folder=folder)
    return replace(of_the_file, secrets=secrets, templates=Path(settings.delivery_templates_dir))


@asynccontextmanager
async def _open_store(settings: Settings) -> AsyncIterator[StoreThread]:
    """The store on the database of the settings, in a thread of its own, for this process alone."""
    folder = settings.data_path
    name = f"{settings.topic_prefix}delivery"
    with _alone(folder / f"{name}.lock"):
        url = settings.delivery_database or f"sqlite:///{(folder / name).resolve()}.sqlite"
        store_thread = StoreThread(await asyncio.to_thread(lambda: Store(Database(url))))
        try:
            yield store_thread
        finally:
            await store_thread.close()


def _alone(file: Path) -> Lock:
    lock = claim(file)
    if lock is None:
        message = f"{file}: another delivery runs on this data folder; wanted one alone, or another --data-dir"
        raise OperatorError(message)
    return lock


async def _tidy(vault: SecretVault, kept: KeptSecrets, dispatchers: Dispatchers, topic: SubscriptionTopic) -> None:
    """Keep no secret for ever that no subscription names."""
    while topic.is_followed:
        subscriptions = [dispatcher.plan.subscription for dispatcher in dispatchers]
        named = {subscription.name: kept.in_use(subscription.secrets) for subscription in subscriptions}
        await vault.tidy(named, dispatchers.refused, now_ms())
        await asyncio.sleep(PRUNE_SECONDS)
    await asyncio.Event().wait()  # without the topic nobody knows who has ended


async def _prune(store_thread: StoreThread) -> None:
    while True:
        await store_thread.ask(lambda store: store.prune(now_ms()))
        await asyncio.sleep(PRUNE_SECONDS)
