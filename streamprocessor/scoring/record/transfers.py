"""What linked contacts send each other: the messages between owners of different partitions."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from streamprocessor.scoring.record.facts import Erased, Fact, Merged, ObjectionChanged, Unmerged
from streamprocessor.scoring.record.links import EvidenceSource, MergeClaim, Stamp
from streamprocessor.scoring.record.record import Record


class ClaimTransfer(NamedTuple):
    """What is known of the link from the receiving child to this parent."""

    arrival_ms: int
    parent: str
    claim: MergeClaim


class EvidenceTransfer(NamedTuple):
    """The whole evidence of a child and of all who are linked to it, for its parent; the highest version holds.

    stamp: of the link.
    sources: empty: the child is linked to this parent no more.
    """

    arrival_ms: int
    child: str
    version: int
    stamp: Stamp
    sources: list[EvidenceSource]


class CutTransfer(NamedTuple):
    """The receiving child's link to this parent closes a cycle and is the youngest in it, so it is cut."""

    arrival_ms: int
    parent: str
    stamp: Stamp


class ErasureTransfer(NamedTuple):
    """The person was erased at this instant; it goes to all who are linked.

    sender: the contact that sends it; "": it was sent before that was said.
    """

    arrival_ms: int
    instant_ms: int
    sender: str = ""


class ObjectionTransfer(NamedTuple):
    """Whether the person objects to profiling; it goes to all who are linked.

    word: (whether she objects, occurred_at_ms, id) of the last fact on it.
    sender: the contact that sends it; "": it was sent before that was said.
    """

    arrival_ms: int
    word: tuple[bool, int, str]
    sender: str = ""


class RivalsTransfer(NamedTuple):
    """Whom the receiving contact shares an address with: known contacts that all claim it; the highest version holds.

    address: the contact of that address.
    rivals: empty: there is none any more.
    """

    arrival_ms: int
    address: str
    version: int
    rivals: tuple[str, ...]


class SecondRecord(NamedTuple):
    """What another partition kept of the receiving contact, which does not belong there.

    partition: the number of that partition.
    """

    arrival_ms: int
    partition: int
    record: Record


Transfer: TypeAlias = (
    ClaimTransfer | EvidenceTransfer | CutTransfer | ErasureTransfer | ObjectionTransfer | RivalsTransfer
)

LinkFact: TypeAlias = Merged | Unmerged | Erased | ObjectionChanged | Transfer
"""What changes a contact's links, not its evidence."""

Received: TypeAlias = Fact | LinkFact | SecondRecord
"""What the partition of a contact may receive of it."""

LINK_FACTS = (
    Merged,
    Unmerged,
    Erased,
    ObjectionChanged,
    ClaimTransfer,
    EvidenceTransfer,
    CutTransfer,
    ErasureTransfer,
    ObjectionTransfer,
    RivalsTransfer,
    SecondRecord,
)


class OutgoingTransfer(NamedTuple):
    """A message to the owner of another contact."""

    to: str
    transfer: Transfer


class RefusedFact(NamedTuple):
    """A fact that could not be followed, with a reason code and a sentence."""

    fact: LinkFact
    reason: str
    detail: str
