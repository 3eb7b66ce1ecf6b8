"""What a micro-batch counts beside what it writes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson
import pytest

from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.events import value_decoder_for
from streamprocessor.contract.messages.announcements import Announcer, AnnouncerIdentity
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.topics.topics import read_topics, topic_named
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.stream.partition.batch import Batch, RawRecord
from streamprocessor.stream.partition.hot_stages import HotStages
from streamprocessor.stream.partition.microbatch import MicrobatchContext, score_batches
from tests.harness.odd_ids import PLACEHOLDER_IDS, REFUSED_IDS
from tests.harness.system import ROOT
from tests.stream.partition.raw_records import Raw

AT_MS = 1_790_000_000_000
MODEL = "scores: {s: {rules: [{id: buy, on: purchase, points_from: {property: properties.amount}}]}}"
NAMES = {1: "activities", 2: "contact-updates", 3: "evidence-transfers"}
TOPICS = read_topics(ROOT / "topics")


def context_by(model_text: str) -> MicrobatchContext:
    model = parse_model(model_text, "m")
    return MicrobatchContext(
        scorer=Scorer(model),
        hot_stages=HotStages(model),
        announcer=Announcer(AnnouncerIdentity("s", "incarnation", model.name, model.version)),
        decoders={number: value_decoder_for(topic_named(TOPICS, name)) for number, name in NAMES.items()},
        full_names=NAMES,
        partition=0,
        partition_of=lambda _: 0,
        misplaced=(),
        erased_at_ms_of=lambda _: 0,
        contact_ids=ContactIds("salt"),
    )


def raw(offset: int, key: bytes, value: dict[str, Any]) -> Raw:
    return Raw(offset, AT_MS, key, orjson.dumps(value), [])


def test_matches_and_scores_that_are_cut_and_attributes_that_are_dropped_are_counted() -> None:
    purchases = [{"id": f"e{n}", "type": "purchase", "properties": {"amount": 10**9}} for n in range(5)]
    attributes = {"id": "u", "update": "attributes", "attributes": {f"n{n}": n for n in range(300)}}
    batches = [
        Batch(number, [raw(offset, b"jane", value) for offset, value in enumerate(values)])
        for number, values in ((1, purchases), (2, [attributes]))
    ]

    result = score_batches(context_by(MODEL), {}, batches)

    assert result.cut == Counter(match=5, score=1)
    assert result.capped == 300 - 256


@pytest.mark.parametrize("key", REFUSED_IDS)
def test_an_id_that_no_contact_may_have_is_a_dead_letter_with_its_reason(key: str) -> None:
    purchase = {"type": "purchase", "properties": {"amount": 1}}
    batch = Batch(1, [raw(0, key.encode(), purchase), raw(1, b"jane", purchase)])

    result = score_batches(context_by(MODEL), {}, [batch])

    assert [dict(letter.headers)["dl_reason"] for letter in result.dead_letters] == [b"bad-key"]
    assert [change.key for change in result.changes] == [b"jane"]


@pytest.mark.parametrize("key", PLACEHOLDER_IDS)
def test_a_text_that_stands_for_nobody_is_a_dead_letter_with_its_reason(key: str) -> None:
    purchase = {"type": "purchase", "properties": {"amount": 1}}
    identify = {"update": "identify", "anonymous_id": key}
    batches = [Batch(1, [raw(0, key.encode(), purchase)]), Batch(2, [raw(0, b"jane", identify)])]

    result = score_batches(context_by(MODEL), {}, batches)

    assert [dict(letter.headers)["dl_reason"] for letter in result.dead_letters] == [b"placeholder-id"] * 2


@pytest.mark.parametrize("old", [b"a\nb", b"undefined"])
def test_whoever_has_such_an_id_from_before_can_be_erased(old: bytes) -> None:
    context = context_by(MODEL)
    purchase = Batch(1, [raw(0, b"a-b", {"type": "purchase", "properties": {"amount": 1}})])
    stored = score_batches(context, {}, [purchase]).changes[0].record

    result = score_batches(context, {old: stored}, [Batch(2, [raw(0, old, {"update": "erase"})])])

    assert (result.dead_letters, [change.key for change in result.changes]) == ([], [old])


def test_a_record_that_one_bad_character_spoils_is_scored_and_counted() -> None:
    spoiled = b'{"id":"e-1","type":"purchase","properties":{"amount":1,"margin":NaN,"title":"cut \\ud83d"}}'
    batch = Batch(1, [Raw(0, AT_MS, b"jane", spoiled, []), Raw(1, AT_MS, b"joe", b"{nonsense", [])])

    result = score_batches(context_by(MODEL), {}, [batch])

    assert [change.key for change in result.changes] == [b"jane"]
    assert [dict(letter.headers)["dl_reason"] for letter in result.dead_letters] == [b"not-json"]
    assert result.mended == Counter({"not-a-number": 1, "half-character": 1})


def test_a_contact_that_claims_another_s_address_is_counted_and_refused_once() -> None:
    context = context_by(MODEL)
    update = {"update": "attributes", "attributes": {"email": "Kim@Example.com"}}
    said: list[RawRecord] = [raw(offset, key, update) for offset, key in enumerate((b"crm-1", b"shop-3"))]
    result = score_batches(context, {}, [Batch(2, said)])
    claims = [message for change in result.changes for message in change.owed]
    assert [message.topic for message in claims] == ["evidence-transfers"] * 2
    assert result.consumed == {(2, "update"): 2}

    transfers: list[RawRecord] = [
        Raw(n, AT_MS, claim.key, claim.value, []) for n, claim in enumerate([*claims, *claims])
    ]
    result = score_batches(context, {}, [Batch(3, transfers)])

    assert (result.conflicts, result.dead) == (1, Counter({(3, "already-merged"): 1}))


def test_a_model_without_addresses_binds_none() -> None:
    update = {"update": "attributes", "attributes": {"email": "kim@example.com"}}
    context = context_by(f"{MODEL}\nidentity: {{addresses: []}}")

    result = score_batches(context, {}, [Batch(2, [raw(0, b"crm-1", update)])])

    assert [change.owed for change in result.changes] == [()]
