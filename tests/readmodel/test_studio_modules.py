"""The studio's own arithmetic, run by node: its curves are the engine's laws, its forms lose nothing of a model."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from streamprocessor.contract.model_file.read_model import json_of_model, parse_model
from streamprocessor.scoring.model.model import DAY_MS
from streamprocessor.scoring.model.rules import EventRule
from tests.harness.system import ROOT
from tests.readmodel.test_page_modules import PAGE
from tests.scoring.oracle.laws import factor

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="no node here")

MODELS = {file.name: file.read_text(encoding="utf-8") for file in sorted((ROOT / "deploy" / "models").glob("*.yaml"))}


def told_by_node(script: str, given: object) -> Any:
    """The JSON that a module prints; `given` is the JSON of its first argument."""
    command = ["node", "--input-type=module", "--eval", script, json.dumps(given)]
    folder = PAGE / "views" / "studio"
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


LAWS: tuple[object, ...] = (
    "none",
    {"half_life": "14d"},
    {"half_life": "36h"},
    {"percent_per_day": "2%"},
    {"percent_per_day": "4%", "every": "7d"},
    {"linear": {"lose": "50%", "per": "30d"}},
    {"step": {"lose": "15%", "every": "45d"}},
    {"step": {"lose": "15%", "every": "45d", "mode": "compound"}},
    {"expires_after": "30d"},
)
DAYS = (0, 1, 6, 7, 13.5, 29, 30, 44, 45, 90, 365)


def test_the_curve_of_a_law_is_what_the_engine_leaves_of_points() -> None:
    script = """
    import {left} from './decay/laws.js';
    const {laws, days} = JSON.parse(process.argv[1]);
    console.log(JSON.stringify(laws.map((words) => days.map((at) => left(words, at)))));
    """
    drawn = told_by_node(script, {"laws": LAWS, "days": DAYS})
    for words, shares in zip(LAWS, drawn, strict=True):
        rule = {"id": "a", "on": "visit", "points": 1, "decay": words}
        engine = parse_model(json.dumps({"scores": {"s": {"rules": [rule]}}}), "a model").scores[0].rules[0]
        assert isinstance(engine, EventRule)
        assert shares == pytest.approx([float(factor(engine.decay, round(at * DAY_MS))) for at in DAYS]), words


def test_a_handle_that_is_dragged_where_it_stands_changes_no_law() -> None:
    script = """
    import {lawOf} from './decay/laws.js';
    const moved = (law, words) => (law.moved ? law.moved(words, law.handle(words)) : words);
    console.log(JSON.stringify(JSON.parse(process.argv[1]).map((words) => moved(lawOf(words), words))));
    """
    whole_days = [words for words in LAWS if words != {"half_life": "36h"}]
    assert told_by_node(script, whole_days) == whole_days


def conditions_of(model: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All conditions of all rules and scores."""
    for score in model["scores"].values():
        if "applies_when" in score:
            yield score["applies_when"]
        for rule in score.get("rules", []):
            for words in (rule, *(each for each in rule.values() if isinstance(each, dict))):
                yield from (words[word] for word in ("where", "when") if isinstance(words.get(word), dict))


def test_conditions_shown_as_rows_are_the_same_conditions_again() -> None:
    script = """
    import {mappingOf, rowsOf} from './fields/tests.js';
    console.log(JSON.stringify(JSON.parse(process.argv[1]).map((each) => mappingOf(rowsOf(each), each.any))));
    """
    conditions = [each for text in MODELS.values() for each in conditions_of(json_of_model(text))]
    assert len(conditions) > 20
    assert told_by_node(script, conditions) == conditions


def test_stages_shown_as_rows_are_the_same_stages_again_in_their_order_whatever_they_are_called() -> None:
    script = """
    import {listed, written} from './fields/stages.js';
    const rows = (stages) => listed(stages).map((each) => [each.name, written(each)]);
    console.log(JSON.stringify(JSON.parse(process.argv[1]).map(rows)));
    """
    scores = [score for text in MODELS.values() for score in json_of_model(text)["scores"].values()]
    stages = [score["stages"] for score in scores if "stages" in score]
    assert any("4" in each for each in stages), "names that are numbers, which JavaScript puts into another order"
    assert told_by_node(script, stages) == [[[name, said] for name, said in each.items()] for each in stages]


EDITS = [
    (
        "a word that is there is set",
        ["scores", "s", "min"],
        5,
        {"op": "set", "path": ["scores", "s", "min"], "value": 5},
    ),
    (
        "what is missing around it is made with it",
        ["scores", "s", "groups", "mails", "limit", "points"],
        20,
        {"op": "set", "path": ["scores", "s", "groups"], "value": {"mails": {"limit": {"points": 20}}}},
    ),
    ("a word goes", ["scores", "s", "min"], None, {"op": "remove", "path": ["scores", "s", "min"]}),
    ("what is empty by it goes as well", ["hot_lead", "score"], None, {"op": "remove", "path": ["hot_lead"]}),
    (
        "a score stays when its last word goes",
        ["scores", "bare", "max"],
        None,
        {"op": "remove", "path": ["scores", "bare", "max"]},
    ),
]


@pytest.mark.parametrize(("path", "value", "edit"), [each[1:] for each in EDITS], ids=[each[0] for each in EDITS])
def test_a_word_changed_on_the_form_is_one_edit(path: list[str], value: object, edit: dict[str, Any]) -> None:
    script = """
    import {wordAt} from './draft/places.js';
    const {path, value} = JSON.parse(process.argv[1]);
    const model = {scores: {s: {min: 0, max: 9, rules: []}, bare: {max: 1}}, hot_lead: {score: 's'}};
    wordAt({model, edit: (make) => console.log(JSON.stringify(make(model)))}, ...path).set(value ?? undefined);
    """
    assert told_by_node(script, {"path": path, "value": value}) == edit
