"""What is stored of a contact: evidence, what is derived from it, and what was announced."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from streamprocessor.scoring.record.evidence import Compacted, Evidence
from streamprocessor.scoring.record.suppression import UNSAID, SuppressionWord

if TYPE_CHECKING:
    from streamprocessor.scoring.record.links import IdentityLinks


@dataclass(slots=True)
class Derived:
    """What rules need to know of the evidence to be evaluated at any later instant: a pure function of its set.

    newest_ms: newest occurred_at of all accepted evidence, 0 where there is none; it fixes the landmarks of `sums`.
    first_ms: occurred_at of the contact's first event of any class; None: there is none.
    sums: rule number → Σ points_e15 (no decay, attributes) or Σ forward-decayed weights (half-life, see terms.py); the
    number of a score's `applies_when` is there while that holds.
    matches: rule number → [(occurred_at_ms, amount)] in order; amounts are points_e15, counts or nano.
    last_ms: inactivity rule number → occurred_at of the last event that it asks for.
    slots: for each match that holds a slot of a limited rule, its 8-byte key and its occurred_at in 8 bytes.
    traces: of clicks, unsubscribes and deliveries of messages, what shows scanners among them (see scanners.py).
    by_value: key of a per-value score → value → the same for it alone; newest_ms and first_ms are the contact's.
    suppression: the last word of the stored events on whether the contact is suppressed.
    """

    newest_ms: int = 0
    first_ms: int | None = None
    sums: dict[int, int] = field(default_factory=dict)
    matches: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    last_ms: dict[int, int] = field(default_factory=dict)
    slots: bytes = b""
    traces: bytes = b""
    by_value: dict[str, dict[str, Derived]] = field(default_factory=dict)
    suppression: SuppressionWord = UNSAID


@dataclass(slots=True)
class Record:
    """One contact, decoded for one micro-batch; it belongs to that micro-batch and may be changed in place.

    revision: of the model that `derived` and `shown` belong to.
    sequence: number of the last announced step.
    at_ms: the record's clock, the instant of its last step or fact; it never goes back.
    offsets: input topic number → last applied offset (the worker's alone); of records that lay in another partition
    `number_elsewhere` → the same there; of those that were read again `number_retained` → the same.
    attributes: name → the last write, as attribute_writes.py has it; value None: deleted.
    suppressed: the last word on it of explicit updates and of compacted events.
    shown: score name → (presented_nano, stage) as last announced; both None: null; a matrix has a stage alone.
    episodes: hot-lead score → (number of the last episode, instant of the last announced one or None).
    holds_until_ms: no step by time comes before it; None: none comes at all.
    verdicts: event id → (occurred_at_ms, id, actor, arrival_ms) of the last verdict on it; one of the time -1 is what
    compaction knew of who did it.
    compacted: evidence that went into sums; None: none did yet.
    compact_at_ms: compaction looks at the record again then; None: there is nothing to compact.
    evidence: the events that are stored one by one.
    links: links to other contacts, and what the person forbids; None: neither.
    values: name of a per-value score → value → (presented_nano, stage) as last announced; None: null.
    """

    revision: int = 0
    sequence: int = 0
    at_ms: int = 0
    offsets: dict[int, int] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    suppressed: SuppressionWord = UNSAID
    shown: dict[str, tuple[int | None, str | None]] = field(default_factory=dict)
    episodes: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    holds_until_ms: int | None = None
    verdicts: dict[str, tuple[int, str, str, int]] = field(default_factory=dict)
    compacted: Compacted | None = None
    compact_at_ms: int | None = None
    evidence: Evidence = field(default_factory=Evidence)
    derived: Derived = field(default_factory=Derived)
    links: IdentityLinks | None = None
    values: dict[str, dict[str, tuple[int, str | None]] | None] = field(default_factory=dict)


def number_elsewhere(topic_number: int, partition: int) -> int:
    """The number under which `offsets` has a topic's records that lay in a partition where the contact does not belong.

    >>> number_elsewhere(5, 0), number_elsewhere(5, 1)
    (65541, 131077)
    """
    return (partition + 1) << 16 | topic_number


def number_retained(topic_number: int, partition: int, since_ms: int) -> int:
    """The number under which `offsets` has the records of a topic's partition that were read again.

    since_ms: the arrival from which on evidence stored such events anyway: other types may be read again later.

    >>> number_retained(5, 1, 3_000), is_number_retained(number_retained(5, 1, 0)), is_number_retained(131077)
    (17180000261, True, False)
    """
    return (since_ms // 1_000 + 1) << 32 | number_elsewhere(topic_number, partition)


def is_number_retained(number: int) -> bool:
    """Whether it is one that number_retained has made."""
    return number >> 32 > 0


def topic_number_of(number: int) -> int:
    """The topic's number, of one under which `offsets` has its records, in whichever partition they lay.

    >>> topic_number_of(5), topic_number_of(131077), topic_number_of(17180000261)
    (5, 5, 5)
    """
    return number & 0xFFFF
