"""Traits, as sources tell of contacts and their companies, field by field: what one call leaves out stays as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def written_fields(traits: Mapping[str, Any]) -> dict[str, Any]:
    """The traits by name, and the fields of those that are objects by path; null deletes.

    >>> written_fields({"plan": "pro", "company": {"size": 80, "name": None}, "empty": {}})
    {'plan': 'pro', 'company.size': 80, 'company.name': None}
    """
    fields = dict[str, Any]()
    for name, value in traits.items():
        if isinstance(value, dict):
            fields |= {f"{name}.{field}": inner for field, inner in value.items()}
        else:
            fields[name] = value
    return fields
