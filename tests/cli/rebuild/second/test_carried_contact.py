"""How one contact goes on in a second table: what was announced stays, and only what differs makes a step."""

from __future__ import annotations

import orjson
import pytest

from streamprocessor.cli.rebuild.second.announced_contacts import take_hot_lead, take_score_updated
from streamprocessor.cli.rebuild.second.carried_contact import CarriedContact, ContactCarrier, EvidenceOrigin
from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.contract.messages.announcements import Announcer, AnnouncerIdentity
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.topic_names import BECAME_HOT_LEAD, SCORE_UPDATED
from streamprocessor.scoring.record.facts import Event, Fact, Merged, ObjectionChanged, SuppressionChanged
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer

AT_MS = 1_790_000_000_000
HOUR_MS = 3_600_000
MODEL = """
hot_lead: {score: s, stage: hot}
scores:
  s:
    stages: {cold: 0, hot: 50}
    rules: [{id: buy, on: purchase, points: 30}]
"""
SCORER = Scorer(parse_model(MODEL, "m", revision=3))
ANNOUNCER = Announcer(AnnouncerIdentity("streamprocessor/second", "incarnation", "m", "v"))


def purchase(number: int) -> Event:
    at_ms = AT_MS + number * HOUR_MS
    return Event(f"e-{number}", "purchase", at_ms, at_ms + 1_000, {}, {})


def stored(*facts: Fact) -> Record:
    """The record that these facts made, one after the other."""
    record = SCORER.blank()
    for number, fact in enumerate(facts):
        SCORER.apply_in_place(record, [fact])
        record.offsets = {5: number}
    return decode_record(encode_record(record))


def linked(*facts: Fact) -> Record:
    record = stored(*facts)
    SCORER.apply_with_links_in_place("ada", record, [Merged("m-1", AT_MS, AT_MS, "anon:1")], [])
    return record


def carried(former: Record | None, reading: Record | None, **words: bool) -> CarriedContact:
    contact = ContactCarrier(SCORER, ANNOUNCER, **words).carried("ada", former, reading)
    assert contact is not None
    return contact


def test_a_contact_of_whom_the_topics_say_the_same_is_carried_byte_for_byte_and_announced_by_nobody() -> None:
    facts = [purchase(1), purchase(2)]
    contact = carried(stored(*facts), stored(*facts))

    assert (contact.owed, contact.origin) == ((), EvidenceOrigin.SAME)
    assert encode_record(contact.record) == encode_record(stored(*facts))


def test_evidence_that_only_the_topics_have_makes_one_step_with_the_next_number_and_no_hot_lead() -> None:
    contact = carried(stored(purchase(1)), stored(purchase(1), purchase(2)))

    (announced,) = contact.owed
    value = orjson.loads(announced.value or b"")
    assert (value["cause"], value["sequence"], value["scores"]["s"]) == (
        "model",
        2,
        {"score": 60, "unrounded": 60.0, "stage": "hot", "previous": 30, "previous_stage": "cold"},
    )
    assert dict(announced.headers)["ce_id"] == b"incarnation:ada:2"
    assert contact.origin is EvidenceOrigin.ENRICHED
    assert contact.record.episodes["s"] == (1, None)
    assert contact.record.revision == 3


LATER = purchase(24 * 90)


@pytest.mark.parametrize(
    ("former", "reading", "origin"),
    [
        (stored(purchase(1), purchase(2)), stored(purchase(2)), EvidenceOrigin.LONGER),
        (stored(purchase(1), purchase(2)), None, EvidenceOrigin.LONGER),
        (stored(purchase(1), LATER), stored(LATER), EvidenceOrigin.COMPACTED),
        (stored(purchase(1), LATER), stored(purchase(1), LATER), EvidenceOrigin.READ_AGAIN),
        (stored(purchase(1), purchase(2), LATER), stored(purchase(1), LATER), EvidenceOrigin.COMPACTED),
        (stored(purchase(1)), stored(purchase(1), LATER), EvidenceOrigin.COMPACTED),
        (linked(purchase(1)), stored(purchase(1)), EvidenceOrigin.LINKED),
        (stored(purchase(1)), linked(purchase(1)), EvidenceOrigin.LINKED),
    ],
)
def test_what_the_topics_hold_no_more_or_cannot_add_to_stays_as_it_was(
    former: Record, reading: Record | None, origin: EvidenceOrigin
) -> None:
    as_it_was = encode_record(former)

    contact = carried(former, reading)

    assert contact.origin is origin
    assert list(contact.owed) == []
    assert encode_record(contact.record) == as_it_was


def test_from_the_topics_only_what_they_hold_no_more_is_gone_and_the_step_down_is_announced() -> None:
    former = stored(purchase(1), purchase(2))
    assert former.episodes["s"][0] == 1

    contact = carried(former, stored(purchase(2)), from_topics_only=True)

    (announced,) = contact.owed
    assert orjson.loads(announced.value or b"")["sequence"] == 3
    assert contact.origin is EvidenceOrigin.TOPICS
    assert contact.record.shown["s"] == (30 * 10**9, "cold")
    assert contact.record.episodes == former.episodes
    assert contact.record.offsets == {5: 1}


@pytest.mark.parametrize("said_by", ["links", "suppression"])
def test_what_a_person_forbids_holds_though_the_topics_hold_it_no_more(said_by: str) -> None:
    former = stored(purchase(1))
    if said_by == "links":
        objection = ObjectionChanged("o-1", AT_MS, AT_MS, objected=True)
        SCORER.apply_with_links_in_place("ada", former, [objection], [])
    else:
        SCORER.apply_in_place(former, [SuppressionChanged("s-1", AT_MS, AT_MS, suppressed=True)])

    contact = carried(former, stored(purchase(1), purchase(2)), from_topics_only=True)

    record = contact.record
    assert (record.links.objected[0] if record.links is not None else record.suppressed.suppressed) is True
    assert all(message.topic == SCORE_UPDATED for message in contact.owed)
    assert record.shown["s"][0] == (0 if said_by == "links" else 60 * 10**9)


def test_a_lost_record_goes_on_from_what_was_announced_last_and_nothing_is_announced_again() -> None:
    record, messages = SCORER.blank(), []
    for fact in (purchase(1), purchase(2)):
        messages += ANNOUNCER.encode("ada", SCORER.apply_in_place(record, [fact]).steps)
    announced = Record()
    for message in reversed(messages):  # of any order the last one counts
        value = orjson.loads(message.value or b"")
        {SCORE_UPDATED: take_score_updated, BECAME_HOT_LEAD: take_hot_lead}[message.topic](announced, value)

    contact = carried(announced, stored(purchase(1), purchase(2)), is_table_lost=True)

    assert contact.owed == []
    assert (contact.record.sequence, contact.record.shown) == (record.sequence, record.shown)
    assert contact.record.episodes == record.episodes


def test_a_step_that_a_later_revision_makes_is_left_to_it() -> None:
    contact = carried(stored(purchase(1)), stored(purchase(1), purchase(2)), is_step_later=True)

    assert (list(contact.owed), contact.record.sequence) == ([], 1)
    assert len(contact.record.evidence) == 2
