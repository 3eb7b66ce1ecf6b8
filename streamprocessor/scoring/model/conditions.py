"""Conditions of a model as functions over a flat map from paths to values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from streamprocessor.scoring.canonical import json_equal
from streamprocessor.scoring.model.rules import AnyOf, Comparison, Condition

PathValues: TypeAlias = Mapping[str, Any]
Predicate: TypeAlias = Callable[[PathValues], bool]

ABSENT: Any = object()


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


def is_number(value: Any) -> bool:
    """Whether the value is a JSON number; true and false are none."""
    return type(value) is int or type(value) is float


def _predicate_of(comparison: Comparison) -> Predicate:
    """The function that says whether one comparison holds."""
    path, operand = comparison.path, comparison.operand
    if comparison.operator == "exists":
        return lambda values: (path in values) is bool(operand)
    if comparison.operator == "equals" and type(operand) is str:
        return lambda values: bool(values.get(path) == operand)
    if comparison.operator == "starts_with":
        return lambda values: type(value := values.get(path)) is str and value.startswith(operand)
    if comparison.operator == "not":
        refused = list(operand) if isinstance(operand, list | tuple) else [operand]
        return lambda values: not _is_one_of(values.get(path, ABSENT), refused)
    compare = _comparison_of(comparison)

    def holds(values: PathValues) -> bool:
        value = values.get(path, ABSENT)
        return value is not ABSENT and compare(value)

    return holds


def _comparison_of(comparison: Comparison) -> Callable[[Any], bool]:
    """The function that compares a value that is there with the operand."""
    operand: Any = comparison.operand
    comparisons: dict[str, Callable[[Any], bool]] = {
        "equals": lambda value: json_equal(value, operand),
        "in": lambda value: _is_one_of(value, operand),
        "contains": lambda value: _contains(value, operand),
        "ends_with": lambda value: type(value) is str and value.endswith(operand),
        "matches": lambda value: type(value) is str and comparison.search is not None and comparison.search(value),
        "greater_than": lambda value: is_number(value) and value > operand,
        "at_least": lambda value: is_number(value) and value >= operand,
        "less_than": lambda value: is_number(value) and value < operand,
        "at_most": lambda value: is_number(value) and value <= operand,
        "between": lambda value: is_number(value) and operand[0] <= value <= operand[1],
    }
    return comparisons[comparison.operator]


def _is_one_of(value: Any, options: Any) -> bool:
    return value is not ABSENT and any(json_equal(value, option) for option in options)


def _contains(value: Any, part: Any) -> bool:
    if type(value) is str:
        return type(part) is str and part in value
    return isinstance(value, list | tuple) and any(json_equal(item, part) for item in value)
