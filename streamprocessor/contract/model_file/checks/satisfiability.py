"""Conditions that can never hold: found before they silently give nobody points."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise, product

from streamprocessor.contract.foreign_text import shown_text
from streamprocessor.scoring.canonical import folded
from streamprocessor.scoring.model.conditions import predicate
from streamprocessor.scoring.model.rules import AllOf, AnyOf, Comparison, Condition

_MANY = 1000
_OF_TEXTS = {"starts_with", "ends_with", "matches", "contains"}
_OF_DECIMALS = set("-0123456789.")
_LOW = {"greater_than", "at_least"}
_HIGH = {"less_than", "at_most"}
_OF_NUMBERS = {"between"} | _LOW | _HIGH


def why_never(condition: Condition) -> str | None:
    """The reason why no event or contact can satisfy the condition; None where one can, as far as can be told.

    Every way to satisfy it is a list of tests that must hold together; it can hold if one of them can. Patterns of
    `matches` are not compared, and of more than a thousand ways none is looked at.
    """
    ways = _ways(condition)
    reasons = [_contradiction(way) for way in ways] if ways is not None else [None]
    return None if None in reasons else (reasons[0] if reasons else "it has no alternative")


def _ways(condition: Condition) -> list[tuple[Comparison, ...]] | None:
    if isinstance(condition, Comparison):
        return [(condition,)]
    parts = [_ways(part) for part in condition.conditions]
    if isinstance(condition, AnyOf):
        return None if None in parts else [way for part in parts for way in part or ()]
    count = 1
    for part in parts:
        count *= len(part) if part is not None else _MANY + 1
    if count > _MANY:
        return None
    return [tuple(test for way in choice for test in way) for choice in product(*(part or [] for part in parts))]


def _contradiction(way: Iterable[Comparison]) -> str | None:
    tests_of: dict[str, list[Comparison]] = {}
    for test in way:
        tests_of.setdefault(test.path, []).append(test)
    for path, tests in tests_of.items():
        if not _can_hold(path, tests):
            return f"no value of {path} is " + " and ".join(_words(test) for test in tests)
    return None


def _can_hold(path: str, tests: list[Comparison]) -> bool:
    holds = predicate(AllOf(tuple(tests)))
    if any(test.operator == "exists" and test.operand is False for test in tests):
        return holds({})
    named = [test for test in tests if test.operator in ("equals", "in")]
    if named:
        values = named[0].operand if named[0].operator == "in" else (named[0].operand,)
        return any(holds({path: value}) for value in values)
    if any(test.operator in _OF_NUMBERS for test in tests):
        return all(_may_be_of_a_number(test) for test in tests) and _has_number(path, tests)
    return _fit(tests, "starts_with", str.startswith) and _fit(tests, "ends_with", str.endswith)


def _may_be_of_a_number(test: Comparison) -> bool:
    """Whether a text that spells a number can pass the test; patterns of `matches` are not looked at."""
    if test.operator not in _OF_TEXTS:
        return True
    return isinstance(test.operand, str) and (test.operator == "matches" or not set(test.operand) - _OF_DECIMALS)


def _has_number(path: str, tests: list[Comparison]) -> bool:
    tests = [test for test in tests if test.operator not in _OF_TEXTS]
    between = [test.operand for test in tests if test.operator == "between"]
    lows = [test.operand for test in tests if test.operator in _LOW] + [low for low, _ in between]
    highs = [test.operand for test in tests if test.operator in _HIGH] + [high for _, high in between]
    low, high = max(lows, default=float("-inf")), min(highs, default=float("inf"))
    if low == high:  # one number is left, or none
        return predicate(AllOf(tuple(tests)))({path: low})
    return low < high


def _fit(tests: list[Comparison], operator: str, fits: Callable[[str, str], bool]) -> bool:
    operands = sorted((folded(test.operand) for test in tests if test.operator == operator), key=len)
    return all(fits(longer, shorter) for shorter, longer in pairwise(operands))


def _words(test: Comparison) -> str:
    return f"{test.operator.replace('_', ' ')} {shown_text(repr(test.operand))}"
