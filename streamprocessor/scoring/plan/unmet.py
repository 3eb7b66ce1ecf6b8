"""Which comparison of a rule an event fails, and how: for people who ask why it gives nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from streamprocessor.scoring.canonical import number_in
from streamprocessor.scoring.model.conditions import ABSENT, PathValues, Predicate, predicate
from streamprocessor.scoring.model.rules import AllOf, AnyOf, Comparison, Condition, InactivityRule, Rule
from streamprocessor.scoring.plan.matching import amount_path_of

MISSING, OTHER_TYPE, OTHER_VALUE = "missing", "type", "value"
"""How a comparison fails: nothing is there, what is there is of a type that it never holds for, or another value."""

AMOUNT, ALTERNATIVES = "amount", "any"
"""Stand among the operators for the number that a match is worth, and for alternatives none of which holds."""

_NUMERIC = frozenset({"greater_than", "at_least", "less_than", "at_most", "between"})
_TEXTUAL = frozenset({"starts_with", "ends_with", "matches"})

FindUnmet = Callable[[PathValues], "Unmet | None"]


class Unmet(NamedTuple):
    """What an event fails.

    path: of the value; "": of alternatives.
    operator: of the comparison, or AMOUNT, or ALTERNATIVES.
    how: MISSING, OTHER_TYPE or OTHER_VALUE.
    """

    path: str
    operator: str
    how: str


def unmet_finder(rule: Rule) -> FindUnmet:
    """A function that tells what values by path fail first of what the rule asks for; None: nothing, they match."""
    where = None if isinstance(rule, InactivityRule) else getattr(rule, "where", None)
    checks: list[tuple[Condition, Predicate]] = [(part, predicate(part)) for part in _parts(where)]
    amount_path = amount_path_of(rule)

    def find(values: PathValues) -> Unmet | None:
        for part, holds in checks:
            if not holds(values):
                return _unmet(part, values)
        if amount_path is not None and number_in(amount := values.get(amount_path, ABSENT)) is None:
            return Unmet(amount_path, AMOUNT, MISSING if amount is ABSENT else OTHER_TYPE)
        return None

    return find


def _parts(where: Condition | None) -> Iterator[Condition]:
    """The conditions all of which are to hold."""
    if isinstance(where, AllOf):
        for part in where.conditions:
            yield from _parts(part)
    elif where is not None:
        yield where


def _unmet(part: Condition, values: PathValues) -> Unmet:
    if isinstance(part, AnyOf | AllOf):
        return Unmet("", ALTERNATIVES, OTHER_VALUE)
    return Unmet(part.path, part.operator, _how_it_fails(part, values.get(part.path, ABSENT)))


def _how_it_fails(comparison: Comparison, value: Any) -> str:
    if value is ABSENT:
        return MISSING
    operator = comparison.operator
    is_other = operator in _NUMERIC and number_in(value) is None
    is_other = is_other or (operator in _TEXTUAL and type(value) is not str)
    return OTHER_TYPE if is_other else OTHER_VALUE
