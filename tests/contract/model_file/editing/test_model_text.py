"""Edits of models as people make them: which lines change, and how."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path

import pytest

from streamprocessor.contract.model_file.editing.edits import (
    AddRule,
    AddScore,
    Edit,
    Move,
    MoveRule,
    Remove,
    RemoveRule,
    RemoveScore,
    Rename,
    RenameRule,
    RenameScore,
    SetRule,
    SetValue,
)
from streamprocessor.contract.model_file.editing.model_text import edited, model_values
from streamprocessor.contract.model_file.editing.values import EditError
from streamprocessor.contract.model_file.read_model import json_of_model, parse_model
from streamprocessor.contract.strict_yaml.document import MAX_CHARS

MODELS = Path("deploy/models")
ENGAGEMENT, HUBSPOT, RFM, HEALTH = (
    (MODELS / f"{name}.yaml").read_text(encoding="utf-8")
    for name in ("engagement", "hubspot-style", "rfm", "customer-health")
)
CALL = " # a customer about to leave is worth a call as much as a hot lead"
ANY_OPEN = {"id": "any", "on": "email_open", "points": 1}


def changes(text: str, *edits: Edit) -> list[str]:
    """The lines that go, with a minus, and those that come, with a plus."""
    lines = unified_diff(text.splitlines(), edited(text, edits).splitlines(), lineterm="", n=0)
    return [line.replace("  ", "") for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")]


@pytest.mark.parametrize(
    ("text", "edit", "lines"),
    [
        pytest.param(
            ENGAGEMENT,
            SetValue(("scores", "engagement", "stages", "hot"), 45),
            ["-stages: {cold: 0, warm: 16, hot: 41}", "+stages: {cold: 0, warm: 16, hot: 45}"],
            id="a number",
        ),
        pytest.param(
            ENGAGEMENT,
            SetValue(("scores", "engagement", "stages", "cool"), 8),
            ["-stages: {cold: 0, warm: 16, hot: 41}", "+stages: {cold: 0, cool: 8, warm: 16, hot: 41}"],
            id="a stage at its place",
        ),
        pytest.param(
            ENGAGEMENT,
            SetValue(("scores", "engagement", "decay"), {"half_life": "30d"}),
            ["+decay: {half_life: 30d}"],
            id="a word before the rules",
        ),
        pytest.param(
            HEALTH,
            SetRule("health", "complained", "points", -15),
            [
                "-- {id: complained, on: ticket_opened, points: -10, decay: {half_life: 30d}}",
                "+- {id: complained, on: ticket_opened, points: -15, decay: {half_life: 30d}}",
            ],
            id="a word of a rule",
        ),
        pytest.param(
            ENGAGEMENT,
            SetRule("engagement", "quiet", ("inactivity", "every"), "30d"),
            [
                "-- {id: quiet, inactivity: {of: any, after: 30d, points: -5}}",
                "+- {id: quiet, inactivity: {of: any, after: 30d, points: -5, every: 30d}}",
            ],
            id="a word below a rule's",
        ),
        pytest.param(ENGAGEMENT, SetRule("engagement", "quiet", "group", None), [], id="nothing to remove"),
        pytest.param(
            RFM,
            SetValue(("scores", "rfm", "rules", "frequency", "frequency", "bands", 0, "points"), 1.5),
            ["-- {at_least: 1, points: 1}", "+- {at_least: 1, points: 1.5}"],
            id="in a list of a rule of many lines",
        ),
        pytest.param(
            RFM,
            AddRule("rfm", ANY_OPEN, "frequency"),
            ["+- id: any", "+on: email_open", "+points: 1"],
            id="a rule as its neighbours are",
        ),
        pytest.param(
            ENGAGEMENT,
            AddRule("engagement", ANY_OPEN),
            ["+- {id: any, on: email_open, points: 1}"],
            id="a rule on one line",
        ),
        pytest.param(
            ENGAGEMENT,
            RemoveRule("engagement", "open"),
            ["-- {id: open, on: email_open, points: 1, limit: {count: 1, per: properties.message}}"],
            id="a rule gone, not the comment above",
        ),
        pytest.param(
            ENGAGEMENT,
            MoveRule("engagement", "unsubscribed", "download"),
            [
                "+- {id: unsubscribed, on: unsubscribe, points: -50}",
                "-- {id: unsubscribed, on: unsubscribe, points: -50}",
            ],
            id="a rule moved",
        ),
        pytest.param(
            ENGAGEMENT,
            RenameScore("engagement", "interest"),
            [
                "-engagement:",
                "+interest:",
                "-hot_lead: {score: engagement, stage: hot}",
                "+hot_lead: {score: interest, stage: hot}",
            ],
            id="a score and what refers to it",
        ),
        pytest.param(
            HUBSPOT,
            RenameScore("fit", "match"),
            [
                *("-fit:", "+match:", "-combine: {sum: [engagement, fit]}", "+combine: {sum: [engagement, match]}"),
                "-combine: {matrix: {rows: fit, columns: engagement}}",
                "+combine: {matrix: {rows: match, columns: engagement}}",
            ],
            id="a score that others are made of",
        ),
        pytest.param(
            HEALTH,
            Rename(("scores", "churn-risk", "stages", "high"), "severe"),
            [
                *("-stages: {low: 0, medium: 33, high: 66}", "+stages: {low: 0, medium: 33, severe: 66}"),
                f"-- {{score: churn-risk, stage: high}}{CALL}",
                f"+- {{score: churn-risk, stage: severe}}{CALL}",
            ],
            id="a stage and what refers to it",
        ),
        pytest.param(
            HUBSPOT,
            RemoveScore("total"),
            ["-total:", "-combine: {sum: [engagement, fit]}", "-max: 200", "-"],
            id="a score with its blank line",
        ),
        pytest.param(
            HEALTH,
            SetValue(("suppression", "by"), ["spam_complaint"]),
            ["-suppression: {by: [spam_complaint, hard_bounce]}", "+suppression: {by: [spam_complaint]}"],
            id="a list in brackets",
        ),
        pytest.param(
            ENGAGEMENT,
            SetValue(("segments", "ripe"), {"scores": [{"score": "engagement", "at_least": 30}]}),
            ["+", "+segments:", "+ripe: {scores: [{score: engagement, at_least: 30}]}"],
            id="the first segment",
        ),
        pytest.param(ENGAGEMENT, RenameRule("engagement", "open", "open"), [], id="the same name"),
        pytest.param("a: 1\r\nb: 2\r\n", SetValue(("c",), "x: y"), ['+c: "x: y"'], id="line ends of Windows"),
        pytest.param("a: 1", SetValue(("b",), None), ["+b: null"], id="no line end"),
        pytest.param("a: {b: 1, # one\n    c: 2}\n", Remove(("a", "c")), ["-c: 2}", "+}"], id="brackets with comments"),
    ],
)
def test_an_edit_changes_the_lines_of_what_it_edits(text: str, edit: Edit, lines: list[str]) -> None:
    assert sorted(changes(text, edit)) == sorted(lines)


@pytest.mark.parametrize(
    "edit",
    [
        RemoveRule("engagement", "nobody"),
        RenameRule("engagement", "open", "click"),
        AddRule("engagement", {"id": "open"}),
        AddRule("nobody", ANY_OPEN),
        AddScore("engagement"),
        RenameScore("nobody", "x"),
        SetRule("engagement", "nobody", "points", 1),
        SetValue((), {}),
        SetValue(("name", "x"), 1),
        SetValue(("scores", "engagement", "rules", 99), {}),
        SetValue(("a",), float("nan")),
        Move(("scores", "engagement"), "nobody"),
        Rename(("scores", "engagement", "rules", "open", "on"), "id"),
        Remove(("hot_lead", "score", "x")),
    ],
    ids=repr,
)
def test_an_edit_that_can_not_be_made_is_refused_in_a_sentence(edit: Edit) -> None:
    with pytest.raises(EditError, match=r"wanted .*; got"):
        edited(ENGAGEMENT, [edit])


@pytest.mark.parametrize("text", ["a: [", "a: &x 1", "a: 1\na: 2\n", "- 1", "a: 1\n---\nb: 2\n", " " * (MAX_CHARS + 1)])
def test_a_text_that_can_not_be_edited_is_refused(text: str) -> None:
    with pytest.raises(EditError, match="wanted"):
        edited(text, [SetValue(("x",), 1)])


def test_a_newcomer_builds_a_model_of_nothing_by_edits_alone() -> None:
    wanted = model_values(ENGAGEMENT)
    score = wanted["scores"]["engagement"]
    edits: list[Edit] = [
        SetValue(("name",), wanted["name"]),
        AddScore("engagement"),
        *(AddRule("engagement", rule) for rule in score["rules"]),
        *(SetValue(("scores", "engagement", "stages", name), bound) for name, bound in score["stages"].items()),
        SetValue(("hot_lead", "score"), "engagement"),
        SetValue(("hot_lead", "stage"), "hot"),
    ]
    text = ""
    for edit in edits:
        text = edited(text, [edit])
    assert json_of_model(text) == json_of_model(ENGAGEMENT)
    assert parse_model(text, "made").version == parse_model(ENGAGEMENT, "file").version
    lines = [line for line in ENGAGEMENT.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    made = [line for line in text.splitlines() if line.strip()]
    assert made == lines
