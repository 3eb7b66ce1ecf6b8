"""Conditions of a model as functions over a flat map from paths to values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from streamprocessor.scoring.canonical import equal, folded, number_in
from streamprocessor.scoring.model.rules import AnyOf, Comparison, Condition

PathValues: TypeAlias = Mapping[str, Any]
Predicate: TypeAlias = Callable[[PathValues], bool]

ABSENT: Any = object()

MOST_REMEMBERED, LONGEST_REMEMBERED = 1_024, 128


def predicate(condition: Condition) -> Predicate:
    """The function that says whether the condition holds for the values found at its paths."""
    if isinstance(condition, Comparison):
        return _predicate_of(condition)
    parts = [predicate(part) for part in condition.conditions]
    if isinstance(condition, AnyOf):
        return lambda values: any(part(values) for part in parts)
    if len(parts) == 1:
        return parts[0]
    return lambda values: all(part(values) for part in parts)


def paths_of(condition: Condition | None) -> Iterator[str]:
    """Every path that the condition reads."""
    if isinstance(condition, Comparison):
        yield condition.path
    elif condition is not None:
        for part in condition.conditions:
            yield from paths_of(part)


def _predicate_of(comparison: Comparison) -> Predicate:
    """The function that says whether one comparison holds; its operand is folded here, once."""
    path, operand = comparison.path, comparison.operand
    if comparison.operator == "exists":
        return lambda values: (path in values) is bool(operand)
    if comparison.operator in ("starts_with", "ends_with") or (
        comparison.operator == "equals" and type(operand) is str
    ):
        return _predicate_of_texts(path, _text_comparison_of(comparison.operator, folded(operand)))
    if comparison.operator == "not":
        is_refused = _is_one_of(operand if isinstance(operand, list | tuple) else [operand])
        return lambda values: not is_refused(values.get(path, ABSENT))
    compare = _comparison_of(comparison)

    def holds(values: PathValues) -> bool:
        value = values.get(path, ABSENT)
        return value is not ABSENT and compare(value)

    return holds


def _predicate_of_texts(path: str, compare: Callable[[str], bool]) -> Predicate:
    """Whether a text is at the path that passes; short ones are remembered, since events share few."""
    remembered: dict[str, bool] = {}

    def holds(values: PathValues) -> bool:
        value = values.get(path)
        if type(value) is not str:
            return False
        passes = remembered.get(value)
        if passes is None:
            passes = compare(value)
            if len(value) <= LONGEST_REMEMBERED:
                if len(remembered) >= MOST_REMEMBERED:
                    remembered.clear()
                remembered[value] = passes
        return passes

    return holds


def _text_comparison_of(operator: str, part: str) -> Callable[[str], bool]:
    """The function that compares a text with the folded part."""
    if operator == "starts_with":
        return lambda text: folded(text).startswith(part)
    if operator == "ends_with":
        return lambda text: folded(text).endswith(part)
    return lambda text: folded(text) == part


def _comparison_of(comparison: Comparison) -> Callable[[Any], bool]:
    """The function that compares a value that is there with the operand."""
    operand: Any = comparison.operand
    match comparison.operator:
        case "in":
            return _is_one_of(operand)
        case "contains":
            return _contains(operand)
        case "matches":
            search = comparison.search
            return lambda value: type(value) is str and search is not None and search(value)
        case "equals":
            return lambda value: equal(value, operand)
    numeric: dict[str, Callable[[int | float], bool]] = {
        "greater_than": lambda number: number > operand,
        "at_least": lambda number: number >= operand,
        "less_than": lambda number: number < operand,
        "at_most": lambda number: number <= operand,
        "between": lambda number: operand[0] <= number <= operand[1],
    }
    compare = numeric[comparison.operator]
    return lambda value: (number := number_in(value)) is not None and compare(number)


def _is_one_of(options: Sequence[Any]) -> Callable[[Any], bool]:
    """Whether a value equals one of the options; what is absent equals none."""
    texts = frozenset(folded(option) for option in options if type(option) is str)
    others = [option for option in options if type(option) is not str]

    def is_one_of(value: Any) -> bool:
        if type(value) is str:
            return value in texts or folded(value) in texts
        return value is not ABSENT and any(equal(value, option) for option in others)

    return is_one_of


def _contains(part: Any) -> Callable[[Any], bool]:
    """Whether a text contains the part, which is a text, or a list holds it."""
    text = folded(part) if type(part) is str else None

    def contains(value: Any) -> bool:
        if type(value) is str:
            return text is not None and text in folded(value)
        return isinstance(value, list | tuple) and any(equal(item, part) for item in value)

    return contains
