"""Evidence: the events that still count one by one, and the sums of those compacted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    pass


class StoredEvent(NamedTuple):
    """One accepted event, as far as rules can care: `kept` maps property paths to (cut) values."""

    id: str
    occurred_at_ms: int
    arrival_ms: int
    actor: str
    type: str
    properties: dict[str, Any]


class Packing(Protocol):
    """How pieces lie in bytes; the codec's. Pure."""

    def unpack(self, packed: bytes, count: int) -> list[StoredEvent]:
        """The pieces in `packed`, in the order in which they were packed."""

    def mark(self, event_id: str) -> bytes:
        """Bytes that are among the marks of packed pieces where one has this id; hardly ever else."""


@dataclass(slots=True)
class Evidence:
    """The single pieces: those read with the record stay packed until someone must see them, new ones are `fresh`.

    marks: a mark of each packed piece's id, so that an id that is not there is told without unpacking.
    """

    packed: bytes = b""
    packed_count: int = 0
    marks: bytes = b""
    packing: Packing | None = field(default=None, compare=False, repr=False)
    fresh: dict[str, StoredEvent] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many single pieces there are."""
        return self.packed_count + len(self.fresh)

    def may_hold(self, event_id: str) -> bool:
        """False only where no piece has this id."""
        if event_id in self.fresh:
            return True
        return self.packing is not None and self.packing.mark(event_id) in self.marks

    def events(self) -> list[StoredEvent]:
        """All pieces, in no order that means anything."""
        if self.packing is None or not self.packed_count:
            return list(self.fresh.values())
        return [*self.packing.unpack(self.packed, self.packed_count), *self.fresh.values()]

    def find(self, event_id: str) -> StoredEvent | None:
        """The piece of this id, or None."""
        event = self.fresh.get(event_id)
        if event is None and self.may_hold(event_id):
            event = next((stored for stored in self.events() if stored.id == event_id), None)
        return event

    def replace(self, events: Iterable[StoredEvent]) -> None:
        """Hold exactly these pieces from now on."""
        self.packed, self.packed_count, self.marks = b"", 0, b""
        self.fresh = {event.id: event for event in events}


@dataclass(slots=True)
class CompactedRule:
    """What one rule made of the evidence that is no longer held in single pieces.

    half_life_ms 0.0: `amount` is Σ points_e15; None: the matches are in `live`, as in Derived; else `amount` is
    Σ forward-decayed weights with the landmark `at_ms`. slots: limit keys, the oldest first.
    """

    count: int = 0
    amount: int = 0
    half_life_ms: float | None = 0.0
    at_ms: float = 0.0
    matches: list[tuple[int, int]] = field(default_factory=list)
    slots: bytes = b""


@dataclass(slots=True)
class Compacted:
    """Evidence that went into sums: by "score/rule", and the last human event of each type (for inactivity).

    newest_ms: newest occurred_at that was folded. by: key of a `by` score → value → the same for that value alone;
    there newest_ms is 0, and `lasts` has the types that the score's rules name, and under "" the last of any type.
    """

    newest_ms: int = 0
    rules: dict[str, CompactedRule] = field(default_factory=dict)
    last_ms: dict[str, int] = field(default_factory=dict)
    by_value: dict[str, dict[str, Compacted]] = field(default_factory=dict)
