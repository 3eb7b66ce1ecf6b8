"""A system with random contacts on the shared Kafka, and databases of both kinds."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from streamprocessor.scoring.model import Model
from streamprocessor.settings import Settings
from tests.harness.settling import until_settled
from tests.harness.system import System
from tests.harness.traffic import traffic
from tests.harness.workers import WorkerProcess
from tests.readmodel.serving import ApiProcess, PostgresServer, binaries, running_postgres

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

MakeApi = Callable[..., ApiProcess]


class Town(NamedTuple):
    """A system on which random contacts have left their traces."""

    system: System
    model: Model


@pytest.fixture(scope="module")
def town(bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """300 contacts by 6 000 events, a worker that goes on."""
    folder = tmp_path_factory.mktemp("town")
    file = folder / "model.yaml"
    file.write_text(MODEL)
    prefix = f"rm-{os.urandom(4).hex()}-"
    system = System(
        Settings(
            bootstrap=bootstrap,
            topic_prefix=prefix,
            app_id="app",
            partitions=4,
            session_timeout_seconds=6.0,
            commit_interval_seconds=0.1,
            erasure_salt="salt",
        )
    )
    model = asyncio.run(system.create(file))
    worker = WorkerProcess(system.settings, "blue", folder).start()
    try:
        asyncio.run(_fill(system, worker))
        yield Town(system, model)
    finally:
        worker.discard()


async def _fill(system: System, worker: WorkerProcess) -> None:
    await worker.ready()
    await system.send(traffic(7, 300, 6_000, int(time.time() * 1000)))
    await until_settled(system)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server, where Debian's is installed."""
    if not (binaries() / "initdb").exists():
        pytest.skip("PostgreSQL is not installed here (apt install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="streamprocessor-postgres-"))
    folder.chmod(0o755)
    try:
        with running_postgres(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
def new_api(town: Town, tmp_path: Path) -> Iterator[MakeApi]:
    """Starts api processes on the town; whatever is left of them ends with the test."""
    started: list[ApiProcess] = []

    def start(name: str = "api", **changes: object) -> ApiProcess:
        process = ApiProcess(town.system.settings, tmp_path, name, **changes)
        started.append(process)
        return process.start()

    yield start
    for process in started:
        process.discard()
