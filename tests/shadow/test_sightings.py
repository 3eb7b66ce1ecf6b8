"""What the comparison knows of a contact is what its record shows by the table's model."""

from __future__ import annotations

import pytest

from streamprocessor.contract.changelog.entry import encode_entry
from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.scoring.record.facts import AttributesWritten, Event
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.shadow.comparison import Sighting, Standing
from streamprocessor.shadow.sightings import Sightings, compared_scores

TEXT = """
scores:
  engagement:
    rules: [{id: click, on: email_click, points: 20}]
    stages: {cold: 0, hot: 41}
  fit:
    rules: [{id: ceo, when: {attributes.job_title: CEO}, points: 10}]
    stages: {B: 0, A: 10}
  grade: {combine: {matrix: {rows: fit, columns: engagement}}}
  clicks: {rules: [{id: any, on: email_click, points: 1}]}
  interest:
    by: properties.path
    rules: [{id: seen, on: page_visit, points: 3}]
hot_lead: {score: engagement, stage: hot}
"""
MODEL = parse_model(TEXT, "m")
AT_MS = 1_795_000_000_000


def value(clicks: int) -> bytes:
    """The changelog's value of Jane Smith with so many clicks."""
    scorer = Scorer(MODEL)
    record = scorer.blank()
    facts = [Event(f"e-{number}", "email_click", AT_MS, AT_MS, {}, {}) for number in range(clicks)]
    scorer.apply_in_place(record, [AttributesWritten("a", AT_MS, AT_MS, {"name": "Jane Smith"}), *facts])
    return encode_entry(encode_record(record), 1, [])


def test_scores_with_stages_that_both_models_have_are_compared() -> None:
    candidate = parse_model(TEXT.replace("  fit:", "  match:").replace("rows: fit", "rows: match"), "candidate")

    assert compared_scores(MODEL, MODEL) == ("engagement", "fit", "grade")
    assert compared_scores(MODEL, candidate) == ("engagement", "grade")


@pytest.mark.parametrize(
    ("clicks", "standing", "name"),
    [
        (1, Standing(("cold", "B", "Bcold"), False), None),
        (3, Standing(("hot", "B", "Bhot"), True), "Jane Smith"),
    ],
)
def test_a_contact_has_the_stages_that_were_announced_and_a_name_while_it_is_hot(
    clicks: int, standing: Standing, name: str | None
) -> None:
    sightings = Sightings(MODEL, compared_scores(MODEL, MODEL))

    assert sightings.of(value(clicks)) == Sighting(standing, AT_MS, name)


def test_who_was_deleted_is_not_compared() -> None:
    assert Sightings(MODEL, ("engagement",)).of(None) is None
