"""Conditions: every operator, by JSON type, and what absence means."""

from __future__ import annotations

from typing import Any

import pytest

from streamprocessor.scoring.canonical import canonical, cut
from streamprocessor.scoring.model.conditions import predicate
from streamprocessor.scoring.model.rules import AllOf, AnyOf, Comparison, Condition

ABSENT = object()


@pytest.mark.parametrize(
    ("operator", "operand", "value", "holds"),
    [
        ("equals", "a", "a", True),
        ("equals", "a", "A", False),
        ("equals", 1, 1.0, True),
        ("equals", 1, True, False),
        ("equals", True, 1, False),
        ("equals", "1", 1, False),
        ("equals", None, None, True),
        ("equals", [1, {"a": 2}], [1.0, {"a": 2}], True),
        ("equals", "a", ABSENT, False),
        ("in", ["a", 1], "a", True),
        ("in", ["a", 1], True, False),
        ("not", "a", "b", True),
        ("not", "a", "a", False),
        ("not", ["a", "b"], "b", False),
        ("not", "a", ABSENT, True),
        ("exists", True, "", True),
        ("exists", True, ABSENT, False),
        ("exists", False, ABSENT, True),
        ("exists", False, 0, False),
        ("contains", "CEO", "the CEO", True),
        ("contains", "x", ["x", "y"], True),
        ("contains", "1", 21, False),
        ("starts_with", "/p", "/pricing", True),
        ("starts_with", "/p", 5, False),
        ("ends_with", ".pdf", "a.pdf", True),
        ("greater_than", 5, 5.1, True),
        ("greater_than", 5, 5, False),
        ("greater_than", 5, "6", False),
        ("greater_than", 0, True, False),
        ("at_least", 5, 5, True),
        ("less_than", 5, 4.9, True),
        ("at_most", 5, 5, True),
        ("at_most", 5, ABSENT, False),
        ("between", (1, 5), 5, True),
        ("between", (1, 5), 5.01, False),
    ],
)
def test_an_operator_holds_for_what_its_word_says(operator: str, operand: Any, value: Any, holds: bool) -> None:
    values = {} if value is ABSENT else {"p": value}
    assert predicate(Comparison("p", operator, operand))(values) is holds


def test_matches_searches_text_only() -> None:
    matches = predicate(Comparison("p", "matches", "b+", search=lambda text: "b" in text))
    assert [matches({"p": value}) for value in ("abc", "ac", 5)] == [True, False, False]


IS_A, IS_B = Comparison("p", "equals", "a"), Comparison("q", "equals", "b")


@pytest.mark.parametrize(
    ("condition", "values", "holds"),
    [
        (AllOf(()), {}, True),
        (AnyOf(()), {}, False),
        (AllOf((IS_A, IS_B)), {"p": "a"}, False),
        (AllOf((IS_A, IS_B)), {"p": "a", "q": "b"}, True),
        (AnyOf((IS_A, IS_B)), {"q": "b"}, True),
        (AllOf((AnyOf((IS_A, IS_B)),)), {}, False),
    ],
)
def test_conditions_combine(condition: Condition, values: dict[str, Any], holds: bool) -> None:
    assert predicate(condition)(values) is holds


def test_equal_json_values_have_one_canonical_text() -> None:
    assert (
        canonical({"b": 1.0, "a": [True, None]}) == canonical({"a": [True, None], "b": 1}) == '{"a":[true,null],"b":1}'
    )


def test_what_is_too_long_to_keep_is_cut_and_stays_distinct() -> None:
    long, longer = "x" * 5_000, "x" * 5_001
    assert len(cut(long)) == len(cut(longer)) < 1_024
    assert cut(long) != cut(longer)
    assert cut(long).startswith("x" * 960)
    assert cut("x" * 1_024) == "x" * 1_024
    assert cut([long]).startswith('["x')
    assert cut(2**70) == 2.0**70
