"""The three brokers of docker-compose.yml keep what they take, with one of them away."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from streamprocessor.kafka.admin.cluster import configs, describe
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.kafka.admin.reconcile import MIN_INSYNC
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.connection import client_settings, connected
from streamprocessor.kafka.embedded.runtime import Runtime
from streamprocessor.settings import PREFIX, read_settings
from tests.deploy.test_compose import COMPOSE, services_of
from tests.harness.system import ROOT, until
from tests.ops.compose.brokers import compose_brokers

pytestmark = pytest.mark.ops


async def test_topics_wait_for_the_third_broker_and_one_may_be_lost(kafka_runtime: Runtime, tmp_path: Path) -> None:
    services = services_of(COMPOSE)
    environments = {name: each["environment"] for name, each in services.items() if name.startswith("kafka")}
    with compose_brokers(kafka_runtime, tmp_path, environments) as brokers:
        first, second, third = environments
        setup = {key: brokers.here(str(value)) for key, value in services["setup"]["environment"].items()}
        settings = read_settings({key: value for key, value in setup.items() if key.startswith(PREFIX)})
        layout = layout_of(settings)
        for name in (first, second):
            brokers.start(name)
        for name in (first, second):
            await until(partial(brokers.is_ready, name), bool, 90.0, f"{name} is ready")
        applying = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "streamprocessor", "topics", "apply"), cwd=ROOT, env=setup
        )
        brokers.start(third)
        assert await applying.wait() == 0

        clients = client_settings(settings)
        async with connected(clients) as client:
            state = await describe(client, layout.names())
            required = await configs(client, {name: [MIN_INSYNC] for name in layout.names()})
        assert {topic.replication for topic in state.topics.values()} == {3}
        assert {found[MIN_INSYNC] for found in required.values()} == {"2"}

        brokers.processes[second].kill()
        activities = layout.full_name("activities")
        await write_to_each(clients, activities, state.topics[activities].partitions)


async def write_to_each(clients: ClientSettings, topic: str, partitions: int) -> None:
    """A record to each partition, acknowledged by all replicas that are in sync."""
    producer = AIOKafkaProducer(**clients.arguments(), acks="all", enable_idempotence=True)
    await producer.start()
    try:
        async with asyncio.timeout(30):
            for partition in range(partitions):
                await producer.send_and_wait(topic, b"{}", partition=partition)
    finally:
        await producer.stop()
