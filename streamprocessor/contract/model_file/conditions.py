"""`where` and `when` of a model file into conditions. An operator more is an entry of `_OPERANDS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

import re2

from streamprocessor.contract.foreign_text import shown_text
from streamprocessor.contract.model_file.checks.satisfiability import why_never
from streamprocessor.contract.strict_yaml.described import Reader, described, read_later
from streamprocessor.contract.strict_yaml.located import LocatedNode, MappingNode, SequenceNode, unknown
from streamprocessor.contract.strict_yaml.scalars import flag, is_path, number, path_pattern
from streamprocessor.scoring.model.rules import AllOf, AnyOf, Comparison, Condition

EVENT_ROOTS = ("properties.", "context.")
ATTRIBUTE_ROOTS = ("attributes.",)
ANY = "any"

# ---- operands ------------------------------------------------------------------------------------------------------


@described({"type": ["string", "number", "boolean"]})
def scalar(located: LocatedNode) -> Any:
    """A text, a number, true or false."""
    value = located.value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (str, int, bool)):
        return value
    located.refuse("a text, a number, true or false (for a list use `in`, for nothing `exists: false`)")


@described({"type": "array", "minItems": 1, "items": scalar})
def _scalars(located: LocatedNode) -> tuple[Any, ...]:
    return tuple(scalar(inner) for inner in located.items("a list with at least one value"))


@described({"anyOf": [scalar, _scalars]})
def _scalar_or_list(located: LocatedNode) -> Any:
    return _scalars(located) if isinstance(located.node, SequenceNode) else scalar(located)


@described({"type": "string", "minLength": 1})
def _text(located: LocatedNode) -> str:
    if not isinstance(located.value, str) or not located.value:
        located.refuse("a text that is not empty, in quotes where it looks like a number")
    return located.value


@described({"description": "A regular expression of RE2.", **_text.schema})
def pattern(located: LocatedNode) -> str:
    """The text of a regular expression, which compiled_pattern looks at."""
    return _text(located)


@described({"type": "number"})
def _number(located: LocatedNode) -> int | float:
    value = number(located)
    return int(value) if value == value.to_integral_value() else float(value)


@described(
    {
        "description": "[low, high], both included.",
        "type": "array",
        "minItems": 2,
        "maxItems": 2,
        "items": _number,
    }
)
def _low_and_high(located: LocatedNode) -> tuple[int | float, int | float]:
    bounds = [_number(inner) for inner in located.items("a list of two numbers, [low, high]")]
    if len(bounds) != 2 or bounds[0] > bounds[1]:
        located.refuse("two numbers, the lower first")
    return bounds[0], bounds[1]


_OPERANDS: Mapping[str, Reader[Any]] = {
    "in": _scalars,
    "not": _scalar_or_list,
    "exists": flag,
    "contains": scalar,
    "starts_with": _text,
    "ends_with": _text,
    "matches": pattern,
    "greater_than": _number,
    "at_least": _number,
    "less_than": _number,
    "at_most": _number,
    "between": _low_and_high,
}

#: What operators are called elsewhere, and how each is written here.
_CALLED_ELSEWHERE: Mapping[str, str] = {
    **dict.fromkeys(("equals", "eq", "is", "=="), "the value itself behind the path"),
    **dict.fromkeys(("begins_with", "startswith", "prefix"), "starts_with"),
    **dict.fromkeys(("endswith", "suffix"), "ends_with"),
    **dict.fromkeys(("includes", "like"), "contains"),
    **dict.fromkeys(("regex", "regexp", "pattern"), "matches"),
    **dict.fromkeys(("gt", ">", "more_than", "above"), "greater_than"),
    **dict.fromkeys(("gte", ">=", "min"), "at_least"),
    **dict.fromkeys(("lt", "<", "below"), "less_than"),
    **dict.fromkeys(("lte", "<=", "max"), "at_most"),
    **dict.fromkeys(("ne", "not_in", "is_not", "!="), "not"),
    **dict.fromkeys(("any_of", "one_of"), "in"),
}

# ---- conditions ----------------------------------------------------------------------------------------------------


_TEST = read_later(
    {
        "anyOf": [
            scalar,
            {"type": "object", "additionalProperties": False, "properties": _OPERANDS, "minProperties": 1},
        ]
    },
    "test",
)


def _condition_schema(definition: str, roots: tuple[str, ...], description: str) -> dict[str, Any]:
    alternatives = {"type": "array", "minItems": 1, "items": {"$ref": f"#/$defs/{definition}"}}
    return {
        "description": description,
        "type": "object",
        "minProperties": 1,
        "properties": {ANY: {"description": "At least one of these.", **alternatives}},
        "patternProperties": {path_pattern(roots): _TEST},
        "additionalProperties": False,
    }


@described(_condition_schema("where", EVENT_ROOTS, "Conditions on the event; all hold."), "where")
def event_condition(located: LocatedNode) -> Condition:
    """The condition of `where`; its paths are full."""
    return _satisfiable(located, EVENT_ROOTS)


@described(_condition_schema("when", ATTRIBUTE_ROOTS, "Conditions on the contact's attributes; all hold."), "when")
def attribute_condition(located: LocatedNode) -> Condition:
    """The condition of `when`; its paths are attribute names."""
    return _satisfiable(located, ATTRIBUTE_ROOTS)


def _satisfiable(located: LocatedNode, roots: tuple[str, ...]) -> Condition:
    count_before = located.problems.count
    condition = _all_of(located, roots)
    # A condition that could only be read in part is judged when it is mended.
    if located.problems.count == count_before and (reason := why_never(condition)) is not None:
        located.fail(f"can never hold: {reason}; wanted a condition that can; got this")
    return condition


def _all_of(located: LocatedNode, roots: tuple[str, ...]) -> Condition:
    entries = located.entries("a mapping of paths to values, or of `any` to a list of such mappings")
    if not entries:
        located.refuse("at least one path")
    conditions: list[Condition] = []
    for path, inner in entries.items():
        read = partial(_alternatives, inner, roots) if path == ANY else partial(_comparisons, path, inner, roots)
        conditions += located.problems.attempt(read, [])
    return conditions[0] if len(conditions) == 1 else AllOf(tuple(conditions))


def _alternatives(located: LocatedNode, roots: tuple[str, ...]) -> list[Condition]:
    return [AnyOf(tuple(_satisfiable(inner, roots) for inner in located.items("a list of alternatives")))]


def _comparisons(path: str, located: LocatedNode, roots: tuple[str, ...]) -> list[Condition]:
    if not is_path(path, roots):
        located.fail(
            f"wanted a path that begins with {' or '.join(roots)}, or `any`; got '{shown_text(path)}'"
            f"{_rooted(path, roots)}"
        )
    if roots is ATTRIBUTE_ROOTS:
        path = path.removeprefix("attributes.")
    if not isinstance(located.node, MappingNode):
        return [Comparison(path, "equals", scalar(located))]
    operands = located.entries("operators")
    if not operands:
        located.refuse("at least one operator")
    return [_comparison(path, operator, operand) for operator, operand in operands.items()]


def _rooted(path: str, roots: tuple[str, ...]) -> str:
    """The question whether a path that lacks its root was meant."""
    return f" (did you mean '{shown_text(roots[0] + path)}'?)" if path.isidentifier() else ""


def _comparison(path: str, operator: str, located: LocatedNode) -> Comparison:
    if (written := _CALLED_ELSEWHERE.get(operator)) is not None:
        located.fail(f"wanted {written}, as it is written here; got '{operator}'")
    if operator not in _OPERANDS:
        located.fail(unknown(operator, tuple(_OPERANDS)))
    operand = _OPERANDS[operator](located)
    return Comparison(path, operator, operand, _searcher(operand, located) if operator == "matches" else None)


def _searcher(pattern: str, located: LocatedNode) -> Callable[[str], bool]:
    search = compiled_pattern(pattern, located).search
    return lambda value: search(value) is not None


def compiled_pattern(pattern: str, located: LocatedNode) -> Any:
    """The pattern, compiled by RE2; raises ReadError where it is none of its regular expressions."""
    options = re2.Options()
    options.log_errors = False  # the model's error tells it, not stderr
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        why = error.args[0].decode(errors="replace") if error.args and isinstance(error.args[0], bytes) else error
        expected = "a regular expression of RE2 (linear time: no back-references, no look-around)"
        located.fail(f"wanted {expected}; got '{shown_text(pattern)}': {why}")
