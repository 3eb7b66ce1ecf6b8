"""Writes of attributes, as records hold them: [value, occurred_at_ms, id], and the rank where it is no server's.

A name may be a path: `company.industry` is one field of the object `company`, and a write of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from streamprocessor.scoring.record.facts import BROWSER_RANK, SERVER_RANK, AttributesWritten

WriteOrder: TypeAlias = tuple[int, int, str]
"""(rank, occurred_at_ms, id): of two writes of an attribute the larger holds; of those that hold once, the earliest."""

_RANK_AT = 3


def write_of(value: Any, fact: AttributesWritten) -> list[Any]:
    """The write of one attribute by the fact; the rank that nearly all have takes no room."""
    write = [value, fact.occurred_at_ms, fact.id]
    return write if fact.rank == SERVER_RANK else [*write, fact.rank]


def rank_of(write: list[Any]) -> int:
    """SERVER_RANK, BROWSER_RANK, or one of those that hold once."""
    return write[_RANK_AT] if len(write) > _RANK_AT else SERVER_RANK


def write_order(rank: int, occurred_at_ms: int, id_: str) -> WriteOrder:
    """What decides which of two writes holds."""
    return (rank, occurred_at_ms, id_) if rank >= BROWSER_RANK else (rank, -occurred_at_ms, id_)


def order_of(write: list[Any]) -> WriteOrder:
    """What decides which of two stored writes holds."""
    return write_order(rank_of(write), write[1], write[2])


def value_at(attributes: Mapping[str, Any], path: str) -> Any:
    """The value that was written last to the path; None where it was deleted or never written.

    What is written to a path is written also where an object, or null, is written to what it begins with.
    """
    latest, keys = attributes.get(path), ""
    if "." in path:
        for outer_path, inner_keys in _outer_paths(path):
            outer = attributes.get(outer_path)
            if _is_later_outer(outer, latest):
                latest, keys = outer, inner_keys
    value = latest[0] if latest is not None else None
    if keys:
        for key in keys.split("."):
            value = value.get(key) if isinstance(value, dict) else None
    return _object_at(attributes, path, latest) if value is None else value


def present_values(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The values by name, without what was deleted, or written anew together with the object that it is in."""
    if not any("." in name for name in attributes):
        return {name: write[0] for name, write in attributes.items() if write[0] is not None}
    values, fields = dict[str, Any](), list[str]()
    for name, write in attributes.items():
        if not any(_is_later_outer(attributes.get(outer), write) for outer, _ in _outer_paths(name)):
            fields.append(name)
            if write[0] is not None:
                values[name] = write[0]
    for name in fields:  # an object is shown without what its fields say for themselves
        for outer, keys in _outer_paths(name):
            if isinstance(values.get(outer), dict):
                values[outer] = _without(values[outer], keys.split("."))
    return values


def is_needed_deletion(attributes: Mapping[str, Any], name: str) -> bool:
    """Whether a deleted attribute takes something away that would come back without it."""
    return any(outer in attributes for outer, _ in _outer_paths(name)) or any(
        other.startswith(name + ".") for other in attributes
    )


def _outer_paths(path: str) -> Iterator[tuple[str, str]]:
    """What the path begins with, each with the keys that lead from there to its end; the longest first."""
    at = path.rfind(".")
    while at > 0:
        yield path[:at], path[at + 1 :]
        at = path.rfind(".", 0, at)


def _is_later_outer(outer: Any, write: Any) -> bool:
    """Whether a write of what a path begins with replaces the path's own write; a text or a number leaves it."""
    if outer is None or not (outer[0] is None or isinstance(outer[0], dict)):
        return False
    return write is None or order_of(outer) > order_of(write)


def _object_at(attributes: Mapping[str, Any], path: str, latest: Any) -> Any:
    """The object of all fields that were written to the path; None where there are none."""
    beginning = path + "."
    fields = {
        name[len(beginning) :]: write[0]
        for name, write in attributes.items()
        if name.startswith(beginning) and write[0] is not None and not _is_later_outer(latest, write)
    }
    return fields or None


def _without(value: dict[str, Any], keys: list[str]) -> dict[str, Any]:
    """The object without what is found under the keys, one in the other."""
    key, *deeper = keys
    inner = value.get(key)
    if not deeper:
        return {each: item for each, item in value.items() if each != key}
    return value | {key: _without(inner, deeper)} if isinstance(inner, dict) else value
