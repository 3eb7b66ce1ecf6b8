"""Of several processes with one database one keeps the catalogue; the others leave it alone until it stops."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from sqlalchemy import Engine

from streamprocessor.contract.events.events import value_decoder_for
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.process.clock import now_ms
from streamprocessor.readmodel.projection import catalogue_follower
from streamprocessor.readmodel.projection.catalogue_follower import CatalogueFollower, InputTopic
from streamprocessor.readmodel.store.catalogue_rows import StoredCatalogue, read_catalogue
from streamprocessor.readmodel.store.database import open_database, reading
from streamprocessor.scoring.scorer import Scorer
from tests.harness.input_topics import INPUT_TOPICS
from tests.harness.system import until
from tests.readmodel.conftest import MODEL

SECONDS = 20.0
WHERE = TopicPartition("activities", 0)


class Records:
    """A consumer of one partition, in which a record more stands each time it is asked; from `seek` on."""

    def __init__(self) -> None:
        self.next_offset, self.asked = 0, asyncio.Event()

    async def start(self) -> None: ...

    def assign(self, _: Any) -> None: ...

    async def offsets_for_times(self, asked: Any) -> dict[Any, Any]:
        return dict.fromkeys(asked)

    async def end_offsets(self, asked: Any) -> dict[Any, int]:
        return dict.fromkeys(asked, 1_000_000)

    def seek(self, _: Any, offset: int) -> None:
        self.next_offset = offset

    async def getmany(self, **_: Any) -> dict[Any, Any]:
        await asyncio.sleep(0)
        self.asked.set()
        value = json.dumps({"type": "download"}).encode()
        record = SimpleNamespace(key=b"c-1", value=value, headers=(), timestamp=now_ms(), offset=self.next_offset)
        self.next_offset += 1
        return {WHERE: [record]}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database("", tmp_path / "read-model.sqlite")
    yield engine
    engine.dispose()


def follower(engine: Engine, consumer: Records) -> CatalogueFollower:
    decode = value_decoder_for(INPUT_TOPICS.topic_of({"type": "download"}))
    models: Any = SimpleNamespace(scorer=Scorer(parse_model(MODEL, "m")))
    return CatalogueFollower(engine, [InputTopic("activities", "an-id", 1, decode)], consumer, models)


def stored(engine: Engine) -> StoredCatalogue:
    with reading(engine) as connection:
        return read_catalogue(connection)


async def test_who_finds_another_writing_the_catalogue_stands_by_until_it_stops(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(catalogue_follower, "WRITE_SECONDS", 0.0)
    monkeypatch.setattr(catalogue_follower, "STAND_BY_SECONDS", 1.0)
    caplog.set_level("INFO", logger=catalogue_follower.__name__)
    consumers = Records(), Records()
    tasks = [asyncio.create_task(follower(engine, consumer).run()) for consumer in consumers]
    try:
        await until(lambda: len(caplog.records), bool, SECONDS, "one finds the other")
        for consumer in consumers:
            consumer.asked.clear()
        written = stored(engine).revision
        await until(lambda: stored(engine).revision, lambda now: now > written + 20, SECONDS, "the other writes")
        (keeps,) = [number for number, consumer in enumerate(consumers) if consumer.asked.is_set()]
        tasks[keeps].cancel()
        async with asyncio.timeout(SECONDS):
            await consumers[1 - keeps].asked.wait()
        written = stored(engine).revision
        await until(lambda: stored(engine).revision, lambda now: now > written, SECONDS, "the first has taken over")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert len(caplog.records) == 1
