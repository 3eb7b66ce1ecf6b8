"""A crash between changelog and announcements: what the micro-batch owes is sent, byte for byte."""

from __future__ import annotations

import time

import pytest

from streamprocessor.contract.changelog.entry import (
    IDENTITY_KEY,
    MARKER_KEY,
    TableIdentity,
    encode_entry,
    encode_identity,
    encode_marker,
)
from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.contract.messages.announcements import Announcer, AnnouncerIdentity
from streamprocessor.scoring.record.facts import Event
from streamprocessor.scoring.scorer import Scorer
from tests.faults.conftest import MakeWorker
from tests.harness.system import System, until

pytestmark = pytest.mark.kafka


async def test_announcements_of_microbatches_after_the_marker_are_sent_once_and_those_before_it_are_not(
    system: System, worker: MakeWorker
) -> None:
    scorer = Scorer(await system.create())
    model = scorer.model
    announcer = Announcer(AnnouncerIdentity("before the crash", "inc", model.name, model.version))
    now_ms = int(time.time() * 1000)
    rows = [(IDENTITY_KEY, encode_identity(TableIdentity("inc", {})))]
    owed = {}
    for microbatch, contact in ((6, "announced"), (7, "waiting")):
        record = scorer.blank()
        steps = scorer.apply_in_place(
            record, [Event("f", "form_submission", now_ms, now_ms, {"form": "contact"}, {})]
        ).steps
        owed[contact] = announcer.encode(contact, steps)
        rows.append((contact.encode(), encode_entry(encode_record(record), microbatch, owed[contact])))
    rows.append((MARKER_KEY, encode_marker(6)))
    async with system.producer() as producer:
        for key, value in rows:
            await producer.send_and_wait(system.full["contacts-changelog"], key=key, value=value, partition=2)

    first = await worker().ready()
    [sent] = await until(lambda: system.read("score-updated"), bool, 20, "what is owed")
    [message] = owed["waiting"]
    assert (sent.partition, sent.key, sent.value, list(sent.headers)) == (2, *message[1:])
    assert first.stop() == 0

    second = await worker().ready()
    assert second.stop() == 0
    assert len(await system.read("score-updated")) == 1
