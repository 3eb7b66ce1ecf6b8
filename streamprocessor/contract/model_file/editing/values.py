"""What a model's text says as plain values: texts, whole numbers, decimals, true, false, nothing, lists, mappings."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, TypeAlias

from streamprocessor.contract.strict_yaml.located import MappingNode, Node, SequenceNode
from streamprocessor.contract.strict_yaml.yaml_tree import MAX_DEPTH
from streamprocessor.errors import OperatorError

Value: TypeAlias = Any
"""str, int, Decimal, bool, None, or a list or dict of such."""

_MOST_DIGITS = 40


class EditError(OperatorError):
    """An edit that can't be made; nothing was changed."""


def values_of(node: Node) -> Value:
    """The tree's values; decimals are exact."""
    if isinstance(node, MappingNode):
        return {word: values_of(inner) for word, (_, inner) in node.entries.items()}
    if isinstance(node, SequenceNode):
        return [values_of(inner) for inner in node.items]
    return node.value


def value_of_json(value: Any, depth: int = 0) -> Value:
    """What JSON says as a value that a model's text can hold; raises EditError where it can hold no such."""
    if depth > MAX_DEPTH:
        message = f"value: wanted at most {MAX_DEPTH} levels; got more"
        raise EditError(message)
    if isinstance(value, dict):
        return {_text(word): value_of_json(inner, depth + 1) for word, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [value_of_json(inner, depth + 1) for inner in value]
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return value
    return _number(value)


def _text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = "value: wanted texts that UTF-8 can hold; got half of a character"
        raise EditError(message) from error
    return text


def _number(number: float | Decimal) -> int | Decimal:
    exact = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
    if not exact.is_finite() or len(f"{exact:f}") > _MOST_DIGITS:
        message = f"value: wanted a number of at most {_MOST_DIGITS} digits; got another one"
        raise EditError(message)
    return number if isinstance(number, int) else exact


def fingerprint(value: Value) -> str:
    """A text that is the same for values that say the same: 1.0 is 1, and the order of a mapping says nothing."""
    return json.dumps(_canonical(value), sort_keys=True)


def _canonical(value: Value) -> Any:
    if isinstance(value, dict):
        return {word: _canonical(inner) for word, inner in value.items()}
    if isinstance(value, list):
        return [_canonical(inner) for inner in value]
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return value
    return [[f"{Decimal(value).normalize():f}"], "number"]


def json_of_values(value: Value) -> Any:
    """The value as JSON shows it: what has a point is a double."""
    if isinstance(value, dict):
        return {word: json_of_values(inner) for word, inner in value.items()}
    if isinstance(value, list):
        return [json_of_values(inner) for inner in value]
    return float(value) if isinstance(value, Decimal) else value
