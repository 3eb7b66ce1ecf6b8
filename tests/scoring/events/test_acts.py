"""One act, one event: a form sent twice within seconds counts once, whatever comes late, twice or is taken back."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.scoring.events.acts import act_of
from streamprocessor.scoring.model.model import DAY_MS, E15, NANO, HotLead, Model, Score, Stage
from streamprocessor.scoring.model.rules import EventRule, InactivityRule
from streamprocessor.scoring.record.facts import HUMAN, PROXY, SCANNER, Event, Fact, Merged, Verdict
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.record.transfers import EvidenceTransfer
from streamprocessor.scoring.scorer import Scorer
from tests.scoring.against_oracle import (
    assert_scores_are_the_oracles,
    presented_nano,
    record_of,
    record_of_batches,
    unrounded_nano,
)
from tests.scoring.histories import delays_ms, redelivered, split, submissions
from tests.scoring.models import START_MS
from tests.scoring.oracle.scores import explain_parts, one_number, score_at

CONTACT: Mapping[str, Any] = {"form": "contact", "fields": {"message": "Hello"}}
RULES = (
    EventRule("form", ("form_submission",), E15),
    InactivityRule("silent", None, 15_000, 100 * E15),
)
BY_FORM = Score("by-form", RULES[:1], by="properties.form")
MODEL = Model("m", "v", (Score("s", RULES[:1]), Score("silence", RULES[1:]), BY_FORM), correction_window_ms=DAY_MS)
SCORER = Scorer(MODEL)


def form(event_id: str, second: float, properties: Mapping[str, Any] = CONTACT, actor: str = HUMAN) -> Event:
    at_ms = START_MS + round(second * 1_000)
    return Event(event_id, "form_submission", at_ms, at_ms, dict(properties), {}, actor)


def verdict(event_id: str, actor: str, second: float = 100) -> Verdict:
    at_ms = START_MS + round(second * 1_000)
    return Verdict(f"v-{event_id}-{second}", at_ms, at_ms, event_id, actor)


def forms_at(*seconds: float) -> list[Event]:
    return [form(f"e{n}", second) for n, second in enumerate(seconds)]


def points(record: Record, at_ms: int = START_MS + DAY_MS // 2) -> int:
    return unrounded_nano(SCORER.scores_at(record, at_ms)["s"]) // NANO


def one_by_one(facts: Sequence[Fact]) -> Record:
    return record_of_batches(SCORER, [[fact] for fact in facts])[0]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (forms_at(0, 0), 1),
        (forms_at(0, 0.3), 1),
        (forms_at(0, 10), 1),
        (forms_at(0, 10.001), 2),
        (forms_at(0, 8, 16), 2),
        (forms_at(0, 8, 16, 24), 2),
        (forms_at(0, 10, 20, 30), 2),
        (forms_at(0, 5, 10, 15, 20, 25), 2),
        ([form("a", 0), form("b", 1, {**CONTACT, "form": "other"})], 2),
        ([form("a", 0), form("b", 1, {**CONTACT, "fields": {"message": "hello"}})], 2),
        ([form("a", 0, {"n": 1}), form("b", 1, {"n": 1.0})], 1),
        ([form("a", 0, {"n": 1}), form("b", 1, {"n": True})], 2),
        ([form("a", 0, {"a": 1, "b": 2}), form("b", 1, {"b": 2, "a": 1})], 1),
        ([form("a", 0, {}), form("b", 1, {})], 1),
        ([form("a", 0), form("b", 1, {**CONTACT, "$insert_id": "x", "contexts": {"session": 2}})], 1),
        ([form("a", 0, actor=SCANNER), form("b", 5), form("c", 9)], 1),
        ([form("a", 0), form("b", 5, actor=SCANNER), form("c", 12)], 2),
        ([form("a", 0, actor=PROXY), form("b", 5)], 1),
        ([*forms_at(0, 8, 16), verdict("e0", SCANNER)], 1),
        ([*forms_at(0, 8, 16, 19), verdict("e0", SCANNER)], 2),
        ([*forms_at(0, 8, 16), verdict("e0", SCANNER), verdict("e0", HUMAN, 200)], 2),
        ([form("a", 0, actor=SCANNER), form("b", 8), verdict("a", HUMAN)], 1),
        ([form("a", 0), Event("b", "download", START_MS, START_MS, dict(CONTACT), {})], 1),
    ],
)
def test_a_form_that_repeats_another_counts_for_nothing_in_any_order(facts: list[Fact], expected: int) -> None:
    assert one_number(score_at(MODEL, facts, START_MS + DAY_MS // 2)["s"])[1] == expected * NANO
    counted = [part.event_id for part in explain_parts(MODEL, facts, "s", START_MS + DAY_MS // 2)]
    for order in itertools.islice(itertools.permutations(facts), 30):
        for record in (record_of(SCORER, order), one_by_one(order)):
            assert points(record) == expected, order
            explained = SCORER.explain(record, "s", START_MS + DAY_MS // 2)
            assert [part.event_id for part in explained] == counted, order


@given(data=st.data())
def test_whatever_order_forms_come_in_they_count_as_the_oracle_says(data: st.DataObject) -> None:
    sent: list[Fact] = [*data.draw(submissions(0)), *data.draw(submissions(1))]
    ids = st.sampled_from([fact.id for fact in sent])
    judged = data.draw(st.lists(st.tuples(ids, st.sampled_from([HUMAN, SCANNER])), max_size=2))
    sent += [verdict(event_id, actor, number) for number, (event_id, actor) in enumerate(judged)]
    sent = [fact._replace(arrival_ms=fact.occurred_at_ms + data.draw(delays_ms)) for fact in sent]
    record, _ = record_of_batches(SCORER_OF_A_CENTURY, data.draw(split(data.draw(redelivered(sent)))))
    for t_ms in (sent[0].occurred_at_ms, sent[-1].occurred_at_ms + 15_001, START_MS + 365 * DAY_MS):
        assert_scores_are_the_oracles(CENTURY, SCORER_OF_A_CENTURY.scores_at(record, t_ms), sent, t_ms)


CENTURY = Model("m", "v", MODEL.scores, correction_window_ms=36_500 * DAY_MS)
SCORER_OF_A_CENTURY = Scorer(CENTURY)


def test_a_repeat_counts_for_nothing_and_ends_no_silence() -> None:
    record = SCORER.blank()
    first, again = forms_at(0, 5)
    outcomes = [SCORER.apply_in_place(record, [event]) for event in (first, again, again)]
    assert [(outcome.duplicates, outcome.repeats) for outcome in outcomes] == [(0, 0), (0, 1), (1, 0)]
    assert [len(outcome.steps) for outcome in outcomes] == [1, 0, 0]
    silent = [presented_nano(SCORER.scores_at(record, START_MS + s * 1_000)["silence"]) // NANO for s in (14, 15, 20)]
    assert silent == [0, 100, 100]
    assert [part.event_id for part in SCORER.explain(record, "s", START_MS + 20_000)] == ["e0"]


def test_a_repeat_makes_no_old_news_new() -> None:
    score = Score(
        "s", (EventRule("form", ("form_submission",), 50 * E15),), (Stage("cold", 0), Stage("hot", 41 * NANO))
    )
    scorer = Scorer(Model("m", "v", (score,), (HotLead("s", "hot"),)))
    old, again = (event._replace(arrival_ms=START_MS + 3 * DAY_MS) for event in forms_at(0, 1))
    fresh = again._replace(arrival_ms=again.occurred_at_ms)

    for batch in ([old, fresh], [fresh, old]):
        (step,) = scorer.apply_in_place(scorer.blank(), batch).steps
        assert step.hot_leads == ()
        assert [part.event_id for part in step.because] == ["e0"]


def test_two_ids_of_one_person_who_sent_one_form_count_it_once_when_they_are_merged() -> None:
    known, visitor = SCORER.blank(), SCORER.blank()
    at_ms = START_MS + 60_000
    SCORER.apply_in_place(known, [form("a", 0)])
    SCORER.apply_in_place(visitor, [form("b", 5), form("c", 12)])
    sends = SCORER.apply_with_links_in_place("jane", known, [Merged("m", at_ms, at_ms, "anon:v")], []).sends
    asked = [sending.transfer for sending in sends]
    sends = SCORER.apply_with_links_in_place("anon:v", visitor, asked, []).sends
    evidence = [sending.transfer for sending in sends if isinstance(sending.transfer, EvidenceTransfer)]
    SCORER.apply_with_links_in_place("jane", known, evidence, [])

    assert points(decode_record(encode_record(known))) == 2


def test_where_what_it_repeats_is_compacted_a_repeat_goes_too() -> None:
    record = SCORER.blank()
    first, again = forms_at(0, 5)
    late_again = again._replace(arrival_ms=START_MS + 2 * DAY_MS)
    SCORER.apply_in_place(record, [first])
    SCORER.apply_in_place(record, [late_again])
    assert [event.id for event in record.evidence.events()] == []
    assert points(record, START_MS + 2 * DAY_MS) == 1


@pytest.mark.parametrize(("number", "at_second"), [(600, 11), (300, 1)])
def test_forms_without_end_count_each_act_once(number: int, at_second: float) -> None:
    """More forms than are kept one by one: what goes early is counted as what stays is."""
    record = SCORER.blank()
    for n in range(0, number * 2, 100):
        SCORER.apply_in_place(record, [form(f"e{k:05}", k * at_second / 2) for k in range(n, n + 100)])
    acts, last = 0, -1e9
    for n in range(number * 2):
        if n * at_second / 2 - last > 10:
            acts, last = acts + 1, n * at_second / 2
    assert points(record, record.at_ms) == acts


@pytest.mark.parametrize(
    ("one", "other", "is_one_act"),
    [
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": "1"}, {"a": 1}, False),
        ({"a": [1, {"b": 2}]}, {"a": [1.0, {"b": 2}]}, True),
        ({"a": None}, {}, False),
        ({"a": "\ud83d"}, {"a": "\ud83d"}, True),
        ({"a": 1, "$time": 1}, {"a": 1, "$time": 2}, True),
        ({"a": {"$b": 1}}, {"a": {"$b": 2}}, False),
    ],
)
def test_an_act_is_known_by_its_properties(one: dict[str, Any], other: dict[str, Any], is_one_act: bool) -> None:
    assert (act_of(one) == act_of(other)) is is_one_act
