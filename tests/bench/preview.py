"""A draft tried on many contacts: how soon its preview says something, and how quick the API is meanwhile."""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine

from streamprocessor.readmodel.store.bulk import insert_rows
from streamprocessor.readmodel.store.database import open_database, writing
from streamprocessor.readmodel.store.rows import rows_of
from streamprocessor.readmodel.store.tables import contacts
from tests.bench.crowd import NOBODY, lives, name_of
from tests.bench.questions import figures_of
from tests.bench.report import Figure
from tests.bench.rig import Rig
from tests.harness.apis import ALL, bearer
from tests.harness.postgres import has_postgres, running_postgres
from tests.readmodel.api_apps import NOW_MS, SCORER, ApiApp
from tests.readmodel.conftest import MODEL

DRAFT = MODEL.replace("points: 25", "points: 35").replace("half_life: 30d", "half_life: 20d")
LIVES, AT_ONCE = 5_000, 20_000
POLL_SECONDS = 0.05
MOST_SECONDS = 900.0


def preview(rig: Rig) -> list[Figure]:
    """The same figures of each database."""
    figures = asyncio.run(_measured(rig, "sqlite", ""))
    if not has_postgres():
        sys.stderr.write("bench: PostgreSQL is not installed; previews are measured on SQLite alone\n")
        return figures
    with tempfile.TemporaryDirectory(prefix="streamprocessor-bench-postgres-") as folder:
        Path(folder).chmod(0o755)
        with running_postgres(Path(folder), is_durable=True) as server:
            return [*figures, *asyncio.run(_measured(rig, "postgresql", server.url("bench")))]


async def _measured(rig: Rig, name: str, url: str) -> list[Figure]:
    count = rig.scale.known_contacts
    folder = rig.folder / f"preview-{name}"
    folder.mkdir()
    engine = open_database(url, folder / "read-model.sqlite")
    fill(engine, count)
    app = ApiApp(engine, folder)
    figures = await _timed(app.client(headers=bearer(ALL), timeout=60), count)
    await app.context.gateways.previews.stop()
    engine.dispose()
    return [figure._replace(name=f"{name}: {figure.name}") for figure in figures]


def fill(engine: Engine, count: int) -> None:
    """Write so many contacts as the projector does, without what only lists and searches need."""
    rows = [rows_of(SCORER, NOBODY, life.record).contact for life in lives(SCORER, min(LIVES, count), NOW_MS)]
    columns = [column.name for column in contacts.columns]
    lived = [tuple(row[column] for column in columns[1:]) for row in rows if row is not None]
    for first in range(0, count, AT_ONCE):
        some = range(first, min(first + AT_ONCE, count))
        with writing(engine) as connection:
            insert_rows(connection, contacts, [(name_of(number), *lived[number % len(lived)]) for number in some])


async def _timed(http: httpx.AsyncClient, count: int) -> list[Figure]:
    chance, took_ms = random.Random(3), list[float]()
    alone_ms = [await _asked(http, chance, count) for _ in range(50)]
    began, chosen = time.perf_counter(), [name_of(number) for number in range(min(10, count))]
    begun = await http.post("/api/model/previews", json={"text": DRAFT, "contacts": chosen})
    path, seen = f"/api/model/previews/{begun.json()['id']}", dict[str, float]()
    answer: dict[str, Any] = {"state": "running"}
    while answer["state"] == "running" and time.perf_counter() - began < MOST_SECONDS:
        answer = (await http.get(path)).json()
        for what in _known(answer):
            seen.setdefault(what, time.perf_counter() - began)
        took_ms.append(await _asked(http, chance, count))
        await asyncio.sleep(POLL_SECONDS)
    if answer["state"] != "done" or answer["contacts_read"] != count:
        message = f"preview: wanted {count} contacts done; got {answer['state']}: {answer.get('error')}"
        raise RuntimeError(message)
    figures = [Figure(f"until {what}", seconds, "s") for what, seconds in seen.items()]
    return [*figures, *figures_of("one contact, before", alone_ms), *figures_of("one contact, meanwhile", took_ms)]


def _known(answer: dict[str, Any]) -> Sequence[str]:
    """What the answer tells already."""
    sampled = bool(answer["scores"])
    return [
        *(["ten contacts"] if answer["ten"] else []),
        *(["first figures of a sample"] if sampled else []),
        *(["the whole sample"] if sampled and answer["contacts_read"] >= min(5_000, answer["contacts_all"]) else []),
        *(["its sensitivity"] if answer["sensitivity"] else []),
        *(["all, exactly"] if answer["state"] == "done" else []),
    ]


async def _asked(http: httpx.AsyncClient, chance: random.Random, count: int) -> float:
    began = time.perf_counter()
    answer = await http.get(f"/api/contacts/{name_of(chance.randrange(count))}")
    if answer.status_code != 200:
        message = f"contact: wanted 200; got {answer.status_code}"
        raise RuntimeError(message)
    return (time.perf_counter() - began) * 1000
