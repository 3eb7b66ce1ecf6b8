"""What is kept of a contact: evidence, what is derived from it, and what was announced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from streamprocessor.scoring.bonds import Bonds


class Piece(NamedTuple):
    """One accepted event, as far as rules can care: `kept` maps property paths to (cut) values."""

    id: str
    occurred_at_ms: int
    arrival_ms: int
    actor: str
    type: str
    kept: dict[str, Any]


class Packing(Protocol):
    """How pieces lie in bytes; the codec's. Pure."""

    def unpack(self, packed: bytes, count: int) -> list[Piece]:
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
    fresh: dict[str, Piece] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many single pieces there are."""
        return self.packed_count + len(self.fresh)

    def may_hold(self, event_id: str) -> bool:
        """False only where no piece has this id."""
        if event_id in self.fresh:
            return True
        return self.packing is not None and self.packing.mark(event_id) in self.marks

    def pieces(self) -> list[Piece]:
        """All pieces, in no order that means anything."""
        if self.packing is None or not self.packed_count:
            return list(self.fresh.values())
        return [*self.packing.unpack(self.packed, self.packed_count), *self.fresh.values()]

    def find(self, event_id: str) -> Piece | None:
        """The piece of this id, or None."""
        found = self.fresh.get(event_id)
        if found is None and self.may_hold(event_id):
            found = next((piece for piece in self.pieces() if piece.id == event_id), None)
        return found

    def replace(self, pieces: Iterable[Piece]) -> None:
        """Hold exactly these pieces from now on."""
        self.packed, self.packed_count, self.marks = b"", 0, b""
        self.fresh = {piece.id: piece for piece in pieces}


@dataclass(slots=True)
class Derived:
    """What rules need to know of the evidence to be evaluated at any later instant: a pure function of its set.

    newest_ms: newest occurred_at of all accepted evidence, 0 where there is none; it fixes the landmarks of `sums`.
    first_ms: occurred_at of the contact's first event of any class; None: there is none.
    sums: rule number → Σ points_e15 (no decay, attributes) or Σ forward-decayed weights (half-life, see terms.py); the
    number of a score's `applies_when` is there while that holds.
    live: rule number → [(occurred_at_ms, amount)] in order; amounts are points_e15, counts or nano.
    lasts: inactivity rule number → occurred_at of the last event that it asks for.
    slots: for each match that holds a slot of a limited rule, its 8-byte key and its occurred_at in 8 bytes.
    traces: of clicks, unsubscribes and deliveries of messages, what tells scanners among them (see bursts.py).
    by: key of a `by` score → value → the same for that value alone; newest_ms and first_ms are the contact's.
    """

    newest_ms: int = 0
    first_ms: int | None = None
    sums: dict[int, int] = field(default_factory=dict)
    live: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    lasts: dict[int, int] = field(default_factory=dict)
    slots: bytes = b""
    traces: bytes = b""
    by: dict[str, dict[str, Derived]] = field(default_factory=dict)


@dataclass(slots=True)
class FoldedRule:
    """What one rule made of the evidence that is no longer held in single pieces.

    half_life_ms 0.0: `amount` is Σ points_e15; None: the matches are in `live`, as in Derived; else `amount` is
    Σ forward-decayed weights with the landmark `at_ms`. slots: limit keys, the oldest first.
    """

    count: int = 0
    amount: int = 0
    half_life_ms: float | None = 0.0
    at_ms: float = 0.0
    live: list[tuple[int, int]] = field(default_factory=list)
    slots: bytes = b""


@dataclass(slots=True)
class Folded:
    """Evidence that went into sums: by "score/rule", and the last human event of each type (for inactivity).

    newest_ms: newest occurred_at that was folded. by: key of a `by` score → value → the same for that value alone;
    there newest_ms is 0, and `lasts` has the types that the score's rules name, and under "" the last of any type.
    """

    newest_ms: int = 0
    rules: dict[str, FoldedRule] = field(default_factory=dict)
    lasts: dict[str, int] = field(default_factory=dict)
    by: dict[str, dict[str, Folded]] = field(default_factory=dict)


@dataclass(slots=True)
class Record:
    """One contact, decoded for one step; it belongs to that step and may be changed in place.

    revision: of the model that `derived` and `shown` belong to. sequence: number of the last announced step.
    at_ms: the record's clock, the instant of its last step or fact; it never goes back.
    offsets: input topic number → last applied offset (the worker's alone).
    attributes: name → [value, occurred_at_ms, id] of the last write; value None: deleted.
    suppressed: (value, occurred_at_ms, id) of the last word on it.
    shown: score name → (presented_nano, stage) as last announced; both None: null; a matrix has a stage alone.
    values: name of a `by` score → value → (presented_nano, stage) as last announced; None: null.
    episodes: hot-lead score → (number of the last episode, instant of the last announced one or None).
    holds_until_ms: no step by time comes before it; None: none comes at all.
    verdicts: event id → (occurred_at_ms, id, actor, arrival_ms) of the last verdict on it; one of the time -1 is what
    folding knew of who did it.
    folded: None where nothing was folded yet. fold_at_ms: folding is looked at again then; None: nothing to fold.
    bonds: links to other contacts, and what the person forbids; None: neither.
    """

    revision: int = 0
    sequence: int = 0
    at_ms: int = 0
    offsets: dict[int, int] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    suppressed: tuple[bool, int, str] = (False, 0, "")
    shown: dict[str, tuple[int | None, str | None]] = field(default_factory=dict)
    episodes: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    holds_until_ms: int | None = None
    verdicts: dict[str, tuple[int, str, str, int]] = field(default_factory=dict)
    folded: Folded | None = None
    fold_at_ms: int | None = None
    evidence: Evidence = field(default_factory=Evidence)
    derived: Derived = field(default_factory=Derived)
    bonds: Bonds | None = None
    values: dict[str, dict[str, tuple[int, str | None]] | None] = field(default_factory=dict)
