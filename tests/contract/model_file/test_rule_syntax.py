"""What a kind of rule says of itself is all that the reader and the JSON Schema know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from streamprocessor.contract.model_file.rule_words.rules import RuleContext, rule_syntax
from streamprocessor.contract.strict_yaml.described import json_schema
from streamprocessor.contract.strict_yaml.located import LocatedNode, MappingNode, Problems, ScalarNode
from streamprocessor.scoring.kinds.rule_kind import ONCE_PER, RuleKind
from streamprocessor.scoring.model.field_specs import FieldSpec, ValueType
from streamprocessor.scoring.model.model import E15
from streamprocessor.scoring.model.rules import UNLIMITED, Condition, Limit, NoDecay
from streamprocessor.scoring.terms.per_match import WindowTerm


@dataclass(frozen=True, slots=True)
class StreakRule:
    id: str
    types: tuple[str, ...]
    days: int
    points_e15: int
    counted: str = "calendar"
    per: str | None = None
    where: Condition | None = None
    group: str | None = None
    limit: Limit = UNLIMITED


STREAK = RuleKind(
    "streak",
    "Points for days on end.",
    StreakRule,
    lambda number, rule: WindowTerm(number, rule.days, ()),
    words=(
        FieldSpec("days", "days", ValueType.COUNT),
        FieldSpec("points", "points_e15", ValueType.POINTS_E15),
        FieldSpec("counted", "counted", ("calendar", "rolling"), required=False),
        ONCE_PER,
    ),
)
SYNTAX = rule_syntax(STREAK)
CONTEXT = RuleContext(NoDecay(), frozenset({"habits"}), None, None)


def read(rule: dict[str, Any]) -> tuple[object, list[str]]:
    problems = Problems("m.yaml")
    located = LocatedNode(_node(rule), "rule", problems)
    read_rule = SYNTAX.read(SYNTAX.shape.fields(located), CONTEXT)
    return read_rule, [sentence for _, sentence in problems.notes]


def _node(value: Any) -> MappingNode | ScalarNode:
    if isinstance(value, dict):
        return MappingNode({word: (1, _node(inner)) for word, inner in value.items()}, 1)
    return ScalarNode(value, 1)


def test_a_kind_is_read_by_what_it_says_of_its_words() -> None:
    least = {"id": "daily", "streak": {"of": "visit", "days": 3, "points": 5}}
    assert read(least) == (StreakRule("daily", ("visit",), 3, 5 * E15), [])
    most = {
        "id": "daily",
        "group": "habits",
        "limit": {"points": 10},
        "streak": {"of": "visit", "days": 3, "points": 5, "counted": "rolling", "per": "properties.path"},
    }
    limit = Limit(points_nano=10 * 10**9)
    rule = StreakRule("daily", ("visit",), 3, 5 * E15, "rolling", "properties.path", None, "habits", limit)
    assert read(most) == (rule, [])


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"days": 0}, "rule: streak: days: wanted a whole number of at least 1; got 0"),
        ({"days": None}, "rule: streak: days: wanted a whole number of at least 1; got nothing"),
        ({"counted": "weekly"}, "rule: streak: counted: wanted calendar or rolling; got 'weekly'"),
        ({"counted": 1}, "rule: streak: counted: wanted calendar or rolling; got 1"),
        ({"per": "path"}, "rule: streak: per: wanted a path that begins with properties. or context.; got 'path'"),
        (
            {"dyas": 3},
            "rule: streak: unknown word 'dyas' (did you mean 'days'?); wanted one of of, days, points, counted, per, "
            "where; got 'dyas'",
        ),
    ],
)
def test_what_is_wrong_is_refused_by_the_reader_and_by_the_schema(wrong: dict[str, Any], sentence: str) -> None:
    rule = {"id": "daily", "streak": {"of": "visit", "days": 3, "points": 5, **wrong}}
    assert read(rule)[1] == [sentence]
    assert not Draft202012Validator(json_schema(SYNTAX.shape, {})).is_valid(rule)


def test_a_word_that_is_missing_is_named() -> None:
    rule = {"id": "daily", "streak": {"of": "visit", "points": 5}}
    assert read(rule)[1] == ["rule: streak: 'days' is missing; wanted it beside the others; got of, points"]
    assert not Draft202012Validator(json_schema(SYNTAX.shape, {})).is_valid(rule)
