"""A replay of the topics shows what the live table shows, contact by contact, and leaves the live system as it is."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from streamprocessor.contract.changelog.entry import RESERVED, record_of
from streamprocessor.contract.changelog.record_codec import decode_record
from streamprocessor.contract.model_file.revisions import ModelRevision, newest_of
from streamprocessor.kafka.partitioner import partition_of
from streamprocessor.readmodel.gateways.trial.job_process import answered_by
from streamprocessor.replay.run.order import ReplayOrder, candidate_after, encode_order
from streamprocessor.replay.run.replays import ReplayOutcome, replay_topics
from streamprocessor.replay.shown_scores import shown_scores
from streamprocessor.scoring.identity.erasure import is_hidden, nothing_left
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from tests.harness.fixtures import MakeWorker
from tests.harness.identity_traffic import Relations
from tests.harness.long_histories import FORTY_RULES
from tests.harness.processes import ADDRESS_SALT
from tests.harness.settling import until_settled
from tests.harness.system import Sent, System

pytestmark = pytest.mark.kafka

SEED = 11
PEOPLE = 60


def now_ms() -> int:
    return int(time.time() * 1000)


def update(contact: str, number: int, **words: object) -> Sent:
    return Sent("contact-updates", contact.encode(), {"id": f"o-{number}", **words})


def story() -> list[Sent]:
    """Events of people, some of whom are linked, erased, suppressed or object; and records that are none."""
    relations = Relations(SEED, PEOPLE, 20, now_ms())
    return [
        *relations.records(SEED, 1_500, now_ms()),
        update("kim", 1, update="attributes", attributes={"first_name": "Kim", "email": "kim@firm.example"}),
        *(Sent("form-submissions", name.encode(), {"id": f"form-of-{name}"}) for name in ("gone", "shy", "kim")),
        update("gone", 2, update="erase"),
        update("shy", 3, update="do_not_score", do_not_score=True),
        update("c-4", 4, update="suppressed", suppressed=True),
        update("c-5", 5, update="verdict", event_id=f"e-{SEED}-7", actor="scanner"),
        Sent("page-visits", b"c-6", b"{no json"),
    ]


async def live_records(system: System) -> dict[str, Record]:
    table: dict[str, Record] = {}
    for entry in await system.read("contacts-changelog"):
        if entry.key.startswith(RESERVED):
            continue
        if entry.value is None:
            table.pop(entry.key.decode(), None)
        else:
            table[entry.key.decode()] = decode_record(record_of(entry.value))
    return {contact: record for contact, record in table.items() if not is_hidden(record) and not nothing_left(record)}


async def announced(system: System) -> int:
    return len(await system.read("score-updated")) + len(await system.read("became-hot-lead"))


async def in_force(system: System) -> ModelRevision:
    revision = newest_of(await system.read("models"))
    assert revision is not None
    return revision


async def replayed(system: System, contacts: frozenset[str], **more: object) -> tuple[ReplayOrder, ReplayOutcome]:
    """The model in force beside itself."""
    before = await in_force(system)
    order = ReplayOrder(
        system.settings, before, candidate_after(before, before), now_ms(), ADDRESS_SALT, None, contacts
    )
    return order, await asyncio.to_thread(replay_topics, order, lambda _: None)


async def send_misplaced(system: System, contact: str, partitions: int) -> None:
    """A visit of the contact, where some other client would have put it."""
    elsewhere = (partition_of(contact.encode(), partitions) + 1) % partitions
    async with system.producer() as producer:
        await producer.send_and_wait(
            system.full["page-visits"],
            key=contact.encode(),
            value=b'{"id": "misplaced", "properties": {"path": "/pricing"}}',
            partition=elsewhere,
        )


async def told_by_a_process(order: ReplayOrder) -> dict[str, Any]:
    """What the process of the API says last."""
    told: dict[str, Any] = {}
    await answered_by("streamprocessor.replay.run.process", encode_order(order), told.update, "replay")
    return told


async def test_a_replay_shows_what_the_live_table_shows(system: System, worker: MakeWorker, tmp_path: Path) -> None:
    model_file = tmp_path / "forty.yaml"
    # Within the band of a hysteresis the stage may depend on what happened to be processed together.
    model_file.write_text(FORTY_RULES.read_text().replace("{from: 41, leave_below: 35}", "41"))
    model: Model = await system.create(model_file)
    live = worker()
    await live.ready()
    await system.send(story())
    await send_misplaced(system, "c-8", 4)
    await until_settled(system)
    live.stop()
    records, announcements = await live_records(system), await announced(system)

    order, outcome = await replayed(system, frozenset(records))

    tally, scorer = outcome.tally, Scorer(model)
    rows = {row.contact_id: row for row in outcome.rows}
    assert (tally.contacts, tally.changed) == (len(records), 0)
    for contact, record in records.items():
        scorer.advance_in_place(record, order.at_ms)
        live_scores = shown_scores(model, record)
        assert {name: before for name, (before, _) in rows[contact].scores.items()} == live_scores, contact
        assert {name: after for name, (_, after) in rows[contact].scores.items()} == live_scores, contact
    reasons = {reason for _, reason in tally.dead_letters}
    assert "not-json" in reasons
    told = await told_by_a_process(order)
    assert (told["state"], told["answer"]["contacts_all"], told["answer"]["changed"]) == ("done", len(records), 0)
    assert await announced(system) == announcements


async def test_a_topic_whose_head_is_gone_is_named(system: System) -> None:
    await system.create()
    visits = [Sent("page-visits", b"ann", {"id": f"v-{n}", "properties": {"path": "/"}}) for n in range(5)]
    await system.send(visits)
    where = TopicPartition(system.full["page-visits"], partition_of(b"ann", 4))
    admin = AIOKafkaAdminClient(**system.clients.arguments())
    await admin.start()
    try:
        await admin.delete_records({where: RecordsToDelete(before_offset=3)})
    finally:
        await admin.close()

    order, outcome = await replayed(system, frozenset())

    (head,) = outcome.missing_heads
    assert (head.topic, head.records, outcome.tally.records) == (where.topic, 3, 2)
    assert head.holds_since_ms is not None
    assert abs(order.at_ms - head.holds_since_ms) < 60_000
