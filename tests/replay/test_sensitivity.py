"""What a model hangs on is what the law says of the model without a rule, or with other half-lives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.replay.deciding_rules import DecidingRules
from streamprocessor.replay.sensitivity import sensitivity_of
from streamprocessor.scoring.model.model import DAY_MS, Model
from streamprocessor.scoring.record.facts import AttributesWritten, Event, Fact
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from tests.scoring.histories import histories
from tests.scoring.models import START_MS, Taste, models

AT_MS = START_MS + 120 * DAY_MS
MODEL = """
scores:
  s:
    decay: {half_life: 30d}
    rules:
      - {id: open, on: email_open, points: 10}
      - {id: also-open, on: email_open, points: 5}
      - {id: form, on: form_submission, points: 25}
      - {id: bounced, on: hard_bounce, points: -40, decay: none}
      - {id: webinar, on: webinar, points: 5}
      - {id: ceo, when: {attributes.title: CEO}, points: 10}
      - {id: boss, when: {attributes.title: {in: [CEO, CTO]}}, points: 1}
      - {id: silent, inactivity: {of: any, after: 365d, points: -5}}
    stages: {cold: 0, hot: 40}
hot_lead: {score: s, stage: hot}
"""


def scored(scorer: Scorer, facts: Sequence[Fact]) -> Record:
    record = scorer.blank()
    scorer.apply_in_place(record, facts)
    scorer.advance_in_place(record, AT_MS)
    record.at_ms = max(record.at_ms, AT_MS)
    return record


def hot_in(model: Model, record: Record) -> set[str]:
    return {name for name, stages in model.hot_stages().items() if record.shown[name][1] in stages}


def hot_without(model: Model, record: Record, score_name: str, rule_id: str) -> set[str]:
    """Who is hot when the model without the rule is published."""
    scores = tuple(
        replace(score, rules=tuple(rule for rule in score.rules if rule.id != rule_id))
        if score.name == score_name
        else score
        for score in model.scores
    )
    without = Scorer(replace(model, scores=scores, revision=model.revision + 1))
    migrated = decode_record(encode_record(record))
    without.migrate_in_place(migrated, record.at_ms)
    return hot_in(model, migrated)


@given(st.data())
def test_a_rule_decides_what_the_model_without_it_says(data: st.DataObject) -> None:
    model = data.draw(models(Taste(stages_at=(-5, 20), hysteresis=True)))
    scorer = Scorer(model)
    record = scored(scorer, data.draw(histories(model)))
    found = DecidingRules(model)

    found.add(record, record.at_ms)

    hot = hot_in(model, record)
    decided = {key: (rule.falls, rule.enters) for key, rule in found.by_key.items()}
    assert decided == {
        key: (not hot <= without, not without <= hot)
        for key, rule in found.by_key.items()
        for without in [hot_without(model, record, rule.score, rule.rule)]
    }


def event(number: int, type_: str, age_days: int = 0) -> Event:
    at_ms = AT_MS - age_days * DAY_MS
    return Event(f"e{number}", type_, at_ms, at_ms, {"n": number}, {})


def attributes(title: str) -> AttributesWritten:
    return AttributesWritten("a", AT_MS, AT_MS, {"title": title})


CONTACTS: dict[str, Sequence[Fact]] = {
    "hot by forms": [event(n, "form_submission") for n in range(2)],
    "hot by opens": [event(n, "email_open") for n in range(4)],
    "kept cold by a bounce": [*(event(n, "form_submission") for n in range(2)), event(9, "hard_bounce")],
    "barely hot, a CEO": [*(event(n, "email_open") for n in range(2)), attributes("CEO")],
    "CTO": [event(n, "email_open", 40 * n) for n in range(3)] + [attributes("CTO")],
}


@pytest.fixture(scope="module")
def found() -> dict[str, object]:
    """Of each of the contacts, three times over."""
    scorer = Scorer(parse_model(MODEL, "m"))
    return sensitivity_of(scorer, [scored(scorer, facts) for facts in 3 * list(CONTACTS.values())], AT_MS).as_json()


def test_rules_that_decide_come_first_and_others_not_at_all(found: dict[str, object]) -> None:
    def decides(rule: str, contacts: int, falls: int, enters: int) -> dict[str, object]:
        return {"score": "s", "rule": rule, "contacts": contacts, "falls": falls, "enters": enters}

    assert (found["contacts"], found["hot"]) == (15, 9)
    assert found["deciding"] == [
        decides("open", 9, 6, 0),
        decides("also-open", 9, 3, 0),
        decides("ceo", 3, 3, 0),
        decides("form", 6, 3, 0),
        decides("bounced", 3, 0, 3),
    ]


def test_rules_that_nothing_met_are_named(found: dict[str, object]) -> None:
    assert found["never"] == [{"score": "s", "rule": "webinar"}, {"score": "s", "rule": "silent"}]


def test_rules_that_say_the_same_are_named_where_enough_met_them(found: dict[str, object]) -> None:
    assert found["alike"] == [{"score": "s", "rule": "open", "other": "also-open", "both": 27, "jaccard": 1.0}]


def test_rankings_move_with_half_lives_as_the_models_that_have_them_rank() -> None:
    scorer = Scorer(parse_model(MODEL, "m"))
    ages = [(41, 3), (0, 1), (93, 9), (12, 2), (63, 4), (7, 1), (104, 8), (25, 2), (84, 5), (2, 1)]
    contacts = [[event(n, "email_open", age) for n in range(times)] for age, times in ages]
    records = [scored(scorer, facts) for facts in contacts]

    rankings = sensitivity_of(scorer, records, AT_MS).half_lives

    for ranking in rankings:
        other = Scorer(parse_model(MODEL.replace("half_life: 30d", f"half_life: {30 * ranking.times:g}d"), "m"))
        points, others = (
            [by.scores_at(scored(by, facts), AT_MS)["s"].unrounded_nano or 0 for facts in contacts]
            for by in (scorer, other)
        )
        first, other_first = (max(range(len(of)), key=of.__getitem__) for of in (points, others))
        places = [sum(each > other for other in of) for of in (points, others) for each in of]
        squares = sum((a - b) ** 2 for a, b in zip(places[: len(ages)], places[len(ages) :], strict=True))
        assert ranking.contacts == len(ages)
        assert ranking.rank_correlation == pytest.approx(1 - 6 * squares / (len(ages) * (len(ages) ** 2 - 1)))
        assert ranking.top_changed_percent == (0 if first == other_first else 100)
    assert [ranking.times for ranking in rankings] == pytest.approx([1 / 2, 2 / 3, 3 / 2, 2])
    assert min(ranking.rank_correlation or 0 for ranking in rankings) < 0.9


def test_a_record_stays_as_it_is() -> None:
    scorer = Scorer(parse_model(MODEL, "m"))
    records = [scored(scorer, facts) for facts in CONTACTS.values()]
    before = [encode_record(record) for record in records]

    sensitivity_of(scorer, records, AT_MS)

    assert [encode_record(record) for record in records] == before
