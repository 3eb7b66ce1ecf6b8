"""Models as people get them wrong: each is refused with its line, what was wanted, and what stands there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.errors import ModelError

CASES: list[dict[str, Any]] = YAML(typ="safe").load(Path(__file__).with_name("wrong_models.yaml"))
RIGHT = """
scores:
  engagement:
    decay: {decay}
    rules:
      - {{id: open, on: email_open, points: {points}}}
    stages: {{cold: 0, warm: 16, hot: 41}}
hot_lead: {{score: engagement, stage: hot}}
"""


@pytest.mark.parametrize("case", CASES, ids=[case["wrong"] for case in CASES])
def test_a_wrong_model_is_refused_with_its_line_its_place_and_what_was_wanted(case: dict[str, Any]) -> None:
    with pytest.raises(ModelError) as refused:
        parse_model(case["model"], "m.yaml")

    assert str(refused.value).splitlines() == case["sentences"]


def test_each_sentence_names_the_line_and_says_what_is_wanted_or_unknown() -> None:
    for case in CASES:
        for sentence in case["sentences"]:
            assert sentence.startswith("m.yaml:"), case["wrong"]
            assert "; got " in sentence, case["wrong"]
    assert len(CASES) >= 49


@pytest.mark.parametrize(
    ("decay", "points"), [("none", "1"), ("{half_life: 30d}", "1.5"), ("{percent_per_day: 2%}", "-3")]
)
def test_a_right_one_is_read(decay: str, points: str) -> None:
    assert parse_model(RIGHT.format(decay=decay, points=points), "m.yaml").scores[0].name == "engagement"
