"""A write that a dead worker had under way, and that Kafka takes after its successor began: nothing is lost by it."""

from __future__ import annotations

import itertools

import orjson
import pytest

from streamprocessor.contract.changelog.entry import (
    IDENTITY_KEY,
    MARKER_KEY,
    RESERVED,
    decode_identity,
    encode_entry,
    encode_marker,
    microbatch_of,
)
from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.contract.messages.announcements import Announcer, AnnouncerIdentity
from streamprocessor.contract.topics.topics import topic_named
from streamprocessor.kafka.partitioner import partition_of
from streamprocessor.scoring.record.facts import Event
from streamprocessor.scoring.scorer import Scorer
from tests.faults.conftest import MakeWorker
from tests.harness.system import Sent, System, until
from tests.harness.verdict import run_as_the_oracle_says

pytestmark = pytest.mark.kafka

PARTITION = 2
FORMS = "form-submissions"
FORM = {"form": "contact"}


def _contacts(partitions: int) -> list[bytes]:
    """Three contacts of one partition."""
    names = (b"contact-%d" % number for number in itertools.count())
    return list(itertools.islice((name for name in names if partition_of(name, partitions) == PARTITION), 3))


async def _last_microbatch(system: System) -> int:
    rows = [row for row in await system.read("contacts-changelog") if row.partition == PARTITION and row.value]
    return max(microbatch_of(row.value) for row in rows if not row.key.startswith(RESERVED))


async def _write_late(system: System, scorer: Scorer, contact: bytes, microbatch: int) -> None:
    """What a dead worker made of the contact's form, which lies in the topic: its announcement was never sent."""
    topic = topic_named(system.layout.topics, FORMS)
    assert topic.number is not None
    [form] = [record for record in await system.read(FORMS) if record.key == contact]
    record = scorer.blank()
    event = Event(orjson.loads(form.value)["id"], "form_submission", form.timestamp, form.timestamp, FORM, {})
    steps = scorer.apply_in_place(record, [event]).steps
    record.offsets = {topic.number: form.offset}
    changelog = await system.read("contacts-changelog")
    incarnation = next(decode_identity(row.value).incarnation for row in changelog if row.key == IDENTITY_KEY)
    identity = AnnouncerIdentity("the dead one", incarnation, scorer.model.name, scorer.model.version)
    owed = Announcer(identity).encode(contact.decode(), steps)
    rows = [
        (MARKER_KEY, encode_marker(microbatch - 1)),
        (contact, encode_entry(encode_record(record), microbatch, owed)),
    ]
    async with system.producer() as producer:
        for key, value in rows:
            await producer.send_and_wait(system.full["contacts-changelog"], value, key=key, partition=PARTITION)


async def _send(system: System, contact: bytes) -> None:
    await system.send([Sent(FORMS, contact, {"id": contact.decode(), "properties": FORM})])


async def test_what_a_dead_worker_had_under_way_makes_no_gap_whether_its_successor_is_dead_or_lives(
    system: System, worker: MakeWorker
) -> None:
    scorer = Scorer(await system.create())
    assert system.settings.partitions is not None
    first, second, third = _contacts(system.settings.partitions)
    process = await worker().ready()
    await _send(system, first)
    await system.until_applied()
    dead = await _last_microbatch(system)
    process.kill()

    await process.start().ready()
    for number in range(2):
        await system.send([Sent("page-visits", first, {"id": f"visit-{number}", "properties": {"path": "/pricing"}})])
        await system.until_applied()
    process.kill()
    await _send(system, second)
    await _write_late(system, scorer, second, dead + 1)
    await process.start().ready()
    await system.until_applied()

    await _send(system, third)
    await system.until_applied()
    await _write_late(system, scorer, first, dead + 1)
    await system.send([Sent("page-visits", third, {"id": "last", "properties": {"path": "/pricing"}})])
    await until(process.tail, lambda log: "another worker wrote there, too" in log, 20, "it begins anew")
    await system.until_applied()
    assert process.stop() == 0

    await run_as_the_oracle_says(system, scorer.model)
