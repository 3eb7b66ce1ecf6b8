"""What can be learned of a contact, as values: events and updates, decoded and checked."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

HUMAN, PROXY, SCANNER = "human", "proxy", "scanner"

BROWSER_RANK, SERVER_RANK = 0, 1
"""How far a statement is trusted: one that came with a browser's public key gives way to all others."""

BROWSER_ONCE_RANK, SERVER_ONCE_RANK = -2, -1
"""Of attributes written only where nobody wrote them: these give way to all others, the later to the earlier."""


class Event(NamedTuple):
    """Something a contact did.

    occurred_at_ms, arrival_ms: epoch milliseconds (UTC); the first is never after the second.
    properties, context: JSON objects as they came.
    actor: HUMAN, PROXY or SCANNER, as far as the event itself shows.
    """

    id: str
    type: str
    occurred_at_ms: int
    arrival_ms: int
    properties: dict[str, Any]
    context: dict[str, Any]
    actor: str = HUMAN


class AttributesWritten(NamedTuple):
    """Attributes of the contact were written; the last write by (rank, occurred_at, id) holds.

    attributes: name → JSON value; None deletes the attribute. `company.industry` is a field of the object `company`.
    rank: BROWSER_RANK or SERVER_RANK; BROWSER_ONCE_RANK or SERVER_ONCE_RANK, of which the first write holds.
    announces: whether the contact is announced as a hot lead where this makes it one.
    """

    id: str
    occurred_at_ms: int
    arrival_ms: int
    attributes: dict[str, Any]
    rank: int = SERVER_RANK
    announces: bool = True


class SuppressionChanged(NamedTuple):
    """The contact may, or may no longer, be announced as a hot lead. The last by (occurred_at, id) holds."""

    id: str
    occurred_at_ms: int
    arrival_ms: int
    suppressed: bool


class Verdict(NamedTuple):
    """Who did the event `event_id`, learned afterwards or before. The last by (occurred_at, id) holds.

    actor: HUMAN, PROXY or SCANNER.
    """

    id: str
    occurred_at_ms: int
    arrival_ms: int
    event_id: str
    actor: str


class RetainedEvent(NamedTuple):
    """An event that was taken long ago, read again from its input topic, for evidence to have of it what rules ask now.

    arrival_ms: of the message that brings it, not of the event.
    topic_number, partition, offset: where it lies.
    """

    id: str
    occurred_at_ms: int
    arrival_ms: int
    event: Event
    topic_number: int
    partition: int
    offset: int


Fact: TypeAlias = Event | AttributesWritten | SuppressionChanged | Verdict | RetainedEvent


class Merged(NamedTuple):
    """The evidence of the contact `source` joins this one's.

    identified: whether an identify brought it, not a merge.
    rank: BROWSER_RANK or SERVER_RANK.
    implied: whether it follows from attributes that were written, and is no record of its own.
    """

    id: str
    occurred_at_ms: int
    arrival_ms: int
    source: str
    identified: bool = False
    rank: int = SERVER_RANK
    implied: bool = False


class Unmerged(NamedTuple):
    """The contact `source` is one of its own again. Of a pair the last merge or unmerge by (occurred_at, id) holds."""

    id: str
    occurred_at_ms: int
    arrival_ms: int
    source: str


class Erased(NamedTuple):
    """The person is to be erased: all that is known up to the arrival of this."""

    id: str
    occurred_at_ms: int
    arrival_ms: int


class ObjectionChanged(NamedTuple):
    """The person objects to profiling, or does so no more. The last by (occurred_at, id) holds."""

    id: str
    occurred_at_ms: int
    arrival_ms: int
    objected: bool


InputFact: TypeAlias = Fact | Merged | Unmerged | Erased | ObjectionChanged
"""What may stand on an input topic; what linked contacts send each other is in transfers.py."""
