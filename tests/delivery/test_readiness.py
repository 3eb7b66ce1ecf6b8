"""What /readyz says is missing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from streamprocessor.delivery import readiness
from streamprocessor.delivery.readiness import Readiness
from streamprocessor.delivery.store.database import Database
from streamprocessor.delivery.store.store import Store, StoredOutcome
from streamprocessor.delivery.store.store_thread import StoreThread
from streamprocessor.delivery.store.tables import DELIVERED
from streamprocessor.errors import MustRestartError
from tests.delivery.store.test_store import NOW_MS, queued


@pytest_asyncio.fixture
async def journal(tmp_path: Path) -> AsyncIterator[StoreThread]:
    """A journal on a store of its own."""
    found = StoreThread(Store(Database(f"sqlite:///{tmp_path / 'd.sqlite'}")))
    yield found
    await found.close()


async def test_nothing_is_missing_where_the_database_answers_and_nobody_is_behind(journal: StoreThread) -> None:
    assert await Readiness(journal, lambda: [], lambda: []).missing() == []


async def test_whoever_is_behind_says_so(journal: StoreThread) -> None:
    assert await Readiness(journal, lambda: ["Kafka"], lambda: [], lambda: ["people"]).missing() == ["Kafka", "people"]


async def test_a_database_that_hangs_is_missed_and_what_was_noted_meanwhile_is_kept(
    journal: StoreThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "PATIENCE_SECONDS", 0.05)
    [delivery] = journal.store.queue(queued("w"), {})
    hangs = threading.Event()
    hanging = asyncio.ensure_future(journal.ask(lambda _: hangs.wait()))
    looking = Readiness(journal)
    try:
        journal.note(StoredOutcome(delivery.number, DELIVERED, 0, 0, "", NOW_MS))
        for _ in range(3):
            assert "the database has not answered" in (await looking.missing())[0]
    finally:
        hangs.set()
    await hanging
    assert await looking.missing() == []
    assert journal.store.waiting("crm", 0, 10) == []


async def test_a_database_that_fails_is_missed(journal: StoreThread, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Store) -> None:
        raise MustRestartError("delivery's database: can't be used any more")

    monkeypatch.setattr(Store, "positions", broken)
    assert await Readiness(journal).missing() == ["the database can't be used"]
