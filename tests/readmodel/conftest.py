"""A system with random contacts on the shared Kafka, and databases of both kinds."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from streamprocessor.scoring.model.model import Model
from streamprocessor.settings import Settings
from tests.harness.apis import ALL, READ_ONLY, ApiProcess, api_beside_delivery, bearer
from tests.harness.postgres import PostgresServer
from tests.harness.settling import until_settled
from tests.harness.system import System
from tests.harness.traffic import traffic
from tests.harness.workers import WorkerProcess

MODEL = """
scores:
  engagement:
    decay: {half_life: 30d}
    rules:
      - {id: open, on: email_open, points: 1, limit: {count: 1, per: properties.message}}
      - {id: click, on: email_click, points: 5, limit: {count: 1, per: properties.url, within: 7d}}
      - {id: pricing, on: page_visit, points: 10, where: {properties.path: /pricing}, limit: {points: 30}}
      - {id: contact-us, on: form_submission, points: 25, where: {properties.form: contact}}
      - {id: unsubscribed, on: unsubscribe, points: -50, decay: none}
    stages: {cold: 0, warm: 16, hot: 41} # no hysteresis: within it a stage depends on what arrived first
  fit:
    rules:
      - {id: ceo, when: {attributes.job_title: {contains: CEO}}, points: 10}
    stages: {B: 0, A: 10}
  grade:
    combine:
      matrix:
        rows: fit
        columns: engagement
        labels: {A: {cold: A3, warm: A2, hot: A1}, B: {cold: B3, warm: B2, hot: B1}}
  interest:
    by: properties.path
    decay: {half_life: 7d}
    rules:
      - {id: seen, on: page_visit, points: 3}
hot_lead: {score: engagement, stage: hot, announce_within: 72h}
segments:
  warm-companies:
    scores: [{score: engagement, stages: [warm], at_least: 25}]
    attributes: [{attribute: company, exists: true}]
"""
OF_THE_FILE = "subscriptions: {of-the-file: {url: https://hooks.example.com/a, events: [score-updated], signed: false}}"

MakeApi = Callable[..., ApiProcess]


class ScoredSystem(NamedTuple):
    """A system on which random contacts have left their traces."""

    system: System
    model: Model


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model of all contacts here."""
    file = tmp_path_factory.mktemp("model") / "model.yaml"
    file.write_text(MODEL)
    return file


@pytest.fixture(scope="module")
def scored(bootstrap: str, model_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScoredSystem]:
    """300 contacts by 6 000 events, a worker that goes on."""
    folder = tmp_path_factory.mktemp("scored")
    prefix = f"rm-{os.urandom(4).hex()}-"
    system = System(
        Settings(
            bootstrap=bootstrap,
            topic_prefix=prefix,
            app_id="app",
            partitions=4,
            commit_interval_seconds=0.1,
            erasure_salt="salt",
        )
    )
    model = asyncio.run(system.create(model_file))
    worker = WorkerProcess(system.settings, "blue", folder).start()
    try:
        asyncio.run(_fill(system, worker))
        yield ScoredSystem(system, model)
    finally:
        worker.discard()


async def _fill(system: System, worker: WorkerProcess) -> None:
    await worker.ready()
    await system.send(traffic(7, 300, 6_000, int(time.time() * 1000)))
    await until_settled(system)


class ApiSystem(NamedTuple):
    """A system without contacts, with an api beside a delivery process."""

    system: System
    api: ApiProcess


@pytest.fixture(scope="session")
def api_system(bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiSystem]:
    """Delivery's file holds one subscription; the api takes files of at most 100 000 bytes."""
    folder = tmp_path_factory.mktemp("api_system")
    prefix = f"api_system-{os.urandom(4).hex()}-"
    system = System(Settings(bootstrap=bootstrap, topic_prefix=prefix, app_id="app", partitions=2))
    asyncio.run(system.create())
    with api_beside_delivery(system.settings, folder, OF_THE_FILE, import_max_bytes=100_000) as api:
        asyncio.run(api.ready())
        yield ApiSystem(system, api)


@pytest.fixture
def writer_http(api_system: ApiSystem) -> Iterator[httpx.Client]:
    """A client of the api_system's api that may do everything."""
    with httpx.Client(base_url=f"{api_system.api.address}/api", headers=bearer(ALL), timeout=20) as client:
        yield client


@pytest.fixture
def reader_http(api_system: ApiSystem) -> Iterator[httpx.Client]:
    """A client of the api_system's api that may only read."""
    with httpx.Client(base_url=f"{api_system.api.address}/api", headers=bearer(READ_ONLY), timeout=20) as client:
        yield client


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of each kind, as the setting names it."""
    return empty_database(request)


def empty_database(request: pytest.FixtureRequest) -> str:
    """An empty database of the kind that the fixture's parameter names, as the setting names it."""
    if request.param == "sqlite":
        return ""
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.url(f"t{os.urandom(4).hex()}")


@pytest.fixture
def new_api(scored: ScoredSystem, tmp_path: Path) -> Iterator[MakeApi]:
    """Starts api processes on the scored; whatever is left of them ends with the test."""
    started: list[ApiProcess] = []

    def start(name: str = "api", **changes: object) -> ApiProcess:
        process = ApiProcess(scored.system.settings, tmp_path, name, **changes)
        started.append(process)
        return process.start()

    yield start
    for process in started:
        process.discard()
