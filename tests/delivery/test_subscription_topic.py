"""Whatever lies in the topic of subscriptions: what can't be used is told under its name, and nothing else happens."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from streamprocessor.contract.topic_names import SCORE_UPDATED
from streamprocessor.delivery.announcements import Announcement
from streamprocessor.delivery.contacts import ContactContext
from streamprocessor.delivery.dispatch.dispatchers import Dispatchers
from streamprocessor.delivery.subscription_topic import PlanOf, SubscriptionTopic
from streamprocessor.delivery.subscriptions.kept_secrets import KeptSecrets
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.delivery.subscriptions.plan import DeliveryPlan
from streamprocessor.delivery.subscriptions.resolve import SubscriptionResolver
from streamprocessor.delivery.subscriptions.secret_box import SecretBox
from streamprocessor.delivery.subscriptions.secret_references import SecretReferences
from streamprocessor.delivery.subscriptions.segments import Segments
from streamprocessor.kafka.clients import ClientSettings
from tests.delivery.leads import FRIDAY_MS, Lead

CLIENTS = ClientSettings("localhost:1")
RESOLVER = SubscriptionResolver(
    SecretReferences({}, Path("nowhere")),
    Path("nowhere"),
    frozenset(),
    Phrases(),
    Segments(CLIENTS, "models"),
    KeptSecrets(SecretBox(Path("nowhere")), lambda: FRIDAY_MS),
)
PLAN_OF = partial(RESOLVER.bounded_plan_of, env_prefix="HOOK_")
GOOD: dict[str, Any] = {"url": "https://a.example", "events": ["score-updated", "became-hot-lead"], "signed": False}
STEP: dict[str, Any] = {
    "contact_id": "jane",
    "at": "2026-11-20T08:00:00Z",
    "changed": ["engagement"],
    "scores": {"engagement": {"score": 41, "previous": 3, "stage": "hot", "previous_stage": "cold"}},
}


class Record(NamedTuple):
    """What Kafka would give."""

    key: bytes | None
    value: bytes | None
    timestamp: int = FRIDAY_MS


class InForce:
    """Notes what dispatchers would do."""

    def __init__(self) -> None:
        self.fixed = frozenset({"of-the-file"})
        self.refused: dict[str, str] = {}
        self.plans: dict[str, DeliveryPlan] = {}

    def refuse(self, name: str, reason: str) -> None:
        self.refused[name] = reason

    async def put(self, plan: DeliveryPlan) -> None:
        self.refused.pop(plan.subscription.name, None)
        self.plans[plan.subscription.name] = plan

    async def remove(self, name: str) -> None:
        self.refused.pop(name, None)
        self.plans.pop(name, None)


async def took(*records: Record, plan_of: PlanOf = PLAN_OF) -> InForce:
    """What is in force after these records."""
    in_force, topic = InForce(), SubscriptionTopic(CLIENTS, "subscriptions", plan_of)
    for record in records:
        await topic.take(record, cast("Dispatchers", in_force))
    return in_force


def written(**words: Any) -> bytes:
    return json.dumps(GOOD | words).encode()


POISON = [
    *[written(**{word: f"file:a{control}b"}) for control in "\0\n\x1b" for word in ("url", "template")],
    written(secrets=["file:a\0b"]),
    written(secrets=["env:\ud800"]),
    written(template="\ud800.yaml"),
    written(template="../../../../topics/activities"),
    written(template="x" * 5_000 + ".yaml"),
    written(when={"score_at_least": "1e999"}),
    b'{"url": "https://a.example", "events": [score-updated], "signed": false, "when": {"score_at_least": 1e-999}}',
    b"url: &a [*a]",
    b"[" * 60_000,
    b"x" * 100_000,
    b"\xff\x00",
    b"",
]


@pytest.mark.parametrize("value", POISON, ids=lambda value: repr(value[:60]))
async def test_a_subscription_that_can_not_be_used_is_told_and_the_others_are_in_force(value: bytes) -> None:
    in_force = await took(Record(b"a", written()), Record(b"b", value), Record(b"c", written()))

    assert sorted(in_force.plans) == ["a", "c"]
    assert list(in_force.refused) == ["b"]
    assert in_force.refused["b"].isprintable() or "\n" in in_force.refused["b"]
    assert len(in_force.refused["b"]) < 1_000


@pytest.mark.parametrize("key", [None, b"", b"a b", b"\x1b[31mred", b"a\nb", b"\xff", b"\0", b"x" * 100_000])
async def test_one_under_no_name_at_all_is_told_in_a_few_printable_characters(key: bytes | None) -> None:
    in_force = await took(Record(key, written()), Record(key, None), Record(key, written()))

    (shown,) = in_force.refused
    assert (shown.isprintable(), len(shown) <= 80, in_force.plans) == (True, True, {})


async def test_what_was_in_force_before_goes_on_until_it_is_ended() -> None:
    records = [Record(b"a", written()), Record(b"a", written(template="cloudevents\0"))]

    in_force = await took(*records)
    assert (list(in_force.plans), list(in_force.refused)) == (["a"], ["a"])
    in_force = await took(*records, Record(b"a", None))
    assert (in_force.plans, in_force.refused) == ({}, {})


async def test_who_keeps_secrets_is_told_which_subscription_ended_and_when() -> None:
    ended: list[tuple[str, int]] = []

    async def note(name: str, at_ms: int) -> None:
        ended.append((name, at_ms))

    in_force, topic = InForce(), SubscriptionTopic(CLIENTS, "subscriptions", PLAN_OF, note)
    for record in (Record(b"a", written()), Record(b"b", None, 7), Record(b"of-the-file", None)):
        await topic.take(record, cast("Dispatchers", in_force))
    assert ended == [("b", 7)]


async def test_a_fault_of_ours_refuses_the_subscription_that_brings_it_out_and_repeats_none_of_its_words() -> None:
    def faulty(_: object) -> DeliveryPlan:
        raise RuntimeError("s3cret")

    in_force = await took(Record(b"a", written()), plan_of=faulty)

    assert "RuntimeError at " in in_force.refused["a"]
    assert "s3cret" not in in_force.refused["a"]


WORDS = ["url", "events", "when", "template", "secrets", "signed", "suppressed"]
FILTERS = ["score", "value", "from", "to", "change_at_least", "score_at_least", "attributes", "segment"]
ODD = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["file:x", "env:HOOK_A", "https://a.example", "flat", "crm.yaml", "\0", "1e-999", "9" * 39])
)
VALUES = st.recursive(
    ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FILTERS) | st.text(max_size=5), inner),
    max_leaves=8,
)
SUBSCRIPTIONS = st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=4).map(lambda words: written(**words))
FILTERED = st.dictionaries(st.sampled_from(FILTERS), VALUES, max_size=3).map(lambda words: written(when=words))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(b"a", written(when={"score_at_least": 1e-300}))
@given(key=st.binary(max_size=10) | st.just(b"a"), value=st.binary(max_size=100) | SUBSCRIPTIONS | FILTERED)
async def test_no_bytes_end_it_neither_when_they_are_read_nor_when_an_announcement_comes(
    key: bytes, value: bytes
) -> None:
    in_force = await took(Record(key, value))

    assert len(in_force.plans) + len(in_force.refused) == 1
    step = Announcement(SCORE_UPDATED, "i", "t", "s", "jane", STEP["at"], FRIDAY_MS, STEP)
    for plan in in_force.plans.values():
        for announcement in (step, Lead("jane", 1).announcement()):
            plan.delivery_of(announcement, ContactContext(), FRIDAY_MS)
