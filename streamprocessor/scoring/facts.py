"""What can be learned of a contact, as values: events and updates, decoded and checked."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

HUMAN, PROXY, SCANNER = "human", "proxy", "scanner"


class Event(NamedTuple):
    """Something a contact did. Times are epoch milliseconds (UTC); occurred_at_ms is never after arrival_ms."""

    id: str
    type: str
    occurred_at_ms: int
    arrival_ms: int
    properties: dict[str, Any]
    context: dict[str, Any]
    actor: str = HUMAN


class AttributesWritten(NamedTuple):
    """Attributes of the contact were written; null deletes one. The last write by (occurred_at, id) holds."""

    id: str
    occurred_at_ms: int
    arrival_ms: int
    attributes: dict[str, Any]


class SuppressionChanged(NamedTuple):
    """The contact may, or may no longer, be announced as a hot lead. The last by (occurred_at, id) holds."""

    id: str
    occurred_at_ms: int
    arrival_ms: int
    suppressed: bool


class Verdict(NamedTuple):
    """Who did the event `event_id`, said afterwards or before. The last by (occurred_at, id) holds."""

    id: str
    occurred_at_ms: int
    arrival_ms: int
    event_id: str
    actor: str


class Merged(NamedTuple):
    """The evidence of the id `source` joins that of the contact; identified: said by an `identify`, not a `merge`."""

    id: str
    occurred_at_ms: int
    arrival_ms: int
    source: str
    identified: bool


class Unmerged(NamedTuple):
    """The evidence of the id `source` leaves the contact again."""

    id: str
    occurred_at_ms: int
    arrival_ms: int
    source: str


class Erased(NamedTuple):
    """All of the person goes that occurred up to arrival_ms."""

    id: str
    occurred_at_ms: int
    arrival_ms: int


class ObjectionChanged(NamedTuple):
    """The person objects, or no longer objects, to being scored. The last by (occurred_at, id) holds."""

    id: str
    occurred_at_ms: int
    arrival_ms: int
    objected: bool


Fact: TypeAlias = (
    Event | AttributesWritten | SuppressionChanged | Verdict | Merged | Unmerged | Erased | ObjectionChanged
)
