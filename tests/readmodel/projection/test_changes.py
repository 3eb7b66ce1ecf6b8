"""What stands in a partition where its contact does not belong, and the tombstones that it leaves there."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from streamprocessor.contract.changelog.entry import encode_entry
from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.contract.messages.announcements import Announcer, AnnouncerIdentity
from streamprocessor.contract.model_file.read_model import read_model
from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG, SCORE_UPDATED
from streamprocessor.kafka.partitioner import partition_of
from streamprocessor.readmodel.projection.changes import Place, changes_of
from streamprocessor.scoring.record.facts import Event
from streamprocessor.scoring.scorer import Scorer
from tests.harness.system import DEFAULT_MODEL

AT_MS = 1_790_000_000_000
PARTITIONS = 4
JANE = b"jane"
HOME = partition_of(JANE, PARTITIONS)
ELSEWHERE = (HOME + 1) % PARTITIONS
SCORER = Scorer(read_model(DEFAULT_MODEL))


class Fetched(NamedTuple):
    offset: int
    key: bytes
    value: bytes | None
    headers: list[Any]


def test_a_contact_that_was_handed_over_keeps_its_row_and_its_steps() -> None:
    record = SCORER.blank()
    [step] = SCORER.apply_in_place(record, [Event("f", "form_submission", AT_MS, AT_MS, {"form": "contact"}, {})]).steps
    entry = encode_entry(encode_record(record), 1, [])
    identity = AnnouncerIdentity("s", "i", SCORER.model.name, SCORER.model.version)
    announced = Announcer(identity).encode("jane", [step])[0].value
    gone = Fetched(1, JANE, None, [])

    changes = changes_of(
        SCORER,
        {
            Place(CONTACTS_CHANGELOG, HOME): [Fetched(0, JANE, entry, [])],
            Place(SCORE_UPDATED, HOME): [Fetched(0, JANE, announced, [])],
            Place(CONTACTS_CHANGELOG, ELSEWHERE): [Fetched(0, JANE, encode_entry(b"unread", 1, []), []), gone],
            Place(SCORE_UPDATED, ELSEWHERE): [gone],
        },
        PARTITIONS,
    )

    assert changes.contacts["jane"].contact is not None
    assert list(changes.history) == [("jane", orjson.loads(announced or b"")["sequence"])]
    assert changes.forgotten == set()
    assert changes.next_offsets[Place(CONTACTS_CHANGELOG, ELSEWHERE)] == 2

    at_home = changes_of(
        SCORER, {Place(CONTACTS_CHANGELOG, HOME): [gone], Place(SCORE_UPDATED, HOME): [gone]}, PARTITIONS
    )
    assert at_home.contacts["jane"].contact is None
    assert at_home.forgotten == {"jane"}
