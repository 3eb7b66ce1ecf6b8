"""People as the contacts' changelog says them, on real Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from streamprocessor.delivery.contacts import ContactFacts
from streamprocessor.delivery.enrichment import contact_projection as people_module
from streamprocessor.delivery.enrichment.contact_projection import ContactProjection
from streamprocessor.delivery.metrics import Metrics
from streamprocessor.delivery.store.contact_rows import note_alive, read_contacts, read_projection_state
from streamprocessor.delivery.store.database import Database
from streamprocessor.delivery.store.store import Store
from streamprocessor.delivery.store.store_thread import StoreThread
from streamprocessor.errors import MustRestartError, TopicError
from streamprocessor.kafka.admin.reconcile import TOMBSTONES_LAST_MS
from streamprocessor.kafka.partitioner import is_misplaced
from streamprocessor.process.clock import now_ms
from tests.delivery.contacts_changelog import write_contacts
from tests.harness.system import System, until

pytestmark = pytest.mark.kafka

CITY, BOTH = frozenset({"city"}), frozenset({"city", "name"})
PARTITIONS = range(4)


class Followed:
    """People on a database of their own, followed while they are open."""

    def __init__(self, system: System, folder: Path, everybody: bool) -> None:
        self.people = people_of(system, folder, everybody)
        self.rows = self.people._store_thread.store.within

    def known(self, *contact_ids: str) -> dict[str, ContactFacts]:
        return self.rows(lambda rows: read_contacts(rows, contact_ids))

    async def caught_up(self, attributes: frozenset[str] = CITY) -> None:
        await self.people.caught_up(attributes, PARTITIONS)


def people_of(system: System, folder: Path, everybody: bool = False) -> ContactProjection:
    journal = StoreThread(Store(Database(f"sqlite:///{folder / 'd.sqlite'}")))
    return ContactProjection(system.clients, system.full["contacts-changelog"], journal, Metrics(), everybody=everybody)


@asynccontextmanager
async def following(
    system: System, folder: Path, attributes: frozenset[str] | None, everybody: bool = False
) -> AsyncIterator[Followed]:
    found = Followed(system, folder, everybody)
    found.people.want(attributes)
    running = asyncio.ensure_future(found.people.run())
    try:
        yield found
    finally:
        running.cancel()
        await asyncio.wait([running])
        await found.people.stop()
        await found.people._store_thread.close()
        if not running.cancelled():
            running.result()


@pytest.fixture
def say(system: System) -> Callable[..., Awaitable[None]]:
    """Writes records of contacts into the changelog, as a worker does; None: a tombstone."""
    return partial(write_contacts, system)


async def test_what_was_said_before_is_known_once_it_is_caught_up(
    system: System, say: Callable[..., Awaitable[None]], tmp_path: Path
) -> None:
    await system.create()
    await say(jane={"city": "Berlin", "name": "Jane"}, joe={"name": "Joe"})
    async with following(system, tmp_path, CITY) as followed:
        await followed.caught_up()
        assert followed.known("jane", "joe") == {"jane": ContactFacts({"city": "Berlin"})}
        for city in ("Paris", "Rome", "Oslo", "Bern"):
            await say(jane={"city": city})
            await followed.caught_up()
            assert followed.known("jane") == {"jane": ContactFacts({"city": city})}
        elsewhere = next(number for number in PARTITIONS if is_misplaced(b"jane", number, len(PARTITIONS)))
        async with system.producer() as producer:
            for value in (b"a record that is handed over", None):
                topic = system.full["contacts-changelog"]
                await producer.send_and_wait(topic, value, key=b"jane", partition=elsewhere)
        await followed.caught_up()
        assert followed.known("jane") == {"jane": ContactFacts({"city": "Bern"})}
        await say(jane=None)
        await followed.caught_up()
        assert followed.known("jane") == {}
        assert followed.people.missing() == []


async def test_where_the_inbox_asks_plain_contacts_are_known_too_until_they_are_erased(
    system: System, say: Callable[..., Awaitable[None]], tmp_path: Path
) -> None:
    await system.create()
    await say(jane={"city": "Berlin"}, joe={"name": "Joe"})
    async with following(system, tmp_path, CITY) as followed:
        await followed.caught_up()
        assert followed.known("joe") == {}
    async with following(system, tmp_path, CITY, everybody=True) as followed:
        await followed.caught_up()
        assert followed.known("jane", "joe") == {"jane": ContactFacts({"city": "Berlin"}), "joe": ContactFacts()}
        await say(joe=None)
        await followed.caught_up()
        assert followed.known("joe") == {}


async def test_who_asks_waits_until_the_changelog_is_read_as_far_as_it_went_then(
    system: System, say: Callable[..., Awaitable[None]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, ends = ContactProjection._read, ContactProjection._ends
    may_read, stands_still, was_told = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def read_when_told(people: ContactProjection) -> None:
        stands_still.set()
        await may_read.wait()
        await read(people)

    async def ends_then_tell(people: ContactProjection, partitions: Any) -> dict[int, int]:
        answer = await ends(people, partitions)
        was_told.set()
        return answer

    monkeypatch.setattr(ContactProjection, "_read", read_when_told)
    monkeypatch.setattr(ContactProjection, "_ends", ends_then_tell)
    await system.create()
    async with following(system, tmp_path, CITY) as followed:
        await stands_still.wait()
        await say(jane={"city": "Berlin"})
        asking = asyncio.ensure_future(followed.caught_up())
        await was_told.wait()
        for _ in range(10):
            await asyncio.sleep(0)
        assert not asking.done()
        may_read.set()
        await asking
        assert followed.known("jane") == {"jane": ContactFacts({"city": "Berlin"})}


async def test_a_restart_reads_on_and_only_who_asks_for_more_has_all_read_anew(
    system: System, say: Callable[..., Awaitable[None]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    await system.create()
    await say(jane={"city": "Berlin", "name": "Jane"})
    async with following(system, tmp_path, CITY) as followed:
        await followed.caught_up()
    assert caplog.text.count("read anew") == 1

    await say(joe={"city": "Paris"})
    async with following(system, tmp_path, CITY) as followed:
        await followed.caught_up()
        assert followed.known("jane", "joe") == {
            "jane": ContactFacts({"city": "Berlin"}),
            "joe": ContactFacts({"city": "Paris"}),
        }
        assert caplog.text.count("read anew") == 1
        await followed.caught_up(BOTH)
        assert followed.known("jane") == {"jane": ContactFacts({"city": "Berlin", "name": "Jane"})}
        await followed.caught_up()
        assert caplog.text.count("read anew") == 2

    async with following(system, tmp_path, CITY) as followed:  # less than before: what nobody asks for goes
        await followed.caught_up()
        assert followed.known("jane") == {"jane": ContactFacts({"city": "Berlin"})}


async def test_nothing_is_kept_of_anybody_while_nobody_asks(
    system: System, say: Callable[..., Awaitable[None]], tmp_path: Path
) -> None:
    await system.create()
    await say(jane={"city": "Berlin"})
    async with following(system, tmp_path, CITY) as followed:
        await followed.caught_up()
        followed.people.want(None)
        await until(lambda: followed.known("jane"), lambda found: found == {}, 10, "forgotten", 0.02)
        await followed.caught_up()
        assert followed.known("jane") == {"jane": ContactFacts({"city": "Berlin"})}

    async with following(system, tmp_path, None) as followed:
        await until(lambda: followed.known("jane"), lambda found: found == {}, 10, "forgotten at start", 0.02)
        assert followed.rows(read_projection_state) is None
        assert followed.people.missing() == []


async def test_who_was_away_for_so_long_that_a_tombstone_may_be_missed_reads_all_anew(
    system: System, say: Callable[..., Awaitable[None]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    await system.create()
    await say(jane={"city": "Berlin"})
    for away_ms, times in ((TOMBSTONES_LAST_MS // 2, 1), (TOMBSTONES_LAST_MS + 60_000, 2)):
        async with following(system, tmp_path, CITY) as followed:
            await followed.caught_up()
        assert caplog.text.count("read anew") == 1
        store = Store(Database(f"sqlite:///{tmp_path / 'd.sqlite'}"))
        store.within(partial(note_alive, now_ms=now_ms() - away_ms))
        store.close()
        async with following(system, tmp_path, CITY) as followed:
            await followed.caught_up()
        assert caplog.text.count("read anew") == times


async def test_a_changelog_that_is_not_read_on_asks_for_a_restart_and_says_so_meanwhile(
    system: System, say: Callable[..., Awaitable[None]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_module, "PATIENCE_SECONDS", 0.3)
    await system.create()
    people = people_of(system, tmp_path)
    people.want(CITY)
    assert "0 records to go" in people.missing()[0]
    running = asyncio.ensure_future(people.run())
    await until(people.missing, lambda missing: missing == [], 15, "begun", 0.02)
    running.cancel()
    await asyncio.wait([running])
    await say(jane={"city": "Berlin"})
    with pytest.raises(MustRestartError, match="wanted to read on"):
        await people.caught_up(CITY, PARTITIONS)
    await people.stop()
    await people._store_thread.close()


async def test_a_changelog_that_is_missing_is_an_error_that_says_what_to_do(system: System, tmp_path: Path) -> None:
    await system.create()
    await system.delete("contacts-changelog")
    people = people_of(system, tmp_path)
    people.want(CITY)
    with pytest.raises(TopicError, match="topics apply"):
        await people.run()
    await people._store_thread.close()
