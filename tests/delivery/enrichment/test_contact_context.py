"""What is known of a contact beyond its announcement: attributes, suppression, segments entered and left."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamprocessor.contract.changelog.entry import encode_entry
from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.delivery.announcements import Announcement
from streamprocessor.delivery.contacts import (
    UNKNOWN_CONTACT,
    ContactContext,
    ContactFacts,
    SegmentFilter,
    SegmentMember,
)
from streamprocessor.delivery.enrichment.contact_context import contact_facts_of, moves
from streamprocessor.delivery.subscriptions.segments import known_segments
from streamprocessor.scoring.model.contact_filter import AttributeCondition, ContactFilter, ScoreCondition, Segment
from streamprocessor.scoring.record.links import IdentityLinks
from streamprocessor.scoring.record.record import Derived, Record
from streamprocessor.scoring.record.suppression import SuppressionWord

BERLIN = AttributeCondition("city", equals="Berlin")
HOT = ContactFilter((ScoreCondition("engagement", stages=("hot",)),), (BERLIN,))
STRONG = ContactFilter((ScoreCondition("interest", value="crm", at_least=5),))
SEGMENTS = known_segments((Segment("hot-in-berlin", HOT), Segment("crm", STRONG)))
BERLINER = ContactFacts({"city": "Berlin"})


def update(sequence: int = 2, **scores: Any) -> Announcement:
    data = {"contact_id": "c", "sequence": sequence, "changed": list(scores), "scores": scores}
    return Announcement("score-updated", f"i{sequence}", "contact.score-updated.v1", "/s", "c", "", 0, data)


def score(now: float, previous: float | None, stage: str, previous_stage: str) -> dict[str, Any]:
    return {"score": now, "previous": previous, "unrounded": now, "stage": stage, "previous_stage": previous_stage}


HEATED = score(41, 40, "hot", "warm")
COOLED = score(34, 35, "warm", "hot")


@pytest.mark.parametrize(
    ("scores", "person", "entered", "left"),
    [
        ({"engagement": HEATED}, BERLINER, {"hot-in-berlin"}, set()),
        ({"engagement": HEATED}, UNKNOWN_CONTACT, set(), set()),
        ({"engagement": COOLED}, BERLINER, set(), {"hot-in-berlin"}),
        ({"engagement": {"score": 44, "previous": 43, "stage": "hot"}}, BERLINER, set(), set()),
        ({"engagement": None}, BERLINER, set(), set()),
        ({"interest": {"values": {"crm": {"score": 5, "previous": 4.9}}}}, UNKNOWN_CONTACT, {"crm"}, set()),
        ({"interest": {"values": {"crm": {"score": 4.9, "previous": 5}}}}, UNKNOWN_CONTACT, set(), {"crm"}),
        ({"interest": {"values": {"crm": {"score": 5, "previous": None}}}}, UNKNOWN_CONTACT, {"crm"}, set()),
        ({"interest": {"values": {"crm": {"score": 5}, "erp": None}}}, UNKNOWN_CONTACT, set(), set()),
        ({"interest": {"values": {"erp": {"score": 9, "previous": 1}}}}, UNKNOWN_CONTACT, set(), set()),
    ],
)
def test_of_whom_nothing_is_kept_the_previous_values_say_what_is_entered_and_left(
    scores: dict[str, Any], person: ContactFacts, entered: AbstractSet[str], left: AbstractSet[str]
) -> None:
    around, after = moves(update(**scores), person, SEGMENTS, {})
    assert (around.entered, around.left) == (entered, left)
    assert len(after) == len(SEGMENTS)


@pytest.mark.parametrize(("first", "entered"), [({"first": True}, {"hot-in-berlin"}), ({}, set())])
def test_a_contact_that_begins_in_a_segment_enters_it(first: dict[str, bool], entered: AbstractSet[str]) -> None:
    begun = update(engagement={"score": 44, "stage": "hot"})
    around, _ = moves(replace(begun, data={**begun.data, **first}), BERLINER, SEGMENTS, {})
    assert around.entered == entered


def kept(name: str, is_in: bool, sequence: int = 1) -> dict[tuple[str, str], SegmentMember]:
    key = SEGMENTS[name].key
    return {(key, "c"): SegmentMember(key, "c", is_in, sequence)}


def test_what_is_kept_says_where_the_contact_was() -> None:
    moved_to_berlin = update(engagement={"score": 44, "previous": 43, "stage": "hot"})
    around, [member, _] = moves(moved_to_berlin, BERLINER, SEGMENTS, kept("hot-in-berlin", False))
    assert around.entered == {"hot-in-berlin"}
    assert (member.is_in, member.sequence) == (True, 2)

    around, _ = moves(update(engagement=HEATED), BERLINER, SEGMENTS, kept("hot-in-berlin", True))
    assert around == ContactContext(BERLINER)


def test_a_contact_without_scores_has_left_all_segments() -> None:
    around, _ = moves(update(), BERLINER, SEGMENTS, kept("hot-in-berlin", True) | kept("crm", False))
    assert around.left == {"hot-in-berlin"}


def test_an_announcement_that_comes_again_or_late_moves_nobody() -> None:
    for sequence in (1, 2):
        around, after = moves(update(sequence, engagement=HEATED), BERLINER, SEGMENTS, kept("hot-in-berlin", False, 2))
        assert around.entered == frozenset()
        assert [member.segment for member in after] == [SEGMENTS["crm"].key]


def test_a_segment_that_says_something_else_begins_anew() -> None:
    [before, now] = (known_segments((Segment("s", wanted),))["s"] for wanted in (HOT, STRONG))
    assert before.key != now.key
    assert known_segments((Segment("s", HOT),))["s"].key == before.key


POINTS = st.integers(0, 100)


def hand(points: int) -> str:
    return "hot" if points >= 41 else "cold"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(POINTS, st.booleans(), st.booleans()), min_size=1, max_size=12))
def test_entered_and_left_take_turns_and_say_where_the_contact_is(steps: list[tuple[int, bool, bool]]) -> None:
    segments = {"s": SegmentFilter("s", HOT)}
    members: dict[tuple[str, str], SegmentMember] = {}
    before, where = 0, False
    for sequence, (points, is_berliner, comes_twice) in enumerate(steps, 1):
        person = BERLINER if is_berliner else UNKNOWN_CONTACT
        said = update(sequence, engagement=score(points, before, hand(points), hand(before)))
        around, after = moves(said, person, segments, members)
        was_in = where if members else hand(before) == "hot" and is_berliner
        members.update({(member.segment, member.contact_id): member for member in after})
        where = hand(points) == "hot" and is_berliner
        assert (bool(around.entered), bool(around.left)) == (where and not was_in, was_in and not where)
        assert members["s", "c"].is_in is where
        if comes_twice:
            assert moves(said, person, segments, members) == (ContactContext(person), [])
        before = points


def changelog(**fields: Any) -> bytes:
    return encode_entry(encode_record(Record(sequence=1, **fields)), 1, [])


def test_only_attributes_that_are_asked_for_are_kept() -> None:
    attributes = {"city": ["Berlin", 1, "a"], "name": ["Jane", 1, "b"], "gone": [None, 2, "c"]}
    value = changelog(attributes=attributes, suppressed=SuppressionWord(True, 1, "s"))
    assert contact_facts_of(value, ["city", "gone", "never"]) == ContactFacts({"city": "Berlin"}, True)
    assert contact_facts_of(value, []) == ContactFacts({}, True)


def test_who_is_suppressed_by_an_event_is_so_for_subscriptions_too() -> None:
    unsubscribed = Derived(suppression=SuppressionWord(True, 1, "u", "unsubscribe"))
    assert contact_facts_of(changelog(derived=unsubscribed), []).is_suppressed
    back = SuppressionWord(False, 2, "r", "resubscribe")
    assert not contact_facts_of(changelog(derived=unsubscribed, suppressed=back), []).is_suppressed


def test_of_who_is_gone_merged_or_objects_nothing_is_kept() -> None:
    assert contact_facts_of(None, ["city"]) == UNKNOWN_CONTACT
    attributes = {"city": ["Berlin", 1, "a"]}
    assert (
        contact_facts_of(changelog(attributes=attributes, links=IdentityLinks(is_hidden=True)), ["city"])
        == UNKNOWN_CONTACT
    )
    assert contact_facts_of(changelog(attributes=attributes, links=IdentityLinks()), ["city"]) == BERLINER
    merged = IdentityLinks(is_hidden=True, parent=("joe", (1, "m")))
    assert contact_facts_of(changelog(attributes=attributes, links=merged), ["city"]) == ContactFacts(is_merged=True)


def test_of_who_was_erased_and_began_anew_it_is_known_when() -> None:
    anew = changelog(attributes={"city": ["Berlin", 9, "a"]}, links=IdentityLinks(erased_at_ms=7))
    assert contact_facts_of(anew, ["city"]) == replace(BERLINER, erased_ms=7)
