"""The read model of many contacts, on SQLite and PostgreSQL: a rebuild, every kind of question, memory and disk."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import psutil
from sqlalchemy import Engine, text

from streamprocessor.contract.model_file.read_model import read_model
from streamprocessor.readmodel.composition import database_file
from streamprocessor.readmodel.store.database import open_database
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.scorer import Scorer
from tests.bench.crowd import LIVES, THREE_SCORES, Life, crowd, lives
from tests.bench.filling import fill
from tests.bench.preload import preload
from tests.bench.questions import Asker, answered, ask_at_once, counted_anew, questions
from tests.bench.report import Figure
from tests.bench.rig import Rig
from tests.harness.apis import ApiProcess
from tests.harness.postgres import has_postgres, running_postgres
from tests.harness.system import System

MOST_SECONDS = 900.0
AT_ONCE = 32
ROUNDS = 100
ROUNDS_ANEW = 5


class Crowd(NamedTuple):
    """Contacts on Kafka, of whom there are more that will be written straight into the tables."""

    system: System
    model: Model
    lives: Sequence[Life]
    now_ms: int


def readmodel(rig: Rig) -> list[Figure]:
    """The same figures of each database."""
    system = rig.system("known", model=THREE_SCORES)
    now_ms, model = int(time.time() * 1000), replace(read_model(THREE_SCORES), revision=1)
    of = lives(Scorer(model), min(LIVES, rig.scale.rebuilt_contacts), now_ms)
    preload(rig.bootstrap, system.full, crowd(of, rig.scale.rebuilt_contacts))
    known = Crowd(system, model, of, now_ms)
    figures = _measured(rig, known, "sqlite", "")
    if not has_postgres():
        sys.stderr.write("bench: PostgreSQL is not installed; the read model is measured on SQLite alone\n")
        return figures
    with tempfile.TemporaryDirectory(prefix="streamprocessor-bench-postgres-") as folder:
        Path(folder).chmod(0o755)
        with running_postgres(Path(folder), is_durable=True) as server:
            return [*figures, *_measured(rig, known, "postgresql", server.url("bench"))]


def _measured(rig: Rig, known: Crowd, name: str, url: str) -> list[Figure]:
    folder = rig.folder / f"read-model-{name}"
    folder.mkdir()
    process = ApiProcess(known.system.settings, folder, database_url=url)
    rig.ending.callback(process.discard)
    rebuilt = _rebuilt(process, rig.scale.rebuilt_contacts)
    engine = open_database(url, database_file(known.system.settings.model_copy(update={"data_dir": str(folder)})))
    rig.ending.callback(engine.dispose)
    fill(
        engine,
        Scorer(known.model),
        known.lives,
        range(rig.scale.rebuilt_contacts, rig.scale.known_contacts),
        known.now_ms,
    )
    if url:  # as autovacuum would within a minute
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
    asyncio.run(process.start().ready(MOST_SECONDS))
    figures = [*rebuilt, *_answers(rig, process)]
    resident = psutil.Process(process.process.pid).memory_info().rss
    figures += [Figure("memory of the process", resident / 2**20, "MiB"), Figure("on disk", disk_mib(engine), "MiB")]
    process.stop()
    engine.dispose()
    return [figure._replace(name=f"{name}: {figure.name}") for figure in figures]


def _rebuilt(process: ApiProcess, contacts: int) -> list[Figure]:
    began = time.perf_counter()
    asyncio.run(process.start().ready(MOST_SECONDS))
    seconds = time.perf_counter() - began
    process.stop()
    return [
        Figure(f"rebuild of {contacts}, from process start", seconds, "s"),
        Figure("rebuild rate", contacts / seconds, "contacts/s"),
    ]


def _answers(rig: Rig, process: ApiProcess) -> list[Figure]:
    port, share = process.port, min(1.0, rig.scale.known_contacts / 1_000_000)
    asker = Asker(port)
    asked = questions(asker, rig.scale.known_contacts)
    anew = counted_anew(asker, asked["contact"], max(1, round(ROUNDS_ANEW * share)))
    answers = answered(asker, asked, max(3, round(ROUNDS * share)))
    ask_at_once(port, asked, AT_ONCE)
    return [*answers, *anew]


def disk_mib(engine: Engine) -> float:
    """How much the database holds."""
    question = (
        "SELECT pg_database_size(current_database())"
        if engine.dialect.name == "postgresql"
        else "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    )
    with engine.connect() as connection:
        return float(connection.execute(text(question)).scalar_one()) / 2**20
