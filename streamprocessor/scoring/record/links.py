"""How contacts are linked: who is claimed by whom, whose evidence counts here, and what a person has forbidden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from streamprocessor.scoring.record.evidence import Compacted, Evidence
from streamprocessor.scoring.record.facts import BROWSER_RANK, Merged, Unmerged
from streamprocessor.scoring.record.suppression import UNSAID, SuppressionWord

Stamp = tuple[int, str]
"""(occurred_at_ms, id) of a fact: what decides which of two came first."""

NEVER: Stamp = (-1, "")

ANONYMOUS, ADDRESS_ALONE = 0, 1
"""How well those are known who are known least; see identity_strength."""

_RANKS = {"anon": ANONYMOUS, "email": ADDRESS_ALONE}


class MergeClaim(NamedTuple):
    """The state of all merges and unmerges of one pair, child → parent, in whichever order they came.

    first: the first merge after the last unmerge, as far as it is known; NEVER: there is none.
    last: the last merge after the last unmerge; NEVER: there is none.
    parted: the last unmerge; NEVER: there was none.
    browser_first, browser_last: likewise, of those of BROWSER_RANK, which are not among `first` and `last`.
    """

    first: Stamp = NEVER
    last: Stamp = NEVER
    parted: Stamp = NEVER
    browser_first: Stamp = NEVER
    browser_last: Stamp = NEVER

    @property
    def is_live(self) -> bool:
        """Whether the last fact of the pair is a merge."""
        return self.last > self.parted or self.browser_last > self.parted

    @property
    def is_by_browser(self) -> bool:
        """Whether browsers alone say so: any other claim of a parent as well known holds against it."""
        return self.last <= self.parted

    @property
    def stamp(self) -> Stamp:
        """The first merge that is in force; it decides between rival claims."""
        if self.is_by_browser and self.browser_last > self.parted:
            return self.browser_first if self.browser_first > self.parted else self.browser_last
        return self.first if self.first > self.parted else self.last

    def parted_now(self) -> MergeClaim:
        """The state as if the pair had been parted at once after its last merge."""
        return self._replace(parted=max(self.parted, self.last, self.browser_last))

    def united(self, other: MergeClaim) -> MergeClaim:
        """The state after the facts of both, whichever came first.

        >>> MergeClaim(first=(5, "b"), last=(5, "b")).united(MergeClaim(first=(3, "a"), last=(3, "a")))
        MergeClaim(first=(3, 'a'), last=(5, 'b'), parted=(-1, ''), browser_first=(-1, ''), browser_last=(-1, ''))
        """
        parted = max(self.parted, other.parted)
        return MergeClaim(
            _first_after(parted, (*self[:2], *other[:2])),
            max(self.last, other.last),
            parted,
            _first_after(parted, (*self[3:], *other[3:])),
            max(self.browser_last, other.browser_last),
        )


def claim_of(fact: Merged | Unmerged) -> MergeClaim:
    """What one fact alone says of a pair."""
    stamp = (fact.occurred_at_ms, fact.id)
    if isinstance(fact, Unmerged):
        return MergeClaim(parted=stamp)
    if fact.rank == BROWSER_RANK:
        return MergeClaim(browser_first=stamp, browser_last=stamp)
    return MergeClaim(stamp, stamp)


def _first_after(parted: Stamp, stamps: Iterable[Stamp]) -> Stamp:
    return min((stamp for stamp in stamps if stamp > parted), default=NEVER)


@dataclass(slots=True)
class EvidenceSource:
    """The evidence of one contact as it was sent to its parent. Fields that are not named here are as in Record.

    into, stamp: the parent that it is linked to, and the stamp of that link.
    first_ms: occurred_at of its first event of any class; None: there is none.
    """

    id: str
    into: str
    stamp: Stamp
    first_ms: int | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    suppressed: SuppressionWord = UNSAID
    verdicts: dict[str, tuple[int, str, str, int]] = field(default_factory=dict)
    compacted: Compacted | None = None
    evidence: Evidence = field(default_factory=Evidence)


class ChildEvidence(NamedTuple):
    """What a child sent last: its own evidence and that of all who are linked to it.

    version: rises with each that the child sends.
    sources: empty: the child has left.
    """

    version: int
    sources: list[EvidenceSource]


class Rivals(NamedTuple):
    """Who else claims an address, as its contact said last.

    version: rises with each word of the address's contact.
    contacts: empty: nobody any more.
    """

    version: int
    contacts: tuple[str, ...]


@dataclass(slots=True)
class IdentityLinks:
    """What a record knows besides its own evidence. Most contacts have none.

    erased_at_ms: the contact was erased then, and facts up to it are dropped; 0: never.
    objected: (whether the person objects to profiling, occurred_at_ms, id) of the last fact on it.
    claims_on_self: parent → its claim on this contact.
    claims_on_children: child → this contact's claim on it.
    parent: (parent, stamp) of the claim that holds; None: the contact stands for itself.
    version: of the evidence that was sent to a parent last.
    is_hidden: whether nothing is shown of the contact.
    first_ms: occurred_at of the contact's own first event, while it has children; None: there is none.
    children: child → the evidence that it sent last.
    rivals: address's contact that this one claims → who else does.
    """

    erased_at_ms: int = 0
    objected: tuple[bool, int, str] = (False, 0, "")
    claims_on_self: dict[str, MergeClaim] = field(default_factory=dict)
    claims_on_children: dict[str, MergeClaim] = field(default_factory=dict)
    parent: tuple[str, Stamp] | None = None
    version: int = 0
    is_hidden: bool = False
    first_ms: int | None = None
    children: dict[str, ChildEvidence] = field(default_factory=dict)
    rivals: dict[str, Rivals] = field(default_factory=dict)

    def sources(self) -> list[EvidenceSource]:
        """All evidence that came from others."""
        return [source for child in self.children.values() for source in child.sources]

    def linked_contacts(self) -> set[str]:
        """All contacts that this one is linked to, or claims."""
        others = {child for child, claim in self.claims_on_children.items() if claim.is_live}
        others |= {child for child, evidence in self.children.items() if evidence.sources}
        return others | ({self.parent[0]} if self.parent is not None else set())

    def strongest_claim(self) -> tuple[str, Stamp] | None:
        """(parent, stamp) of the live claim that holds; None: none.

        That of the best known parent holds, among equals one that not browsers alone make, among these the first.
        """
        live = [
            (-identity_strength(parent), claim.is_by_browser, claim.stamp, parent)
            for parent, claim in self.claims_on_self.items()
            if claim.is_live
        ]
        if not live:
            return None
        *_, stamp, parent = min(live)
        return parent, stamp


def identity_strength(contact: str) -> int:
    """How well a contact is known by its id: an anonymous visitor 0, a mail address alone 1, all others 2.

    >>> [identity_strength(contact) for contact in ("anon:7f3a", "email:0c9d", "crm:42", "anna")]
    [0, 1, 2, 2]
    """
    return _RANKS.get(contact.partition(":")[0], 2) if ":" in contact else 2


def youngest_link_of_cycle(
    contact: str, linked: tuple[str, Stamp], edges: Mapping[str, tuple[str, Stamp]]
) -> tuple[str, str] | None:
    """(child, parent) of the link with the largest stamp in the cycle that begins at this contact; None: no cycle.

    edges: child → (parent, stamp) of the other contacts.
    """
    ring = [(linked[1], contact, linked[0])]
    at = linked[0]
    while at != contact:
        edge = edges.get(at)
        if edge is None or len(ring) > len(edges):
            return None
        ring.append((edge[1], at, edge[0]))
        at = edge[0]
    _, child, parent = max(ring)
    return child, parent
