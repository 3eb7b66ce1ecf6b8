"""`where` and `when` of a model file into conditions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import re2

from streamprocessor.contract.model_file.satisfiability import why_never
from streamprocessor.contract.strict_yaml.located import LocatedNode, MappingNode, ReadError, SequenceNode, unknown
from streamprocessor.contract.strict_yaml.scalars import flag, is_path, number
from streamprocessor.scoring.model.rules import AllOf, AnyOf, Comparison, Condition

EVENT_ROOTS = ("properties.", "context.")
ATTRIBUTE_ROOTS = ("attributes.",)


def event_condition(spot: LocatedNode) -> Condition:
    """The condition of `where`; its paths are full."""
    return _satisfiable(spot, EVENT_ROOTS)


def attribute_condition(spot: LocatedNode) -> Condition:
    """The condition of `when`; its paths are attribute names."""
    return _satisfiable(spot, ATTRIBUTE_ROOTS)


def _satisfiable(spot: LocatedNode, roots: tuple[str, ...]) -> Condition:
    before = len(spot.problems.found)
    condition = _all_of(spot, roots)
    # A condition that could only be read in part is judged when it is mended.
    if len(spot.problems.found) == before and (reason := why_never(condition)) is not None:
        raise ReadError(
            spot.node.line, f"{spot.where}: can never hold: {reason}; wanted a condition that can; got this"
        )
    return condition


def _all_of(spot: LocatedNode, roots: tuple[str, ...]) -> Condition:
    entries = spot.entries("a mapping of paths to values, or of `any` to a list of such mappings")
    if not entries:
        spot.refuse("at least one path")
    conditions: list[Condition] = []
    for path, inner in entries.items():
        read = partial(_alternatives, inner, roots) if path == "any" else partial(_tests, path, inner, roots)
        conditions += spot.problems.attempt(read, [])
    return conditions[0] if len(conditions) == 1 else AllOf(tuple(conditions))


def _alternatives(spot: LocatedNode, roots: tuple[str, ...]) -> list[Condition]:
    return [AnyOf(tuple(_satisfiable(inner, roots) for inner in spot.items("a list of alternatives")))]


def _tests(path: str, spot: LocatedNode, roots: tuple[str, ...]) -> list[Condition]:
    if not is_path(path, roots):
        wanted = f"a path that begins with {' or '.join(roots)}, or `any`"
        raise ReadError(spot.node.line, f"{spot.where}: wanted {wanted}; got '{path}'")
    if roots is ATTRIBUTE_ROOTS:
        path = path.removeprefix("attributes.")
    if not isinstance(spot.node, MappingNode):
        return [Comparison(path, "equals", _scalar(spot))]
    operators = spot.entries("operators")
    if not operators:
        spot.refuse("at least one operator")
    return [_test(path, operator, inner) for operator, inner in operators.items()]


def _test(path: str, operator: str, spot: LocatedNode) -> Comparison:
    if operator not in _OPERANDS:
        raise ReadError(spot.node.line, f"{spot.where}: {unknown(operator, tuple(_OPERANDS))}")
    operand = _OPERANDS[operator](spot)
    return Comparison(path, operator, operand, _searcher(operand, spot) if operator == "matches" else None)


def _scalar(spot: LocatedNode) -> Any:
    value = spot.value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (str, int, bool)):
        return value
    spot.refuse("a text, a number, true or false (for a list use `in`, for nothing `exists: false`)")


def _scalars(spot: LocatedNode) -> tuple[Any, ...]:
    return tuple(_scalar(inner) for inner in spot.items("a list with at least one value"))


def _scalar_or_list(spot: LocatedNode) -> Any:
    return _scalars(spot) if isinstance(spot.node, SequenceNode) else _scalar(spot)


def _text(spot: LocatedNode) -> str:
    if not isinstance(spot.value, str) or not spot.value:
        spot.refuse("a text that is not empty, in quotes where it looks like a number")
    return spot.value


def _number(spot: LocatedNode) -> int | float:
    value = number(spot)
    return int(value) if value == value.to_integral_value() else float(value)


def _low_and_high(spot: LocatedNode) -> tuple[int | float, int | float]:
    bounds = [_number(inner) for inner in spot.items("a list of two numbers, [low, high]")]
    if len(bounds) != 2 or bounds[0] > bounds[1]:
        spot.refuse("two numbers, the lower first")
    return bounds[0], bounds[1]


def _searcher(pattern: str, spot: LocatedNode) -> Callable[[str], bool]:
    options = re2.Options()
    options.log_errors = False  # what is wrong is said here, not on stderr
    try:
        search = re2.compile(pattern, options).search
    except re2.error as error:
        why = error.args[0].decode(errors="replace") if error.args and isinstance(error.args[0], bytes) else error
        wanted = "a regular expression of RE2 (linear time: no back-references, no look-around)"
        raise ReadError(spot.node.line, f"{spot.where}: wanted {wanted}; got '{pattern}': {why}") from error
    return lambda value: search(value) is not None


_OPERANDS: dict[str, Callable[[LocatedNode], Any]] = {
    "in": _scalars,
    "not": _scalar_or_list,
    "exists": flag,
    "contains": _scalar,
    "starts_with": _text,
    "ends_with": _text,
    "matches": _text,
    "greater_than": _number,
    "at_least": _number,
    "less_than": _number,
    "at_most": _number,
    "between": _low_and_high,
}
