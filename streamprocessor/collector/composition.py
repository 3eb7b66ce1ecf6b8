"""One collector process, put together."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from streamprocessor.collector.durability.durable_writer import DurableWriter
from streamprocessor.collector.durability.kafka_writer import KafkaWriter
from streamprocessor.collector.durability.spool import Spool
from streamprocessor.collector.formats.openapi import openapi
from streamprocessor.collector.formats.registry import all_formats
from streamprocessor.collector.http.client_ip import ClientIps
from streamprocessor.collector.http.handler import CollectorContext
from streamprocessor.collector.http.keys import keys_of
from streamprocessor.collector.http.limits import LimitPolicy, SenderLimiter, SenderLimits
from streamprocessor.collector.http.routes import application
from streamprocessor.collector.metrics import Metrics
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.topics.input_topics import InputTopics
from streamprocessor.contract.topics.roles import COLLECTOR
from streamprocessor.contract.topics.topics import IN, Topic
from streamprocessor.errors import EXIT_DONE, MustRestartError
from streamprocessor.kafka.admin.layout import process_rights
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.process.clock import now_ms
from streamprocessor.process.data_folder import keep_private
from streamprocessor.process.http.address_note import AddressNote, address_noted, local_url
from streamprocessor.process.http.client_address import networks_of
from streamprocessor.process.http.health import STOPPING
from streamprocessor.process.http.operators import operators_of
from streamprocessor.process.http.serving import Server, listening_socket
from streamprocessor.process.lifecycle import stop_on_signals, tell_port
from streamprocessor.process.loop_watch import loop_watched
from streamprocessor.process.memory import settle_memory
from streamprocessor.process.stored_secrets import make_address_salt
from streamprocessor.process.telemetry.resources import measure_resources
from streamprocessor.process.telemetry.tracing import open_tracing
from streamprocessor.settings import MAIL_PROVIDERS, Settings

MOST_CONNECTIONS = 10_000  # each visitor's browser keeps one
STOP_SECONDS = 5.0  # with the server's, less than a supervisor waits
#: Requests leave few cycles, and looking for them costs as much as reading the requests does: look seldom.
GC_THRESHOLDS = (50_000, 20, 20)

log = logging.getLogger(__name__)


async def run_collector(settings: Settings, clients: ClientSettings, topics: Mapping[str, Topic]) -> int:
    """Collect until a signal says to stop; returns the exit code.

    topics: by their names on the broker.

    Raises:
        OperatorError: something at start is not as it must be; the sentence says what to do.
        MustRestartError: entries can be written durably no more.
    """
    full_names = {topic.name: full_name for full_name, topic in topics.items() if topic.direction == IN}
    folder = settings.data_path
    keep_private(folder)
    tracing = open_tracing(settings.otlp_endpoint, "collector")
    listening = listening_socket("collector", settings.collector_host, settings.collector_port)
    metrics = Metrics()
    measure_resources(metrics.registry, folder)
    # By prefix: what waits for the topics of one system must not get into those of another.
    spool = Spool(folder / f"{settings.topic_prefix}spool", settings.spool_max_bytes)
    kafka_writer = KafkaWriter(
        process_rights(settings, clients, COLLECTOR), full_names, int(settings.request_timeout_seconds * 1000)
    )
    durable_writer = DurableWriter(kafka_writer, spool, metrics, now_ms)
    _watch(metrics, spool, durable_writer)
    keys = keys_of(settings)
    operators = operators_of(settings.operator_networks, settings.trusted_proxies)
    for source in keys.sources.union(name for name in MAIL_PROVIDERS if settings.hook_secret(name)):
        metrics.source_events.labels(source)  # from 0 on: one that has sent nothing yet is silent, too
    context = CollectorContext(
        keys=keys,
        limiter=SenderLimiter(_limit_policy(settings), time.monotonic),
        client_ips=ClientIps(networks_of(settings.trusted_proxies), settings.truncate_ip),
        topics=InputTopics(topics.values()),
        durable_writer=durable_writer,
        metrics=metrics,
        clock_ms=now_ms,
        tracing=tracing,
    )
    address_salt = make_address_salt(settings.address_salt, folder)
    stop = stop_on_signals()
    app = application(
        all_formats(settings, ContactIds(address_salt)),
        context,
        lambda: [STOPPING] if stop.done() else _not_ready(durable_writer),
        openapi(Path(settings.topics_dir) / "schemas", version("streamprocessor")),
    )
    try:
        await durable_writer.start()
        port = listening.getsockname()[1]
        tell_port(settings.port_file, port)
        settle_memory(GC_THRESHOLDS)
        log.info("collecting, metrics and health on http://%s:%d", settings.collector_host, port)
        note = AddressNote("collector", settings.group, local_url(settings.collector_host, port))
        with address_noted(folder, note):
            async with loop_watched(metrics.registry):
                server = Server(app, MOST_CONNECTIONS, operators)
                await server.run_until([stop, durable_writer.failed], listening, settings.drain_seconds)
    finally:
        listening.close()
        await durable_writer.stop(STOP_SECONDS)
        tracing.close()
    if durable_writer.failed.done():
        message = f"collector: entries can't be kept safe any more: {durable_writer.failed.exception()!r}"
        raise MustRestartError(message)
    return EXIT_DONE


def _limit_policy(settings: Settings) -> LimitPolicy:
    limits = (settings.rate_limit_per_second, settings.new_contacts_per_minute, settings.identities_per_contact)
    return LimitPolicy(SenderLimits(*limits))


def _watch(metrics: Metrics, spool: Spool, durable_writer: DurableWriter) -> None:
    metrics.spool_damaged.set_function(lambda: spool.damaged_bytes)
    metrics.spool_bytes.set_function(lambda: spool.backlog_bytes)
    metrics.spool_age.set_function(lambda: (now_ms() - spool.oldest_ms) / 1000 if spool.oldest_ms else 0.0)
    metrics.is_spooling.set_function(lambda: durable_writer.is_spooling)


def _not_ready(durable_writer: DurableWriter) -> list[str]:
    return [] if durable_writer.has_room else ["Kafka is away, and there is no room on disk"]
