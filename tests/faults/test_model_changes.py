"""A candidate promoted and taken back while events flow and workers die by kill -9: each contact changes over once."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from streamprocessor.cli.kafka.revisions import AppliedRevision, model_history, promote, roll_back
from streamprocessor.contract.model_file.next_revision import Publication
from streamprocessor.contract.model_file.revisions import HistoryEntry, model_of
from streamprocessor.contract.topics.topics import topic_named
from streamprocessor.kafka.admin.reconcile import apply
from tests.faults.conftest import MakeWorker
from tests.harness.fixtures import missed_soon
from tests.harness.system import DEFAULT_MODEL, System, by_contact, until
from tests.harness.traffic import send_evenly, traffic
from tests.harness.verdict import Run, assert_no_episode_is_announced_twice, read_run, run_as_the_oracle_says
from tests.harness.workers import WorkerProcess

pytestmark = [pytest.mark.kafka, missed_soon]

#: With each of them a worker is killed; the nightly run turns these up.
CHANGES = int(os.environ.get("FAULT_MODEL_CHANGES", "2"))
EVENTS_A_CHANGE = 1_500
CONTACTS = 300
SHADOW = "app.shadow"


class Shadow:
    """The application whose candidate is promoted: its models topic is all that promoting looks at."""

    def __init__(self, live: System, folder: Path) -> None:
        self._system = System(live.settings.model_copy(update={"app_id": SHADOW}))
        self._folder = folder

    async def create(self) -> None:
        """Make its models topic."""
        layout = self._system.layout
        await apply(self._system.clients, replace(layout, topics=(topic_named(layout.topics, "models"),)))

    async def score(self, number: int) -> None:
        """Have a candidate like no other in its topic."""
        file = self._folder / f"candidate-{number}.yaml"
        text = DEFAULT_MODEL.read_text()
        assert "points: 25" in text
        assert "from: 41" in text
        file.write_text(text.replace("points: 25", f"points: {26 + number}").replace("from: 41", "from: 44"))
        await self._system.apply_model(file, number + 1)


async def _changed(system: System, shadow: Shadow, number: int) -> AppliedRevision:
    """Promote a candidate; every second time, go back to the first revision."""
    if number % 2:
        return await roll_back(system.settings, "1", Publication("ops", "too loud"))
    await shadow.score(number)
    return await promote(system.settings, SHADOW, Publication("ops", "as tried"))


async def _change_while_one_dies(change: asyncio.Future[AppliedRevision], victim: WorkerProcess, delay: float) -> None:
    """Kill the worker so many seconds after the change began: before it is written, while it spreads, or after it."""
    await asyncio.sleep(delay)  # where it strikes is left to chance
    victim.kill()
    assert (await change).is_new
    await victim.start().ready(60)


async def test_a_promotion_and_a_rollback_under_kills_announce_each_contact_under_one_version_after_the_other(
    system: System, worker: MakeWorker, tmp_path: Path
) -> None:
    chance, shadow = random.Random(18), Shadow(system, tmp_path)
    await system.create()
    await shadow.create()
    workers = [worker("blue"), worker("green")]
    for each in workers:
        await each.ready()

    events = list(traffic(18, CONTACTS, EVENTS_A_CHANGE * CHANGES, int(time.time() * 1000)))
    sending = asyncio.ensure_future(send_evenly(system, events, CHANGES * 2.0))
    for number in range(CHANGES):
        victim = workers[number % 2]
        await victim.until_at_work(sending)
        change = asyncio.ensure_future(_changed(system, shadow, number))
        await _change_while_one_dies(change, victim, chance.uniform(0.0, 1.0))
    await sending
    await system.until_applied()

    history = await model_history(system.settings)
    await _until_all_are_of(system, history[-1])
    run = await run_as_the_oracle_says(system, model_of(history[-1].revision))
    assert len(history) == CHANGES + 1
    assert_no_episode_is_announced_twice(run)
    _assert_each_contact_goes_from_version_to_version(run, history)


async def _until_all_are_of(system: System, entry: HistoryEntry) -> None:
    number = entry.revision.revision

    async def others() -> int:
        records = (await read_run(system)).records.values()
        return sum(record.revision != number for record in records)

    await until(others, lambda count: count == 0, 60, f"all records of revision {number}", every_seconds=0.5)


def _assert_each_contact_goes_from_version_to_version(run: Run, history: Sequence[HistoryEntry]) -> None:
    """No announcement is of a version before that of the one before it."""
    versions = [entry.revision.version for entry in history]
    announced = by_contact([orjson.loads(record.value) for record in run.score_updated])
    seen = set[str]()
    for contact, values in announced.items():
        place = 0
        for value in sorted(values, key=lambda value: int(value["sequence"])):
            version = value["model"]["version"]
            assert version in versions[place:], (contact, value["sequence"], version, versions[place:])
            place = versions.index(version, place)
            seen.add(version)
    assert seen == set(versions)
