"""Evidence: the events that still count one by one, and the sums of those compacted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

KEPT_AGAIN = "!kept"
"""Stands among the paths of a stored event that was read again: the arrival from which on as much is stored of all."""


class StoredEvent(NamedTuple):
    """One accepted event, as far as rules can care.

    occurred_at_ms, arrival_ms: epoch milliseconds; the first is never after the second.
    actor: HUMAN, PROXY or SCANNER, as the event itself says.
    properties: property path → value, over-long ones cut; of the paths that rules read alone.
    """

    id: str
    occurred_at_ms: int
    arrival_ms: int
    actor: str
    type: str
    properties: dict[str, Any]


def kept_as_of_ms(event: StoredEvent) -> int:
    """The arrival of events of which evidence stores as much as of this one: its own, if it was not read again."""
    again_ms: int = event.properties.get(KEPT_AGAIN, 0)
    return max(event.arrival_ms, again_ms)


class Packing(Protocol):
    """How stored events lie in bytes. The codec's implementation is pure."""

    def unpack(self, packed: bytes, count: int) -> list[StoredEvent]:
        """The events in `packed`, in the order in which they were packed."""

    def mark(self, event_id: str) -> bytes:
        """Bytes that are among the marks of packed events where one has this id; hardly ever else."""


@dataclass(slots=True)
class Evidence:
    """The events that are stored one by one: those read with the record stay packed until they are looked at.

    packed: those read with the record, in the codec's bytes; packed_count: how many they are.
    marks: a mark of each packed event's id, so that an id that is not there is known without unpacking.
    packing: how they are unpacked; None: nothing is packed.
    fresh: id → event, of those that came since the record was read.
    """

    packed: bytes = b""
    packed_count: int = 0
    marks: bytes = b""
    packing: Packing | None = field(default=None, compare=False, repr=False)
    fresh: dict[str, StoredEvent] = field(default_factory=dict)

    def __len__(self) -> int:
        """The number of stored events."""
        return self.packed_count + len(self.fresh)

    def may_hold(self, event_id: str) -> bool:
        """Whether an event may have this id; False only where none has."""
        if event_id in self.fresh:
            return True
        return self.packing is not None and self.packing.mark(event_id) in self.marks

    def events(self) -> list[StoredEvent]:
        """All stored events, in no order that means anything."""
        if self.packing is None or not self.packed_count:
            return list(self.fresh.values())
        return [*self.packing.unpack(self.packed, self.packed_count), *self.fresh.values()]

    def find(self, event_id: str) -> StoredEvent | None:
        """The stored event of this id; None: there is none."""
        event = self.fresh.get(event_id)
        if event is None and self.may_hold(event_id):
            event = next((stored for stored in self.events() if stored.id == event_id), None)
        return event

    def replace(self, events: Iterable[StoredEvent]) -> None:
        """Hold exactly these events from now on."""
        self.packed, self.packed_count, self.marks = b"", 0, b""
        self.fresh = {event.id: event for event in events}


@dataclass(slots=True)
class CompactedRule:
    """What one rule made of the evidence that is not stored event by event any more.

    count: how many matches it was.
    amount: of half_life_ms 0.0 Σ points_e15; of any other Σ forward-decayed weights with the landmark at_ms.
    half_life_ms: None: the matches can't be summed up and are in `matches`.
    at_ms: the landmark of the weights; 0.0 where there are none.
    matches: (occurred_at_ms, amount) in order, as in Derived.
    slots: limit keys of 8 bytes each, the oldest first.
    """

    count: int = 0
    amount: int = 0
    half_life_ms: float | None = 0.0
    at_ms: float = 0.0
    matches: list[tuple[int, int]] = field(default_factory=list)
    slots: bytes = b""


@dataclass(slots=True)
class Compacted:
    """Evidence that went into sums.

    newest_ms: the newest occurred_at among it; 0 within `by_value`.
    rules: "score/rule" → what the rule made of it.
    last_ms: event type → occurred_at of the last human event of it, for inactivity; within `by_value` of the types that
    the score's rules name alone, and under "" of any type.
    by_value: key of a per-value score → value → the same for that value alone.
    """

    newest_ms: int = 0
    rules: dict[str, CompactedRule] = field(default_factory=dict)
    last_ms: dict[str, int] = field(default_factory=dict)
    by_value: dict[str, dict[str, Compacted]] = field(default_factory=dict)
