"""Which announcements a subscription gets."""

from __future__ import annotations

from typing import Any

import pytest

from streamprocessor.contract.subscription_file import parse_subscription
from streamprocessor.delivery.announcements import Announcement
from streamprocessor.delivery.circumstances import Circumstances
from streamprocessor.delivery.matching import wants
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
    assert wants(parse_subscription("s", text, "test"), UPDATE, Circumstances()) is wanted


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
    assert wants(parse_subscription("s", text, "test"), Lead("jane", 1).announcement(), Circumstances()) is wanted


def test_a_kind_that_is_not_named_is_not_delivered() -> None:
    subscription = parse_subscription("s", "{url: https://a, events: [became-hot-lead], signed: false}", "test")
    assert not wants(subscription, UPDATE, Circumstances())
    assert wants(subscription, Lead("jane", 1).announcement(), Circumstances())
