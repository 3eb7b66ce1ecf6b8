"""Which announcements a subscription gets."""

from __future__ import annotations

from typing import Any

import pytest

from streamprocessor.contract.subscriptions.subscription_file import parse_subscription
from streamprocessor.delivery.announcements import Announcement
from streamprocessor.delivery.contacts import ContactContext, ContactFacts
from streamprocessor.delivery.subscriptions.matching import wants
from tests.delivery.leads import Lead

CHANGED: dict[str, Any] = {
    "changed": ["engagement", "interest", "gone"],
    "scores": {
        "engagement": {"score": 41, "previous": 40.5, "stage": "hot", "previous_stage": "warm"},
        "fit": {"score": 90, "stage": "A"},
        "interest": {"values": {"crm": {"score": 5, "previous": None}, "erp": {"score": 50}, "old": None}},
        "gone": None,
    },
}
UPDATE = Announcement("score-updated", "i", "contact.score-updated.v1", "/s", "c", "", 0, CHANGED)


@pytest.mark.parametrize(
    ("when", "wanted"),
    [
        ("{score: engagement}", True),
        ("{score: fit}", False),
        ("{score: gone}", True),
        ("{score: gone, score_at_least: 0}", False),
        ("{from: warm, to: hot}", True),
        ("{from: [cold, warm], to: [hot]}", True),
        ("{from: cold}", False),
        ("{to: A}", False),
        ("{score: interest, to: hot}", False),
        ("{score: engagement, change_at_least: 0.5}", True),
        ("{score: engagement, change_at_least: 0.51}", False),
        ("{change_at_least: 5}", True),
        ("{change_at_least: 6}", False),
        ("{score_at_least: 41}", True),
        ("{score_at_least: 42}", False),
        ("{value: crm}", True),
        ("{value: erp}", False),
        ("{score: engagement, value: crm}", False),
    ],
)
def test_a_score_update_is_delivered_when_one_of_its_changes_satisfies_all_of_the_filter(
    when: str, wanted: bool
) -> None:
    text = f"{{url: https://a, events: [score-updated], signed: false, when: {when}}}"
    assert wants(parse_subscription("s", text, "test"), UPDATE, ContactContext()) is wanted


@pytest.mark.parametrize(("is_first", "wanted"), [({"first": True}, True), ({}, False)])
@pytest.mark.parametrize(
    ("when", "wanted_first"),
    [("{to: cold}", True), ("{to: [warm, cold]}", True), ("{to: warm}", False), ("{from: cold}", False)],
)
def test_who_begins_in_a_stage_comes_to_it(
    when: str, wanted_first: bool, is_first: dict[str, bool], wanted: bool
) -> None:
    data = {"changed": ["engagement"], "scores": {"engagement": {"score": 0, "stage": "cold"}}, **is_first}
    begun = Announcement("score-updated", "i", "contact.score-updated.v1", "/s", "c", "", 0, data)
    text = f"{{url: https://a, events: [score-updated], signed: false, when: {when}}}"
    assert wants(parse_subscription("s", text, "test"), begun, ContactContext()) is (wanted and wanted_first)


def test_who_begins_warm_was_cold() -> None:
    engagement = {"score": 20, "previous": 0, "stage": "warm", "previous_stage": "cold"}
    data = {"changed": ["engagement"], "scores": {"engagement": engagement}, "first": True}
    begun = Announcement("score-updated", "i", "contact.score-updated.v1", "/s", "c", "", 0, data)
    text = "{url: https://a, events: [score-updated], signed: false, when: {from: cold, to: warm}}"
    assert wants(parse_subscription("s", text, "test"), begun, ContactContext())


@pytest.mark.parametrize(
    ("when", "wanted"),
    [
        ("{score: engagement}", True),
        ("{score: fit}", False),
        ("{from: warm, to: hot, score_at_least: 41}", True),
        ("{from: cold}", False),
        ("{score_at_least: 42}", False),
    ],
)
def test_a_hot_lead_is_delivered_when_it_satisfies_the_filter(when: str, wanted: bool) -> None:
    text = f"{{url: https://a, events: [became-hot-lead], signed: false, when: {when}}}"
    assert wants(parse_subscription("s", text, "test"), Lead("jane", 1).announcement(), ContactContext()) is wanted


def test_a_kind_that_is_not_named_is_not_delivered() -> None:
    subscription = parse_subscription("s", "{url: https://a, events: [became-hot-lead], signed: false}", "test")
    assert not wants(subscription, UPDATE, ContactContext())
    assert wants(subscription, Lead("jane", 1).announcement(), ContactContext())


BERLINER = ContactFacts({"city": "Berlin", "age": 30})


@pytest.mark.parametrize(
    ("when", "around", "wanted"),
    [
        ("{attributes: [{attribute: city, equals: Berlin}]}", ContactContext(BERLINER), True),
        ("{attributes: [{attribute: city, equals: Paris}]}", ContactContext(BERLINER), False),
        ("{attributes: [{attribute: city, equals: Berlin}]}", ContactContext(), False),
        ("{attributes: [{attribute: city, exists: false}]}", ContactContext(), True),
        (
            "{attributes: [{attribute: age, at_least: 18}, {attribute: city, exists: true}]}",
            ContactContext(BERLINER),
            True,
        ),
        (
            "{attributes: [{attribute: age, at_least: 31}, {attribute: city, exists: true}]}",
            ContactContext(BERLINER),
            False,
        ),
        ("{score: engagement, attributes: [{attribute: city, equals: Berlin}]}", ContactContext(BERLINER), True),
        ("{score: fit, attributes: [{attribute: city, equals: Berlin}]}", ContactContext(BERLINER), False),
        ("{segment: {entered: a}}", ContactContext(entered=frozenset("ab")), True),
        ("{segment: {entered: a}}", ContactContext(entered=frozenset("b"), left=frozenset("a")), False),
        ("{segment: {left: a}}", ContactContext(left=frozenset("a")), True),
        ("{segment: {left: a}}", ContactContext(), False),
        ("{segment: {left: a}, change_at_least: 6}", ContactContext(left=frozenset("a")), False),
    ],
)
def test_what_the_contact_is_like_is_asked_beside_how_its_scores_changed(
    when: str, around: ContactContext, wanted: bool
) -> None:
    text = f"{{url: https://a, events: [score-updated], signed: false, when: {when}}}"
    assert wants(parse_subscription("s", text, "test"), UPDATE, around) is wanted


def test_who_has_no_scores_any_more_may_still_leave_a_segment() -> None:
    text = "{url: https://a, events: [score-updated], signed: false, when: {segment: {left: a}}}"
    last = Announcement("score-updated", "i", "contact.score-updated.v1", "/s", "c", "", 0, {"scores": {}})
    assert wants(parse_subscription("s", text, "test"), last, ContactContext(left=frozenset("a")))


@pytest.mark.parametrize(("more", "wanted"), [("", False), (", suppressed: skip", False), (", suppressed: send", True)])
def test_updates_of_a_suppressed_contact_are_sent_only_where_that_is_said(more: str, wanted: bool) -> None:
    text = f"{{url: https://a, events: [score-updated, became-hot-lead], signed: false{more}}}"
    subscription, around = parse_subscription("s", text, "test"), ContactContext(ContactFacts({}, True))
    assert wants(subscription, UPDATE, around) is wanted
    # Hot leads of suppressed contacts are not announced: who is suppressed later was no such contact then.
    assert wants(subscription, Lead("jane", 1).announcement(), around)
