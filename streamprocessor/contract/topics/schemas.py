"""JSON Schemas of the topics as parts of larger descriptions: OpenAPI, AsyncAPI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def components_of(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema under the name and what it defines, side by side, as `components/schemas` of a description."""
    itself = {word: value for word, value in schema.items() if word not in ("$schema", "$id", "$defs")}
    return {inner: _moved(part) for inner, part in {name: itself, **schema.get("$defs", {})}.items()}


def _moved(part: Any) -> Any:
    """The part of a schema with its references to where definitions stand in the description."""
    if isinstance(part, Mapping):
        return {
            word: value.replace("#/$defs/", "#/components/schemas/") if word == "$ref" else _moved(value)
            for word, value in part.items()
        }
    return [_moved(item) for item in part] if isinstance(part, list) else part
