"""What contacts tell each other when they are linked: the messages between owners of different partitions."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from streamprocessor.scoring.record.facts import Erased, Merged, ObjectionChanged, Unmerged
from streamprocessor.scoring.record.links import EvidenceSource, MergeClaim, Stamp


class ClaimTransfer(NamedTuple):
    """To a child: what was said of its link to this parent."""

    arrival_ms: int
    parent: str
    claim: MergeClaim


class EvidenceTransfer(NamedTuple):
    """To a parent: the whole evidence of this child and of all who are linked to it; the highest version holds.

    stamp: of the link. No sources: the child is linked to this parent no more.
    """

    arrival_ms: int
    child: str
    version: int
    stamp: Stamp
    sources: list[EvidenceSource]


class CutTransfer(NamedTuple):
    """To a child: its link to this parent closes a cycle and is the youngest in it, so it is cut."""

    arrival_ms: int
    parent: str
    stamp: Stamp


class ErasureTransfer(NamedTuple):
    """To all who are linked: the person was erased at this instant."""

    arrival_ms: int
    instant_ms: int


class ObjectionTransfer(NamedTuple):
    """To all who are linked: the last word on whether the person objects, as (word, occurred_at_ms, id)."""

    arrival_ms: int
    word: tuple[bool, int, str]


Transfer: TypeAlias = ClaimTransfer | EvidenceTransfer | CutTransfer | ErasureTransfer | ObjectionTransfer

LinkFact: TypeAlias = Merged | Unmerged | Erased | ObjectionChanged | Transfer
"""What changes a contact's bonds, not its evidence."""

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
