"""What docker-compose.yml starts, with its settings and its order, on this machine instead of in containers."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from streamprocessor.kafka.admin.cluster import configs, describe
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.kafka.admin.reconcile import MIN_INSYNC
from streamprocessor.kafka.connection import client_settings, connected
from streamprocessor.kafka.embedded.runtime import Runtime
from streamprocessor.settings import PREFIX, Settings, read_settings
from tests.deploy.test_compose import COMPOSE, ours, port_of, services_of
from tests.harness.apis import bearer
from tests.harness.data_folder import secret
from tests.harness.postgres import PostgresServer
from tests.harness.system import ROOT, until
from tests.ops.compose.brokers import brokers_of, is_ready, set_up, start
from tests.ops.compose.services import Services, services_in
from tests.ops.prometheus import PROGRAM, Prometheus

pytestmark = pytest.mark.ops

READY_SECONDS = 120.0


@pytest.fixture
def services(kafka_runtime: Runtime, tmp_path: Path) -> Iterator[Services]:
    """None of them runs yet; the brokers are set up."""
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name in ("erasure-salt", "address-salt"):
        (secrets / name).write_text("a-salt-of-this-test-alone\n")
    with services_in(tmp_path, services_of(COMPOSE), secrets) as described:
        for name in brokers_of(described):
            set_up(kafka_runtime, described, name)
        yield described


def settings_of(services: Services, name: str) -> Settings:
    return read_settings({key: value for key, value in services.environment(name).items() if key.startswith(PREFIX)})


async def brokers_are_ready(services: Services, names: list[str]) -> None:
    for name in names:
        await until(partial(is_ready, services, name), bool, READY_SECONDS, f"{name} is ready")


async def setting_up(services: Services) -> asyncio.subprocess.Process:
    """The service that makes topics and puts a model in force, just started."""
    setup = services.described["setup"]
    (script,) = setup["command"]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return await asyncio.create_subprocess_exec(
        *(*setup["entrypoint"], script.replace("${MODEL:-", "").replace("}", "")),
        cwd=ROOT,
        env={"PATH": path, **services.environment("setup")},
    )


async def test_topics_wait_for_the_third_broker_and_one_may_be_lost(services: Services, kafka_runtime: Runtime) -> None:
    first, second, third = brokers_of(services)
    for name in (first, second):
        start(kafka_runtime, services, name)
    await brokers_are_ready(services, [first, second])
    setup = await setting_up(services)
    start(kafka_runtime, services, third)
    assert await setup.wait() == 0

    settings = settings_of(services, "setup")
    clients, layout = client_settings(settings), layout_of(settings)
    async with connected(clients) as client:
        state = await describe(client, layout.names())
        required = await configs(client, {name: [MIN_INSYNC] for name in layout.names()})
    assert {topic.replication for topic in state.topics.values()} == {3}
    assert {found[MIN_INSYNC] for found in required.values()} == {"2"}

    services.processes[second].kill()
    producer = AIOKafkaProducer(**clients.arguments(), acks="all", enable_idempotence=True)
    await producer.start()
    try:
        activities = layout.full_name("activities")
        async with asyncio.timeout(30):
            for partition in range(state.topics[activities].partitions):
                await producer.send_and_wait(activities, b"{}", partition=partition)
    finally:
        await producer.stop()


async def test_all_processes_become_ready_score_and_are_seen_by_prometheus(
    services: Services, kafka_runtime: Runtime, tmp_path: Path, postgres: PostgresServer
) -> None:
    if shutil.which(PROGRAM) is None:
        pytest.skip("Prometheus is not installed: apt-get install prometheus")
    (services.secrets / "database-url").write_text(postgres.url("compose"))
    for name in brokers_of(services):
        start(kafka_runtime, services, name)
    await brokers_are_ready(services, brokers_of(services))
    assert await (await setting_up(services)).wait() == 0
    processes = ours(COMPOSE)
    for name in processes:
        services.start(name)
    addresses = {
        name: f"http://{services.addresses[name]}:{port_of(each['command'][0])}" for name, each in processes.items()
    }
    async with httpx.AsyncClient() as client:
        for name, address in addresses.items():
            await until(
                partial(_status, client, services, name, address), (200).__eq__, READY_SECONDS, f"{name} is ready"
            )

        event = {"contact_id": "c-1", "type": "form_submission", "properties": {"form": "contact"}}
        key = secret(services.data("collector"), "write-keys")
        sent = await client.post(f"{addresses['collector']}/v1/events", json=event, headers=bearer(key))
        assert sent.status_code == 200, sent.text
        token = secret(services.data("api"), "api-tokens")
        asked = partial(client.get, f"{addresses['api']}/api/contact?contact_id=c-1", headers=bearer(token))
        await until(asked, lambda answer: answer.status_code == 200, READY_SECONDS, "the contact is scored")

        with _prometheus(services, tmp_path) as prometheus:
            await prometheus.ready()
            up = await until(prometheus.jobs_up, lambda jobs: len(jobs) == 5, 60.0, "all are scraped")
    assert up == sorted(f"streamprocessor-{each['command'][0]}" for each in processes.values())


async def _status(client: httpx.AsyncClient, services: Services, name: str, address: str) -> int:
    """What /readyz answers with, 0 while nothing does; fails where the process has ended."""
    assert services.processes[name].alive, services.log(name).read_text()
    try:
        return (await client.get(f"{address}/readyz")).status_code
    except httpx.HTTPError:
        return 0


@contextmanager
def _prometheus(services: Services, folder: Path) -> Iterator[Prometheus]:
    """A Prometheus with the configuration of the compose file."""
    files = folder / "prometheus"
    shutil.copytree(ROOT / "deploy" / "prometheus", files)
    configuration = files / "prometheus.yml"
    configuration.write_text(
        re.sub(r'(?<=")[a-z0-9-]+:\d+(?=")', lambda at: services.here(at[0]), configuration.read_text())
    )
    listens = f"{services.addresses['prometheus']}:9090"
    prometheus = Prometheus(folder / "series", configuration, listens=listens).start()
    try:
        yield prometheus
    finally:
        prometheus.stop()
