"""What is stored of an event or of attributes: just the values at the paths that rules mention."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from streamprocessor.scoring.canonical import LONGEST, canonical, cut, cut_to
from streamprocessor.scoring.model.conditions import ABSENT
from streamprocessor.scoring.record.attribute_writes import value_at
from streamprocessor.scoring.record.evidence import StoredEvent

WHOLE = ""
"""Stands among the paths of a type for the event itself."""

EXCLUDED_FROM = "!"
"""Begins a name beside the paths of a stored event: the key of a per-value score for which it counts no more."""

LONGEST_NAME = 128


class FieldPath(NamedTuple):
    """A path into an event, taken apart.

    path: as rules spell it.
    in_context: whether it leads into the event's context, not its properties.
    key: the first key there.
    deeper: the keys below it.
    """

    path: str
    in_context: bool
    key: str
    deeper: tuple[str, ...]


def field_paths(paths: Iterable[str]) -> tuple[FieldPath, ...]:
    """The paths that lead into an event's properties or context, each once, in a fixed order."""
    fields = []
    for path in sorted(set(paths)):
        section, *keys = path.split(".")
        if section in ("properties", "context") and keys:
            fields.append(FieldPath(path, section == "context", keys[0], tuple(keys[1:])))
    return tuple(fields)


def project(properties: Mapping[str, Any], context: Mapping[str, Any], paths: Iterable[FieldPath]) -> dict[str, Any]:
    """The event's values by path; over-long ones cut, absent ones left out."""
    values = {}
    for path, in_context, key, deeper in paths:
        value = (context if in_context else properties).get(key, ABSENT)
        if deeper:
            value = _walk(value, deeper)
        if value is not ABSENT:
            values[path] = value if type(value) is str and len(value) <= LONGEST else cut(value)
    return values


def coverage_start_ms(covered_since_ms: Mapping[str, Mapping[str, int]], type_: str, paths: Iterable[str]) -> int:
    """The arrival from which on evidence of this type has stored itself and all the paths; 0: always."""
    since = covered_since_ms.get(type_)
    return 0 if since is None else max(since.get(path, 0) for path in (WHOLE, *paths))


def attribute_values(attributes: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """The values of written (and not deleted) attributes at the paths: a whole name, or a walk through objects."""
    if "." in "".join(attributes):  # some attribute is a field: said for all names at once, which is quicker
        found = ((path, value_at(attributes, path)) for path in paths)
        return {path: value for path, value in found if value is not None}
    values = {}
    for path in paths:
        written = attributes.get(path)
        value = written[0] if written is not None else None
        if written is None and "." in path:
            name, *deeper = path.split(".")
            outer = attributes.get(name)
            value = _walk(outer[0], deeper) if outer is not None else None
        if value is not None and value is not ABSENT:
            values[path] = value
    return values


def precedes(new: StoredEvent, known: StoredEvent) -> bool:
    """Whether, of two events with one id, the new one is the smaller by (occurred_at, canonical content)."""
    if new.occurred_at_ms != known.occurred_at_ms:
        return new.occurred_at_ms < known.occurred_at_ms
    properties = {path: value for path, value in known.properties.items() if not path.startswith(EXCLUDED_FROM)}
    return canonical([new.type, new.actor, new.properties]) < canonical([known.type, known.actor, properties])


def value_name(value: Any) -> str:
    """The name of a per-value score's value: a text as it is, all else as canonical JSON; over-long ones cut.

    >>> value_name("crm"), value_name(1.0), value_name(True)
    ('crm', '1', 'true')
    """
    return cut_to(value if isinstance(value, str) else canonical(value), LONGEST_NAME)


def _walk(value: Any, keys: Iterable[str]) -> Any:
    for key in keys:
        if not isinstance(value, dict):
            return ABSENT
        value = value.get(key, ABSENT)
    return value
