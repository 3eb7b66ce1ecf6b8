"""Conditions: every operator, by JSON type, and what absence means."""

from __future__ import annotations

from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.scoring.canonical import canonical, cut, folded
from streamprocessor.scoring.kinds.monetary import MonetaryRule
from streamprocessor.scoring.model.conditions import predicate
from streamprocessor.scoring.model.rules import AllOf, AnyOf, Comparison, Condition, EventRule, PointsFrom
from streamprocessor.scoring.plan.matching import matcher

ABSENT = object()


@pytest.mark.parametrize(
    ("operator", "operand", "value", "holds"),
    [
        ("equals", "a", "a", True),
        ("equals", "a", "A", True),
        ("equals", "A", "a", True),
        ("equals", "Straße", "STRASSE", True),
        ("equals", "caf\u00e9", "CAFE\u0301", True),
        ("equals", "cafe", "caf\u00e9", False),
        ("equals", "\u0390", "\u03aa\u0301", True),
        ("equals", 1, 1.0, True),
        ("equals", 1, True, False),
        ("equals", True, 1, False),
        ("equals", "1", 1, False),
        ("equals", None, None, True),
        ("equals", [1, {"a": 2}], [1.0, {"a": 2}], True),
        ("equals", "a", ABSENT, False),
        ("in", ["a", 1], "a", True),
        ("in", ["a", 1], True, False),
        ("in", ["a", 1], "A", True),
        ("in", ["a", 1], "1", False),
        ("in", ["a", 1], ABSENT, False),
        ("not", "a", "b", True),
        ("not", "a", "a", False),
        ("not", ["a", "b"], "b", False),
        ("not", "a", ABSENT, True),
        ("not", "a", "A", False),
        ("not", ["\u00c9", 1], "e\u0301", False),
        ("not", 1, "1", True),
        ("exists", True, "", True),
        ("exists", True, ABSENT, False),
        ("exists", False, ABSENT, True),
        ("exists", False, 0, False),
        ("contains", "CEO", "the CEO", True),
        ("contains", "CEO", "Ceo & Founder", True),
        ("contains", "ceo", "THE CEO", True),
        ("contains", "e", "caf\u00e9", False),
        ("contains", "e", "cafe\u0301", False),
        ("contains", "caf\u00e9", "A CAFE\u0301.", True),
        ("contains", "x", ["x", "y"], True),
        ("contains", "x", ["X"], True),
        ("contains", 1, [1.0], True),
        ("contains", 1, ["1"], False),
        ("contains", "1", 21, False),
        ("starts_with", "/p", "/pricing", True),
        ("starts_with", "/p", "/Pricing", True),
        ("starts_with", "/P", "/pricing", True),
        ("starts_with", "e", "e\u0301clair", False),
        ("starts_with", "/p", 5, False),
        ("ends_with", ".pdf", "a.pdf", True),
        ("ends_with", ".pdf", "A.PDF", True),
        ("ends_with", ".PDF", "a.pdf", True),
        ("greater_than", 5, 5.1, True),
        ("greater_than", 5, 5, False),
        ("greater_than", 5, "6", True),
        ("greater_than", 5, "5", False),
        ("greater_than", 0, True, False),
        ("at_least", 5, 5, True),
        ("less_than", 5, 4.9, True),
        ("at_most", 5, 5, True),
        ("at_most", 5, ABSENT, False),
        ("between", (1, 5), 5, True),
        ("between", (1, 5), 5.01, False),
        ("between", (1, 5), "5", True),
        ("between", (1, 5), "5.01", False),
        ("at_least", 100, "250", True),
        ("at_least", 49.9, "49.90", True),
        ("less_than", 0, "-0.5", True),
        ("at_least", 0, "", False),
        ("at_least", 0, " 250", False),
        ("at_least", 0, "1,234", False),
        ("at_least", 0, "49,90", False),
        ("at_least", 0, "1e3", False),
        ("at_least", 0, "+1", False),
        ("at_least", 0, ".5", False),
        ("at_least", 0, "5.", False),
        ("at_least", 0, "0x10", False),
        ("at_least", 0, "1_000", False),
        ("at_least", 0, "\u0663", False),
        ("at_least", 0, "9" * 400, False),
        ("at_least", 0, "true", False),
        ("at_least", 0, None, False),
        ("at_least", 0, ["250"], False),
    ],
)
def test_an_operator_holds_for_what_its_word_says(operator: str, operand: Any, value: Any, holds: bool) -> None:
    values = {} if value is ABSENT else {"p": value}
    assert predicate(Comparison("p", operator, operand))(values) is holds


def test_matches_sees_a_text_as_it_is() -> None:
    matches = predicate(Comparison("p", "matches", "B|\u00e9", search=lambda text: "B" in text or "\u00e9" in text))
    assert [matches({"p": value}) for value in ("aB", "ab", "\u00e9", "e\u0301")] == [True, False, True, False]


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


@pytest.mark.parametrize(
    ("amount", "points"),
    [
        (49.9, 49_900_000_000_000_000),
        ("49.90", 49_900_000_000_000_000),
        ("120", 100_000_000_000_000_000),
        ("49,90", None),
        (True, None),
        (None, None),
    ],
)
def test_points_from_takes_a_plain_decimal_text_as_its_number(amount: Any, points: int | None) -> None:
    rule = EventRule("r", ("e",), PointsFrom("properties.amount", 1.0, None, 100 * 10**15))
    amount_of = matcher(0, "s/r", rule, 0.0).amount
    assert amount_of is not None
    assert amount_of({"properties.amount": amount}) == points


@pytest.mark.parametrize(
    ("amount", "nano"),
    [(49.9, 49_900_000_000), ("49.90", 49_900_000_000), ("9000", 9_000 * 10**9), ("1.234,56", None), (False, None)],
)
def test_a_sum_takes_a_plain_decimal_text_as_its_number(amount: Any, nano: int | None) -> None:
    rule = MonetaryRule("r", ("e",), "properties.amount", 1_000, ())
    amount_of = matcher(0, "s/r", rule, None).amount
    assert amount_of is not None
    assert amount_of({"properties.amount": amount}) == nano


@given(st.text())
def test_folding_a_folded_text_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text) == folded(normalize("NFD", text))


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
