"""A precision so fine that decay floods Kafka with steps is refused where the model is read."""

from typing import Any

import pytest

from streamprocessor.contract.model_file.checks.announcement_rate import announcements_a_day
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.errors import ModelError
from streamprocessor.scoring.model.model import DAY_MS, E15, NANO
from streamprocessor.scoring.model.rules import HalfLife, NoDecay
from streamprocessor.scoring.terms.decay_laws import ExpiresAfter, Linear, PercentPerDayEvery, StepDecay

MODEL = """
scores:
  s:
    decay: {decay}
    precision: {precision}
    rules:
      - {{id: click, on: email_click, {points}}}
"""


@pytest.mark.parametrize(
    ("decay", "points", "precision_nano", "steps"),
    [
        (NoDecay(), 10, 1, 0),
        (HalfLife(DAY_MS), 10, NANO, 5),
        (HalfLife(DAY_MS), -10, NANO // 1_000, 5_000),
        (Linear(1.0, 2 * DAY_MS), 10, NANO, 5),
        (Linear(1.0, 1_000), 10, NANO, 10),
        (StepDecay(0.01, 1_000, compound=False), 10, NANO // 1_000, 10_000),
        (StepDecay(0.5, DAY_MS // 4, compound=True), 100, NANO // 1_000, 4),
        (PercentPerDayEvery(0.02, 3_600_000), 100, NANO // 1_000, 24),
        (ExpiresAfter(1_000), 100, 1, 1),
    ],
)
def test_steps_are_as_many_as_the_precision_tells_apart_and_the_law_makes(
    decay: Any, points: Any, precision_nano: int, steps: int
) -> None:
    assert announcements_a_day(decay, points * E15, precision_nano) == steps


@pytest.mark.parametrize(
    ("decay", "precision", "points"),
    [
        ("{half_life: 30d}", "0.000001", "points: 10"),
        ("{linear: {lose: 100%, per: 1d}}", "0.001", "points_from: {property: properties.amount, max: 50}"),
    ],
)
def test_a_precision_that_makes_too_many_steps_is_refused_with_its_line(
    decay: Any, precision: str, points: Any
) -> None:
    with pytest.raises(
        ModelError, match=r"m:5: .*precision: decay makes \d+ steps.*of rule 'click'.*wanted at most 10000"
    ):
        parse_model(MODEL.format(decay=decay, precision=precision, points=points), "m")


@pytest.mark.parametrize(
    ("decay", "precision", "points"),
    [
        ("none", "0.000001", "points: 10"),
        ("{half_life: 30d}", "0.0001", "points: 10"),
        ("{half_life: 30d}", "0.000001", "points_from: {property: properties.amount}"),
    ],
)
def test_a_precision_that_decay_does_not_make_much_of_is_taken(decay: Any, precision: str, points: Any) -> None:
    parse_model(MODEL.format(decay=decay, precision=precision, points=points), "m")
