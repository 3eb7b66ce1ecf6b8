"""What subscriptions and segments name that a model does not have is said with what is there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.subscriptions.model_names import missing_of_filter, missing_of_subscription, stage_names
from streamprocessor.contract.subscriptions.subscription_file import parse_subscription
from streamprocessor.scoring.model.contact_filter import AttributeCondition, ContactFilter, ScoreCondition

MODEL = parse_model(
    """
scores:
  engagement:
    rules: [{id: click, on: email_click, points: 5}]
    stages: {cold: 0, warm: 16, hot: 41}
  fit:
    rules: [{id: ceo, when: {attributes.job_title: CEO}, points: 10}]
    stages: {B: 0, A: 10}
  grade:
    combine: {matrix: {rows: fit, columns: engagement, labels: {A: {hot: A1}}}}
  interest:
    by: properties.product
    rules: [{id: seen, on: page_visit, points: 3}]
segments:
  deciders: {attributes: [{attribute: job_title, equals: CEO}]}
""",
    "m",
)


@pytest.mark.parametrize(
    "when",
    [
        {},
        {"score": "engagement", "from": "cold", "to": ["warm", "hot"]},
        {"score": "grade", "to": "A1"},
        {"score": "interest", "value": "crm"},
        {"value": "crm"},
        {"from": "cold", "to": "A"},
        {"segment": {"entered": "deciders"}},
        {"attributes": [{"attribute": "of_nobody_yet", "exists": True}]},
    ],
)
def test_nothing_is_missing_of_what_names_what_is_there(when: dict[str, Any]) -> None:
    assert missing(when) == []


@pytest.mark.parametrize(
    ("when", "sentences"),
    [
        ({"score": "engagment"}, ["when: score: ", "did you mean 'engagement'", "wanted one of engagement, fit"]),
        ({"score": "engagement", "to": "hott"}, ["when: to: ", "did you mean 'hot'", "wanted one of cold, warm, hot"]),
        ({"score": "fit", "from": ["hot"]}, ["when: from: ", "wanted one of B, A; got 'hot'"]),
        ({"score": "interest", "to": "hot"}, ["when: to: wanted none, as there are none; got 'hot'"]),
        ({"to": "lukewarm"}, ["when: to: ", "wanted one of cold, warm, hot, B, A", "got 'lukewarm'"]),
        ({"score": "fit", "value": "crm"}, ["when: value: ", "fit has none"]),
        ({"segment": {"left": "decider"}}, ["when: segment: ", "did you mean 'deciders'", "got 'decider'"]),
    ],
)
def test_what_is_missing_is_named_with_what_is_there_and_what_was_meant(
    when: dict[str, Any], sentences: list[str]
) -> None:
    (found,) = missing(when)
    for sentence in sentences:
        assert sentence in found


def test_all_that_is_missing_is_named_at_once_and_no_stage_of_a_score_that_is_not_there() -> None:
    found = missing({"score": "gone", "to": "gone", "segment": {"entered": "gone"}})

    assert [sentence.partition(": unknown")[0] for sentence in found] == ["when: score", "when: segment"]


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        (ScoreCondition("fitt"), "scores: unknown word 'fitt' (did you mean 'fit'?)"),
        (ScoreCondition("fit", stages=("A", "C")), "scores: fit: stages: unknown word 'C'"),
        (ScoreCondition("fit", value="crm"), "scores: fit: value: wanted none, for it is one number; got one"),
        (ScoreCondition("interest"), "scores: interest: value: wanted one of properties.product"),
    ],
)
def test_a_filter_is_judged_alike(condition: ScoreCondition, sentence: str) -> None:
    hot = ScoreCondition("engagement", stages=("hot",))
    (found,) = missing_of_filter(ContactFilter(scores=(hot, condition)), MODEL)

    assert found.startswith(sentence)


def test_attributes_of_a_filter_are_anybodys() -> None:
    assert missing_of_filter(ContactFilter(attributes=(AttributeCondition("x", exists=True),)), MODEL) == []


def test_the_stages_of_a_matrix_are_its_labels() -> None:
    assert stage_names(MODEL, MODEL.scores[2]) == ["Bcold", "Bwarm", "Bhot", "Acold", "Awarm", "A1"]


def missing(when: dict[str, Any]) -> list[str]:
    """What a subscription with these conditions names that the model does not have."""
    said = {"url": "https://a.example", "events": ["score-updated"], "signed": False, "when": when}
    if not when:
        del said["when"]
    return missing_of_subscription(parse_subscription("s", json.dumps(said), "test"), MODEL)
