"""What a person may demand: to be forgotten, not to be scored, not to be called, to be told what is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from streamprocessor.collector.formats.segment import segment
from streamprocessor.kafka.admin.cluster import set_configs
from streamprocessor.kafka.connection import connected
from streamprocessor.kafka.embedded.embedded import EmbeddedKafka
from streamprocessor.settings import Settings
from tests.collector.formats.sdk_requests import CONTACT_IDS, VOCABULARY, request_of, take
from tests.harness.commands import run_command
from tests.harness.identity_traffic import tell
from tests.harness.identity_verdict import assert_whole, id_of, read_identity_run
from tests.harness.input_topics import INPUT_TOPICS
from tests.harness.system import Sent, System, until
from tests.harness.workers import WorkerProcess
from tests.scoring.identity.cases import (
    FIFTY_A_FORM,
    HOUR_MS,
    Statement,
    do_not_score,
    erase,
    form,
    job_title,
    merge,
    verdict,
)
from tests.stream.conftest import MakeWorker, SharedSystem

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


async def test_an_erased_person_comes_back_by_new_events_only(shared_system: SharedSystem) -> None:
    system, _ = shared_system
    await tell(system, form("jane", "e1"), form("anon:v", "e2"))
    await tell(system, merge("jane", "anon:v"))
    before = await _ids_announced(system, "jane", "anon:v")

    await tell(system, erase("anon:v"))
    run = await read_identity_run(system)
    assert run.histories("jane")[-1] == run.histories("anon:v")[-1] == []
    assert await _exported(system, "jane") is None

    await tell(system, form("jane", "e1", HOUR_MS), form("anon:v", "e2", HOUR_MS), form("jane", "e9", HOUR_MS))
    run = await read_identity_run(system)
    assert run.histories("jane")[-1] == run.histories("anon:v")[-1] == []

    await tell(system, form("jane", "e3"), form("anon:v", "e4"))
    run = await read_identity_run(system)
    for contact in ("jane", "anon:v"):
        [value] = run.histories(contact)[-1]
        assert (value["sequence"], value["scores"]["engagement"]["score"]) == (1, 50)
    assert len(await _ids_announced(system, "jane", "anon:v") - before) == 2
    assert_whole(run)


async def _ids_announced(system: System, *contacts: str) -> set[str]:
    announced = await system.read("score-updated")
    return {id_of(record) for record in announced if record.value is not None and record.key.decode() in contacts}


async def test_a_restarted_worker_has_not_forgotten_whom_it_forgot(
    system: System, worker: MakeWorker, tmp_path: Path
) -> None:
    model_file = tmp_path / "fifty.yaml"
    model_file.write_text(FIFTY_A_FORM)
    await system.create(model_file)
    running = await worker().ready()
    await tell(system, form("jane", "e1"), form("joe", "e2"))
    await tell(system, erase("jane"), do_not_score("joe", True))

    running.kill()
    await running.start().ready()
    await tell(system, form("jane", "e1", HOUR_MS), form("joe", "e3"))

    run = await read_identity_run(system)
    assert run.histories("jane")[-1] == []
    assert run.histories("joe")[-1][-1]["scores"] == {}
    assert_whole(run)


async def test_who_objects_is_not_scored_from_then_on_and_begins_with_nothing_when_she_no_longer_does(
    shared_system: SharedSystem,
) -> None:
    system, _ = shared_system
    await tell(system, form("olga", "e1"), job_title("olga", "chief"), form("stranger", "e1"))
    await tell(system, do_not_score("olga", True), do_not_score("nobody", True))
    await tell(system, form("olga", "e2"), form("nobody", "e3"), job_title("olga", "chief of all"))

    run = await read_identity_run(system)
    [olga] = run.histories("olga")
    assert (olga[-1]["scores"], olga[-1]["cause"]) == ({}, "attributes")
    assert "merged_into" not in olga[-1]
    assert [value["scores"] for value in olga].count({}) == 1
    assert "nobody" not in run.score_updated

    await tell(system, do_not_score("olga", False))
    await tell(system, form("olga", "e4"))
    run = await read_identity_run(system)
    assert run.histories("olga")[-1][-1]["scores"]["engagement"]["score"] == 50
    assert_whole(run)


async def test_who_is_suppressed_is_scored_and_not_announced_as_a_hot_lead(shared_system: SharedSystem) -> None:
    system, _ = shared_system
    suppress = {"update": "suppressed", "suppressed": True}
    await tell(
        system, Statement("sue", suppress), Statement("anon:s", suppress), form("anon:s", "e1"), form("sam", "e1")
    )
    await tell(system, merge("sam", "anon:s"))
    await tell(system, *(form(contact, f"f{n}") for contact in ("sue", "sam", "free") for n in range(3)))

    run = await read_identity_run(system)
    assert [lead["contact_id"] for lead in run.hot_leads if lead["contact_id"] in ("sue", "sam", "free")] == ["free"]
    [sue], [sam] = run.histories("sue"), run.histories("sam")
    assert [history[-1]["scores"]["engagement"]["stage"] for history in (sue, sam)] == ["hot", "hot"]


async def test_who_complained_is_no_hot_lead_until_it_comes_back(shared_system: SharedSystem) -> None:
    system, _ = shared_system
    call = {"type": "track", "userId": "carl", "event": "Email Marked as Spam", "messageId": "complaint"}
    complaint = take(segment(CONTACT_IDS, VOCABULARY), request_of("/v1/track", call)).only
    topic = INPUT_TOPICS.topic_of(complaint.value).name
    await system.send([Sent(topic, complaint.contact_id.encode(), complaint.value)])
    await tell(system, *(form("carl", f"e{n}") for n in range(3)))
    exported = await _exported(system, "carl")
    assert exported is not None
    assert (exported["suppressed"], exported["suppression"]["by"]) == (True, "spam_complaint")
    assert exported["suppression"]["id"] == complaint.value["id"]

    await system.send([Sent("activities", b"carl", {"id": "back", "type": "resubscribe"})])
    await tell(system, verdict("carl", "e0", "scanner"))
    await tell(system, form("carl", "e3"))

    run = await read_identity_run(system)
    [lead] = [lead for lead in run.hot_leads if lead["contact_id"] == "carl"]
    assert lead["episode"] == 2


async def test_nothing_of_an_erased_person_is_found_in_compacted_topics_state_files_and_logs(
    own_kafka: Callable[[], EmbeddedKafka], tmp_path: Path
) -> None:
    settings = Settings(
        bootstrap=own_kafka().bootstrap,
        partitions=1,
        app_id="app",
        commit_interval_seconds=0.2,
        data_dir=str(tmp_path / "worker"),
        erasure_salt="pepper",
    )
    (tmp_path / "worker").mkdir()
    system = System(settings)
    path = tmp_path / "fifty.yaml"
    path.write_text(FIFTY_A_FORM)
    await system.create(path)
    compacted = [name for name, topic in system.layout.names().items() if "compact" in topic.config["cleanup.policy"]]
    await asyncio.to_thread(_make_cleaner_brisk, settings.bootstrap)
    worker = await WorkerProcess(settings, "blue", tmp_path / "worker").start().ready()
    async with connected(system.clients) as client:
        await set_configs(client, {name: FORGETFUL for name in compacted if name != system.full["models"]})
    marks = (b"jane-7f3a", b"visitor-7f3a", b"chief-7f3a", b"event-7f3a")
    try:
        await tell(
            system,
            form("jane-7f3a", "event-7f3a"),
            form("anon:visitor-7f3a", "event-7f3a-2"),
            job_title("jane-7f3a", "chief-7f3a"),
        )
        await tell(system, merge("jane-7f3a", "anon:visitor-7f3a"))
        assert set(marks) == await _marks_in(system, compacted, marks)

        await tell(system, erase("anon:visitor-7f3a"))
        passing = 0

        async def remaining() -> set[bytes]:
            """What is found while others come and go, for only a closed segment is compacted."""
            nonlocal passing
            passing += 1
            await tell(system, form(f"passer-by-{passing % 3}", f"p{passing}"))
            return await _marks_in(system, compacted, marks)

        await until(remaining, lambda present: not present, 60, "nothing of the person in compacted topics", 0.5)

        pages = [worker.read(page) for page in ("/status", "/metrics")]
        files = [file.read_bytes() for file in (tmp_path / "worker").rglob("*") if file.is_file()]
        assert not [mark for mark in marks for content in pages + files if mark in content]
        run = await read_identity_run(system)
        assert_whole(run)
    finally:
        worker.discard()


def _make_cleaner_brisk(bootstrap: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    broker = ConfigResource(ResourceType.BROKER, "1", incremental_configs=[BRISK])
    for changed in admin.incremental_alter_configs([broker]).values():
        changed.result(10)


async def _marks_in(system: System, topics: list[str], marks: tuple[bytes, ...]) -> set[bytes]:
    """Those marks that stand in a key, value or header of any record of these topics."""
    present: set[bytes] = set()
    short = {full: name for name, full in system.full.items()}
    for topic in topics:
        for record in await system.read(short[topic]):
            content = [record.key, record.value, *(value for _, value in record.headers)]
            present |= {mark for mark in marks if any(mark in part for part in content if part is not None)}
    return present


async def test_a_worker_with_another_salt_does_not_let_the_erased_come_back(
    system: System, worker: MakeWorker, tmp_path: Path
) -> None:
    path = tmp_path / "fifty.yaml"
    path.write_text(FIFTY_A_FORM)
    await system.create(path)
    first = await worker("blue", erasure_salt="unsalted").ready()  # as before there was one for all
    await tell(system, form("jane", "e1"), erase("jane"))
    assert first.stop() == 0

    other = worker("blue", erasure_salt="another")
    await until(other.process.poll, lambda code: code is not None, 30, "the worker ends")
    assert other.process.returncode == 2
    assert "wanted the salt that they were erased under" in other.tail()
    assert "STREAMPROCESSOR_ERASURE_SALT=unsalted says so" in other.tail()


async def test_an_export_holds_all_that_is_kept_and_tells_into_whom_an_old_id_went(shared_system: SharedSystem) -> None:
    system, _ = shared_system
    await tell(system, form("xenia", "e1"), form("anon:x", "e2"), job_title("anon:x", "chief"))
    await tell(system, merge("xenia", "anon:x"), Statement("xenia", {"update": "suppressed", "suppressed": True}))

    xenia, visitor = await _exported(system, "xenia"), await _exported(system, "anon:x")
    assert await _exported(system, "never-heard-of") is None
    assert xenia is not None
    assert visitor is not None
    assert {event["id"] for event in xenia["evidence"]} == {"e1", "e2"}
    assert xenia["scores"]["engagement"]["score"] == 110
    assert xenia["attributes"]["job_title"]["value"] == "chief"
    assert xenia["suppressed"] is True
    assert visitor["merged_into"] == "xenia"


async def _exported(system: System, contact: str) -> dict[str, Any] | None:
    """What `streamprocessor export` prints; None where nothing is kept."""
    end = await run_command(system, "export", contact)
    if end.exit_code == 1:
        assert "nothing is kept" in end.complaint
        return None
    assert end.exit_code == 0, end.complaint
    exported: dict[str, Any] = orjson.loads(end.output)
    return exported
