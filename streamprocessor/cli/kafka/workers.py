"""What workers answer over HTTP, and how far behind the group is, from Kafka."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import orjson
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from prometheus_client.parser import text_string_to_metric_families

from streamprocessor.contract.topics.topics import IN
from streamprocessor.kafka.admin.reconcile import Layout, end_offsets
from streamprocessor.kafka.clients import ClientSettings, new_reader
from streamprocessor.kafka.diagnosis.diagnosis import broker_error

ANSWER_SECONDS = 3.0
RECOVERY_REMAINING = "leadscore_recovery_remaining_records"


def ask_worker(address: str) -> dict[str, Any]:
    """What the worker at the address says of itself, or why it says nothing: then it is not ready."""
    try:
        status: dict[str, Any] = orjson.loads(_get(f"{address}/status"))
        metrics = _get(f"{address}/metrics").decode()
    except (OSError, urllib.error.URLError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        return {"address": address, "ready": False, "not_ready": [f"does not answer ({reason})"]}
    remaining = [
        int(sample.value)
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
        if sample.name == RECOVERY_REMAINING
    ]
    return {
        "address": address,
        "ready": not status["not_ready"],
        "recovery_remaining_records": sum(remaining),
        **status,
    }


async def group_lag(clients: ClientSettings, layout: Layout, group: str) -> dict[str, int]:
    """How many records of each input topic the group has not committed yet, by the topic's full name.

    Raises TopicError where a topic is missing, BrokerAwayError where Kafka goes away.
    """
    names = [name for name, topic in layout.names().items() if topic.direction == IN]
    ends = await end_offsets(clients, names)
    try:
        committed = await _committed(clients, group)
        never = [TopicPartition(*where) for where in ends if committed.get(TopicPartition(*where), -1) < 0]
        committed |= await _beginnings(clients, never)
    except KafkaError as error:
        raise await broker_error(clients, error, f"group {group}: its offsets can't be asked for") from error
    lag = dict.fromkeys(names, 0)
    for (name, partition), end in ends.items():
        lag[name] += max(0, end - committed[TopicPartition(name, partition)])
    return lag


async def _committed(clients: ClientSettings, group: str) -> dict[TopicPartition, int]:
    admin = AIOKafkaAdminClient(**clients.arguments())
    try:
        await admin.start()
        offsets = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    return {where: offsets.offset for where, offsets in offsets.items()}


async def _beginnings(clients: ClientSettings, where: list[TopicPartition]) -> dict[TopicPartition, int]:
    if not where:
        return {}
    reader = new_reader(clients)
    try:
        await reader.start()
        offsets: dict[TopicPartition, int] = await reader.beginning_offsets(where)
    finally:
        await reader.stop()
    return offsets


def _get(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=ANSWER_SECONDS) as answer:
        content: bytes = answer.read()
    return content
