"""What a person may demand: to be forgotten, not to be scored, not to be called, to be told what is kept."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from streamprocessor.broker.clients import connected
from streamprocessor.broker.cluster import set_configs
from streamprocessor.broker.embedded import EmbeddedKafka
from streamprocessor.settings import PREFIX, Settings
from tests.harness.identity_traffic import sent
from tests.harness.identity_verdict import assert_whole, id_of, read_told
from tests.harness.settling import until_settled
from tests.harness.system import ROOT, Sent, System, until
from tests.harness.workers import WorkerProcess
from tests.scoring.identity_cases import FIFTY_A_FORM, HOUR_MS, Said, do_not_score, erase, form, job_title, merge
from tests.stream.conftest import MakeWorker

pytestmark = pytest.mark.kafka

#: The cleaner looks every quarter of a second, not every 15 s, at what is to be compacted.
BRISK = ConfigEntry("log.cleaner.backoff.ms", "250", incremental_operation=AlterConfigOpType.SET)
#: A topic's segments close half a second after their first record, and are compacted at once.
FORGETFUL = {
    "segment.ms": "500",
    "min.compaction.lag.ms": "0",
    "max.compaction.lag.ms": "1000",
    "delete.retention.ms": "100",
    "min.cleanable.dirty.ratio": "0.01",
    "file.delete.delay.ms": "100",
}


def _now_ms() -> int:
    return int(time.time() * 1000)


async def _start(system: System, worker: MakeWorker, folder: Path) -> WorkerProcess:
    path = folder / "fifty.yaml"
    path.write_text(FIFTY_A_FORM)
    await system.create(path)
    return await worker().ready()


async def _tell(system: System, *words: Said) -> None:
    """Send words that occur now less what they say, one after the other, and wait until all that follows has."""
    await system.send(
        sent(said, f"{said.contact} {said.what}", _now_ms() - said.ago_ms if said.ago_ms else None) for said in words
    )
    await until_settled(system)


async def test_an_erased_person_comes_back_by_new_events_only(
    system: System, worker: MakeWorker, tmp_path: Path
) -> None:
    await _start(system, worker, tmp_path)
    await _tell(system, form("jane", "e1"), form("anon:v", "e2"))
    await _tell(system, merge("jane", "anon:v"))
    ids = [id_of(record) for record in await system.read("score-updated") if record.value is not None]
    before = await system.read("form-submissions")

    await _tell(system, erase("anon:v"))
    told = await read_told(system)
    assert told.lives("jane")[-1] == told.lives("anon:v")[-1] == []

    replayed = [Sent("form-submissions", r.key, {"id": "again", "occurred_at": r.timestamp}) for r in before]
    await system.send([*replayed, Sent("form-submissions", b"jane", {"id": "e9", "occurred_at": _now_ms() - HOUR_MS})])
    await until_settled(system)
    assert (await read_told(system)).lives("jane")[-1] == []

    await _tell(system, form("jane", "e3"), form("anon:v", "e4"))
    told = await read_told(system)
    for contact in ("jane", "anon:v"):
        [value] = told.lives(contact)[-1]
        assert (value["sequence"], value["scores"]["engagement"]["score"]) == (1, 50)
    told_now = [id_of(r) for r in await system.read("score-updated") if r.value is not None]
    assert len(set(told_now)) == len(set(ids)) + 2
    assert_whole(told)


async def test_a_restarted_worker_has_not_forgotten_whom_it_forgot(
    system: System, worker: MakeWorker, tmp_path: Path
) -> None:
    running = await _start(system, worker, tmp_path)
    await _tell(system, form("jane", "e1"), form("joe", "e2"))
    await _tell(system, erase("jane"), do_not_score("joe", True))

    running.kill()
    await running.start().ready()
    await _tell(system, form("jane", "e1", HOUR_MS), form("joe", "e3"))

    told = await read_told(system)
    assert told.lives("jane")[-1] == []
    assert told.lives("joe")[-1][-1]["scores"] == {}
    assert_whole(told)


async def test_who_objects_is_not_scored_from_then_on_and_begins_with_nothing_when_she_no_longer_does(
    system: System, worker: MakeWorker, tmp_path: Path
) -> None:
    await _start(system, worker, tmp_path)
    await _tell(system, form("jane", "e1"), job_title("jane", "chief"), form("stranger", "e1"))
    await _tell(system, do_not_score("jane", True), do_not_score("nobody", True))
    await _tell(system, form("jane", "e2"), form("nobody", "e3"), job_title("jane", "chief of all"))

    told = await read_told(system)
    [jane] = told.lives("jane")
    assert (jane[-1]["scores"], jane[-1]["cause"]) == ({}, "attributes")
    assert "merged_into" not in jane[-1]
    assert [value["scores"] for value in jane].count({}) == 1
    assert "nobody" not in told.score_updated

    await _tell(system, do_not_score("jane", False))
    await _tell(system, form("jane", "e4"))
    told = await read_told(system)
    assert told.lives("jane")[-1][-1]["scores"]["engagement"]["score"] == 50
    assert_whole(told)


async def test_who_is_suppressed_is_scored_and_not_announced_as_a_hot_lead(
    system: System, worker: MakeWorker, tmp_path: Path
) -> None:
    await _start(system, worker, tmp_path)
    suppress = {"update": "suppressed", "suppressed": True}
    await _tell(system, Said("jane", suppress), Said("anon:v", suppress), form("anon:v", "e1"), form("joe", "e1"))
    await _tell(system, merge("joe", "anon:v"))
    await _tell(system, *(form(contact, f"f{n}") for contact in ("jane", "joe", "ann") for n in range(3)))

    told = await read_told(system)
    assert [lead["contact_id"] for lead in told.hot_leads] == ["ann"]
    [jane], [joe] = told.lives("jane"), told.lives("joe")
    assert [life[-1]["scores"]["engagement"]["stage"] for life in (jane, joe)] == ["hot", "hot"]


async def test_nothing_of_an_erased_person_is_found_in_compacted_topics_state_files_and_logs(
    own_kafka: Callable[[], EmbeddedKafka], tmp_path: Path
) -> None:
    settings = Settings(
        bootstrap=own_kafka().bootstrap,
        partitions=1,
        app_id="app",
        session_timeout_seconds=6.0,
        commit_interval_seconds=0.2,
        data_dir=str(tmp_path / "worker"),
    )
    (tmp_path / "worker").mkdir()
    system = System(settings)
    path = tmp_path / "fifty.yaml"
    path.write_text(FIFTY_A_FORM)
    await system.create(path)
    compacted = [name for name, topic in system.layout.names().items() if "compact" in topic.config["cleanup.policy"]]
    await asyncio.to_thread(_make_cleaner_brisk, settings.bootstrap)
    async with connected(system.clients) as client:
        await set_configs(client, {name: FORGETFUL for name in compacted if name != system.full["models"]})
    worker = await WorkerProcess(settings, "blue", tmp_path / "worker").start().ready()
    marks = (b"jane-7f3a", b"visitor-7f3a", b"chief-7f3a", b"event-7f3a")
    try:
        await _tell(
            system,
            form("jane-7f3a", "event-7f3a"),
            form("anon:visitor-7f3a", "event-7f3a-2"),
            job_title("jane-7f3a", "chief-7f3a"),
        )
        await _tell(system, merge("jane-7f3a", "anon:visitor-7f3a"))
        assert set(marks) == await _found(system, compacted, marks)

        await _tell(system, erase("anon:visitor-7f3a"))
        passing = 0

        async def left() -> set[bytes]:
            """What is found while others come and go, for only a closed segment is compacted."""
            nonlocal passing
            passing += 1
            await _tell(system, form(f"passer-by-{passing % 3}", f"p{passing}"))
            return await _found(system, compacted, marks)

        await until(left, lambda found: not found, 60, "nothing of the person in compacted topics", 0.5)

        said = [worker.get(page) for page in ("/status", "/metrics")]
        kept = [file.read_bytes() for file in (tmp_path / "worker").rglob("*") if file.is_file()]
        assert not [mark for mark in marks for content in said + kept if mark in content]
        told = await read_told(system)
        assert_whole(told)
    finally:
        worker.discard()


def _make_cleaner_brisk(bootstrap: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    broker = ConfigResource(ResourceType.BROKER, "1", incremental_configs=[BRISK])
    for changed in admin.incremental_alter_configs([broker]).values():
        changed.result(10)


async def _found(system: System, topics: list[str], marks: tuple[bytes, ...]) -> set[bytes]:
    """Those marks that stand in a key, value or header of any record of these topics."""
    found: set[bytes] = set()
    short = {full: name for name, full in system.full.items()}
    for topic in topics:
        for record in await system.read(short[topic]):
            content = [record.key, record.value, *(value for _, value in record.headers)]
            found |= {mark for mark in marks if any(mark in part for part in content if part is not None)}
    return found


async def test_an_export_holds_all_that_is_kept_and_tells_into_whom_an_old_id_went(
    system: System, worker: MakeWorker, tmp_path: Path
) -> None:
    await _start(system, worker, tmp_path)
    await _tell(system, form("jane", "e1"), form("anon:v", "e2"), job_title("anon:v", "chief"))
    await _tell(system, merge("jane", "anon:v"), Said("jane", {"update": "suppressed", "suppressed": True}))

    jane, visitor = await _exported(system, "jane"), await _exported(system, "anon:v")
    assert await _exported(system, "nobody") is None
    assert jane is not None
    assert visitor is not None
    assert {event["id"] for event in jane["evidence"]} == {"e1", "e2"}
    assert jane["scores"]["engagement"]["score"] == 110
    assert jane["attributes"]["job_title"]["value"] == "chief"
    assert jane["suppressed"] is True
    assert visitor["merged_into"] == "jane"


async def _exported(system: System, contact: str) -> dict[str, Any] | None:
    """What `streamprocessor export` prints; None where nothing is kept."""
    settings = system.settings
    named = {"bootstrap": settings.bootstrap, "topic_prefix": settings.topic_prefix, "app_id": settings.app_id}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "streamprocessor", "export", contact),
        env=os.environ | {f"{PREFIX}{name.upper()}": value for name, value in named.items()},
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complaint = await process.communicate()
    if process.returncode == 1:
        assert b"nothing is kept" in complaint
        return None
    assert process.returncode == 0, complaint
    found: dict[str, Any] = orjson.loads(said)
    return found
