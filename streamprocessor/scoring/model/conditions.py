"""Conditions of a model as functions over a flat map from paths to values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from streamprocessor.scoring.canonical import json_equal
from streamprocessor.scoring.model.rules import AnyOf, Comparison, Condition

Values: TypeAlias = Mapping[str, Any]
Predicate: TypeAlias = Callable[[Values], bool]

ABSENT: Any = object()


def predicate(condition: Condition) -> Predicate:
    """The function that says whether the condition holds for the values found at its paths."""
    if isinstance(condition, Comparison):
        return _test(condition)
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


def _test(test: Comparison) -> Predicate:
    path, operand = test.path, test.operand
    if test.operator == "exists":
        return lambda values: (path in values) is bool(operand)
    if test.operator == "equals" and type(operand) is str:
        return lambda values: bool(values.get(path) == operand)
    if test.operator == "starts_with":
        return lambda values: type(value := values.get(path)) is str and value.startswith(operand)
    if test.operator == "not":
        refused = list(operand) if isinstance(operand, list | tuple) else [operand]
        return lambda values: not _is_one_of(values.get(path, ABSENT), refused)
    compare = _comparison(test)

    def holds(values: Values) -> bool:
        value = values.get(path, ABSENT)
        return value is not ABSENT and compare(value)

    return holds


def _comparison(test: Comparison) -> Callable[[Any], bool]:
    """How a value that is there is compared with the operand."""
    operand: Any = test.operand
    comparisons: dict[str, Callable[[Any], bool]] = {
        "equals": lambda value: json_equal(value, operand),
        "in": lambda value: _is_one_of(value, operand),
        "contains": lambda value: _contains(value, operand),
        "ends_with": lambda value: type(value) is str and value.endswith(operand),
        "matches": lambda value: type(value) is str and test.search is not None and test.search(value),
        "greater_than": lambda value: is_number(value) and value > operand,
        "at_least": lambda value: is_number(value) and value >= operand,
        "less_than": lambda value: is_number(value) and value < operand,
        "at_most": lambda value: is_number(value) and value <= operand,
        "between": lambda value: is_number(value) and operand[0] <= value <= operand[1],
    }
    return comparisons[test.operator]


def _is_one_of(value: Any, wanted: Any) -> bool:
    return value is not ABSENT and any(json_equal(value, one) for one in wanted)


def _contains(value: Any, wanted: Any) -> bool:
    if type(value) is str:
        return type(wanted) is str and wanted in value
    return isinstance(value, list | tuple) and any(json_equal(item, wanted) for item in value)
