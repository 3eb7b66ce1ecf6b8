"""One api process, put together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from streamprocessor.contract.changelog.pseudonyms import pseudonym_under
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.events import value_decoder_for
from streamprocessor.contract.model_file.checks.hints import KnownWords
from streamprocessor.contract.subscriptions.webhook_targets import hosts_of
from streamprocessor.contract.topic_names import ACTIVITIES, CONTACT_UPDATES, MODELS, SUBSCRIPTIONS
from streamprocessor.contract.topics.asyncapi import read_folder
from streamprocessor.contract.topics.roles import API
from streamprocessor.errors import EXIT_DONE
from streamprocessor.imports.proposals.file_proposal import propose
from streamprocessor.inbox.inbox_file import read_inbox_file
from streamprocessor.inbox.rules import InboxRules
from streamprocessor.kafka.admin.layout import layout_of, process_rights
from streamprocessor.kafka.admin.reconcile import end_offsets, topic_ids
from streamprocessor.kafka.broker_wait import is_reached
from streamprocessor.kafka.clients import LARGEST_REQUEST_BYTES, ClientSettings, new_reader
from streamprocessor.kafka.connection import client_settings
from streamprocessor.process.clock import now_ms
from streamprocessor.process.data_folder import keep_private
from streamprocessor.process.erasure_salt import erasure_salt
from streamprocessor.process.http.address_note import AddressNote, address_noted, local_url
from streamprocessor.process.http.client_address import ClientAddresses, networks_of
from streamprocessor.process.http.health import STOPPING
from streamprocessor.process.http.operators import operators_of
from streamprocessor.process.http.serving import Server, listening_socket
from streamprocessor.process.http.starting import with_health_answered
from streamprocessor.process.lifecycle import stop_on_signals, tell_port
from streamprocessor.process.loop_watch import loop_watched
from streamprocessor.process.stored_secrets import address_salt, stored_pairs, stored_token
from streamprocessor.process.telemetry.resources import measure_resources
from streamprocessor.readmodel.api.application import application
from streamprocessor.readmodel.api.openapi import openapi
from streamprocessor.readmodel.api.tasks import ended, ending
from streamprocessor.readmodel.audit import AuditFiles, AuditLog
from streamprocessor.readmodel.gateways.delivery_client import DeliveryClient
from streamprocessor.readmodel.gateways.eraser import Eraser
from streamprocessor.readmodel.gateways.import_files import ImportFiles
from streamprocessor.readmodel.gateways.import_folders import ImportFolders, claim_import_folders
from streamprocessor.readmodel.gateways.import_jobs import ImportJobs
from streamprocessor.readmodel.gateways.import_mappings import SavedMappings
from streamprocessor.readmodel.gateways.import_run import run_import
from streamprocessor.readmodel.gateways.lead_act_writer import LeadActWriter
from streamprocessor.readmodel.gateways.model_topic import ModelTopic
from streamprocessor.readmodel.gateways.shadow_client import ShadowClient, shadow_address
from streamprocessor.readmodel.gateways.subscription_store import SubscriptionStore
from streamprocessor.readmodel.gateways.trial.replay_jobs import ReplayJobs
from streamprocessor.readmodel.metrics import Metrics
from streamprocessor.readmodel.projection.catalogue_follower import CatalogueFollower, InputTopic
from streamprocessor.readmodel.projection.changes import PROJECTED
from streamprocessor.readmodel.projection.hot_lead_stream import HotLeadStreams
from streamprocessor.readmodel.projection.models import ActiveModel
from streamprocessor.readmodel.projection.projector import Projector
from streamprocessor.readmodel.requests.attempts import Attempts
from streamprocessor.readmodel.requests.sessions import Sessions
from streamprocessor.readmodel.requests.sign_in_links import SignInLinks
from streamprocessor.readmodel.requests.tokens import LOCAL, TOKENS_FILE, Tokens
from streamprocessor.readmodel.routing.context import ApiContext, Gateways
from streamprocessor.readmodel.store.access.access_store import access_file, open_access
from streamprocessor.readmodel.store.database import open_database
from streamprocessor.scoring.model.model import DAY_MS
from streamprocessor.settings import Settings

_LOCAL_GRANT = f"{LOCAL}/read+write+erase+model+tokens"  # on this machine it may do everything

log = logging.getLogger(__name__)


async def run_api(
    settings: Settings, known_words: KnownWords, on_answering: Callable[[str], None] = lambda _: None
) -> int:
    """Project and answer until a signal says to stop; the exit code.

    Requests are answered be the tables up to date or not: /readyz says so.
    known_words: what sources send, by which models are looked at. on_answering: is told where, once, as soon as
    requests are answered.

    Raises:
        OperatorError: something at start is not as it must be; the sentence says what to do.
        MustRestartError: projecting broke down.
    """
    keep_private(settings.data_path)
    addresses, audit = ClientAddresses(networks_of(settings.trusted_proxies)), _audit_log(settings)
    operators = operators_of(settings.operator_networks, settings.trusted_proxies)
    inbox = read_inbox_file(Path(settings.inbox)) if settings.inbox else InboxRules()
    salt = address_salt(settings.address_salt, settings.data_path)
    settings = settings.model_copy(update={"address_salt": salt})
    clients = client_settings(settings)
    topics = {topic.name: name for name, topic in layout_of(settings).names().items()}
    pairs = api_tokens(settings)
    tokens = Tokens(pairs)
    rights = process_rights(settings, clients, API)
    listening = listening_socket("api", settings.api_host, settings.api_port)
    tell_port(settings.port_file, listening.getsockname()[1])
    stop = stop_on_signals()
    metrics = Metrics()
    measure_resources(metrics.registry, settings.data_path)
    if not await is_reached(clients, stop, listening, metrics.registry):
        listening.close()
        return EXIT_DONE
    await rights.refuse_where_missing()
    opening = asyncio.to_thread(open_database, settings.database_url, database_file(settings))
    engine = await with_health_answered(opening, listening, metrics.registry, "waiting for the database")
    access = await asyncio.to_thread(open_access, engine, access_file(settings), now_ms)
    models = ActiveModel(topics[MODELS], new_reader(clients))
    projector = Projector(engine, await _projected(clients, topics), new_reader(clients), models, metrics)
    catalogue = CatalogueFollower(engine, await _inputs(settings, clients), new_reader(clients), models)
    producer = AIOKafkaProducer(
        **clients.arguments(), acks="all", enable_idempotence=True, max_request_size=LARGEST_REQUEST_BYTES
    )
    model_topic = ModelTopic(topics[MODELS], new_reader(clients), producer, now_ms, in_use=models.wait_for)
    folders = claim_import_folders(str(settings.data_path / settings.group))
    gateways = _gateways(settings, clients, topics, producer, folders)
    context = ApiContext(
        engine=engine,
        scorer=lambda: models.scorer,
        model_text=lambda: models.text,
        model_topic=model_topic,
        model_approvals=settings.model_approvals,
        tokens=tokens,
        access=access,
        sessions=Sessions(pairs, now_ms),
        attempts=Attempts(now_ms),
        client_addresses=addresses,
        audit=audit,
        metrics=metrics,
        clock_ms=now_ms,
        gateways=gateways,
        hot_lead_streams=HotLeadStreams(engine, metrics),
        contact_ids=ContactIds(settings.address_salt),
        known_words=known_words,
        inbox=inbox,
        sign_in_links=_sign_in_links(settings, pairs),
    )
    projector.on_written = context.hot_lead_streams.wake
    app = application(context, lambda: [STOPPING] if stop.done() else _not_ready(projector), _description(settings))
    tasks: list[asyncio.Task[Any]] = []
    try:
        await models.start()
        await model_topic.start()
        await projector.start()
        await producer.start()
        await gateways.subscriptions.start()
        gateways.imports.resume()
        history_ms = int(settings.history_days * DAY_MS)
        work = (
            projector.run(history_ms),
            models.follow(),
            model_topic.follow(),
            gateways.subscriptions.follow(),
            catalogue.run(),
            rights.watch(),
            gateways.import_files.sweep_for_ever(),
        )
        tasks = [ending(each, stop) for each in work]
        port = listening.getsockname()[1]
        log.info("answering, metrics and health on http://%s:%d", settings.api_host, port)
        stop.add_done_callback(lambda _: context.hot_lead_streams.stop())
        address = local_url(settings.api_host, port)
        note = AddressNote("api", settings.group, address)
        on_answering(address)
        with address_noted(settings.data_path, note):
            async with loop_watched(metrics.registry):
                await Server(app, operators=operators).run_until([stop], listening, settings.drain_seconds)
    finally:
        listening.close()
        broken = await ended(tasks, clients)
        await gateways.stop()
        folders.lock.release()
        await asyncio.gather(
            models.stop(),
            model_topic.stop(),
            projector.stop(),
            catalogue.stop(),
            gateways.subscriptions.stop(),
            producer.stop(),
            gateways.delivery.close(),
            gateways.shadow.close(),
        )
        access.close()
        engine.dispose()
    if broken is not None:
        raise broken
    return EXIT_DONE


def database_file(settings: Settings) -> Path:
    """Where the tables are, unless a setting names a server; one file for each application."""
    return settings.data_path / f"{settings.group}.read-model.sqlite"


def _sign_in_links(settings: Settings, pairs: Mapping[str, str]) -> SignInLinks | None:
    token = None if settings.api_tokens else pairs.get(_LOCAL_GRANT)
    return None if token is None else SignInLinks(settings.data_path, token, now_ms)


def _audit_log(settings: Settings) -> AuditLog:
    path = Path(settings.audit_file or settings.data_path / f"{settings.group}.audit.jsonl")
    salt = erasure_salt(settings.erasure_salt, settings.data_path)
    return AuditLog(AuditFiles(path, settings.audit_max_bytes, settings.audit_files), pseudonym_under(salt))


def api_tokens(settings: Settings) -> dict[str, str]:
    """The tokens by `name/scope+scope`: those of the settings, or one of our own making that may do everything.

    Raises OperatorError where they can't be read.
    """
    file = settings.data_path / TOKENS_FILE
    pairs = stored_pairs(settings.api_tokens, file, "STREAMPROCESSOR_API_TOKENS")
    if not settings.api_tokens:
        log.info("the API's token is in %s", file)
    return {_LOCAL_GRANT if name == LOCAL else name: token for name, token in pairs.items()}


def _gateways(
    settings: Settings,
    clients: ClientSettings,
    topics: Mapping[str, str],
    producer: AIOKafkaProducer,
    folders: ImportFolders,
) -> Gateways:
    delivery_token = stored_token(settings.delivery_secret, settings.data_path)
    imports = ImportJobs(folders.under_way, partial(run_import, settings), settings.import_max_bytes, now_ms)
    return Gateways(
        eraser=Eraser(producer, topics[CONTACT_UPDATES]),
        subscriptions=SubscriptionStore(topics[SUBSCRIPTIONS], new_reader(clients), producer),
        lead_acts=LeadActWriter(producer, topics[ACTIVITIES]),
        delivery=DeliveryClient(_delivery_address(settings), delivery_token),
        shadow=ShadowClient(partial(shadow_address, settings), delivery_token),
        imports=imports,
        import_files=ImportFiles(folders.kept, imports, now_ms),
        saved_mappings=SavedMappings(settings.data_path / f"{settings.group}.import-mappings"),
        propose=partial(propose, settings),
        allowed_hosts=hosts_of(settings.delivery_allowed_hosts),
        secrets_env_prefix=settings.delivery_secrets_env_prefix,
        mappings=Path(settings.mappings_dir),
        replays=ReplayJobs(settings),
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


async def _inputs(settings: Settings, clients: ClientSettings) -> list[InputTopic]:
    """The input topics; raises TopicError where one is missing."""
    inputs = layout_of(settings).input_names()
    ids, ends = await topic_ids(clients, inputs), await end_offsets(clients, inputs)
    return [
        InputTopic(name, ids[name], sum(1 for each, _ in ends if each == name), value_decoder_for(topic))
        for name, topic in inputs.items()
    ]


def _not_ready(projector: Projector) -> list[str]:
    reasons = [] if projector.is_current else ["the read model is being brought up to date"]
    return reasons if projector.has_database else [*reasons, "the database is away"]
