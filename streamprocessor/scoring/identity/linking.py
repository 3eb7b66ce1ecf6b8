"""Who belongs to whom: merges, claims of rivals, cycles, erasures and objections, each followed on one record.

A contact has at most one parent: of the live claims that of the best known one holds, among equals the first. It sends
its whole evidence to it, at each change anew; so a parent holds one part a child, and replaces it. Messages may come
twice and late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from streamprocessor.scoring.identity.erasure import wipe
from streamprocessor.scoring.identity.forwarding import after_erasure, next_version
from streamprocessor.scoring.record.facts import Erased, Merged, ObjectionChanged, Unmerged
from streamprocessor.scoring.record.links import (
    ChildEvidence,
    IdentityLinks,
    MergeClaim,
    Stamp,
    identity_strength,
    youngest_link_of_cycle,
)
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.record.transfers import (
    ClaimTransfer,
    CutTransfer,
    ErasureTransfer,
    EvidenceTransfer,
    LinkFact,
    ObjectionTransfer,
    OutgoingTransfer,
    RefusedFact,
    Transfer,
)

MERGE_WITH_ITSELF, ALREADY_MERGED, MERGE_CYCLE, TOO_MANY_SOURCES = (
    "merge-with-itself",
    "already-merged",
    "merge-cycle",
    "too-many-sources",
)
MOST_CLAIMS = 16
MOST_CHILDREN = 256


@dataclass(slots=True)
class Linking:
    """What link facts did: messages to others, facts that could not be followed, what has to be looked at again.

    known: how many of the facts said nothing new. is_changed: the bonds are others. has_new_evidence: parts came or
    went. erased_ms: the person was erased then. news_age_ms: how long after it had occurred the freshest event of the
    joined evidence arrived (of the link itself where it has none any more); None: no evidence came. joined_ids: of
    the events that came with it. is_forwarded: they came to an old id, after the link was made.
    """

    sends: list[OutgoingTransfer] = field(default_factory=list)
    refused: list[RefusedFact] = field(default_factory=list)
    known: int = 0
    is_changed: bool = False
    has_new_evidence: bool = False
    erased_ms: int | None = None
    news_age_ms: int | None = None
    joined_ids: set[str] = field(default_factory=set)
    is_forwarded: bool = False


def link(contact: str, record: Record, facts: Sequence[LinkFact]) -> Linking:
    """Follow the facts on the record's bonds; a wiped record is as one of a contact of whom nothing was ever known."""
    linker = _Linker(contact, record)
    for fact in facts:
        before = len(linker.done.refused)
        if not linker.follow(fact) and len(linker.done.refused) == before:
            linker.done.known += 1
    linker.relink()
    return linker.done


class _Linker:
    """Follows facts on one record. Each method answers whether the fact said anything new."""

    def __init__(self, contact: str, record: Record) -> None:
        self.done = Linking()
        self._contact, self._record = contact, record
        if record.links is None:
            record.links = IdentityLinks()
        self._bonds = record.links
        self._linking_facts: dict[str, LinkFact] = {}

    def follow(self, fact: LinkFact) -> bool:
        if isinstance(fact, Merged | Unmerged):
            return self._said(fact)
        if isinstance(fact, ClaimTransfer):
            return self._claimed(fact.parent, fact.claim, fact)
        if isinstance(fact, EvidenceTransfer):
            return self._received(fact)
        if isinstance(fact, CutTransfer):
            return self._cut(fact.parent, fact)
        if isinstance(fact, Erased):
            return self._erase(fact.arrival_ms)
        if isinstance(fact, ErasureTransfer):
            return self._erase(fact.instant_ms)
        word = (fact.objected, fact.occurred_at_ms, fact.id) if isinstance(fact, ObjectionChanged) else fact.word
        return self._object(word)

    def _said(self, fact: Merged | Unmerged) -> bool:
        """A merge or unmerge with `source`: told to the child; the better known of the two is the parent."""
        stamp = (fact.occurred_at_ms, fact.id)
        claim = MergeClaim(stamp, stamp) if isinstance(fact, Merged) else MergeClaim(parted=stamp)
        if fact.source == self._contact:
            self._refuse(fact, MERGE_WITH_ITSELF, f"{self._word(fact)}: wanted another contact; got the same one")
            return False
        if identity_strength(fact.source) > identity_strength(self._contact):
            return self._claimed(fact.source, claim, fact)
        wants = self._bonds.claims_on_children
        before = wants.get(fact.source, MergeClaim())
        after = before.united(claim)
        if after == before:
            return False
        if fact.source not in wants and len(wants) >= MOST_CHILDREN:
            detail = f"{self._word(fact)}: wanted at most {MOST_CHILDREN} merged contacts; got one more"
            self._refuse(fact, TOO_MANY_SOURCES, detail)
            return False
        wants[fact.source] = after
        self.done.is_changed = True
        # Told even where it says the same here: the child may know of an unmerge that was addressed to it.
        self._tell(fact.source, ClaimTransfer(0, self._contact, after))
        if not after.is_live:
            self._let_go(fact.source, after.parted)
        return True

    def _claimed(self, parent: str, claim: MergeClaim, fact: LinkFact) -> bool:
        """A parent's claim on this contact."""
        claims = self._bonds.claims_on_self
        before = claims.get(parent, MergeClaim())
        after = before.united(claim)
        if after == before:
            return False
        claims[parent] = after
        if (before.is_live, before.stamp) != (after.is_live, after.stamp):
            self.done.is_changed = True
        self._linking_facts[parent] = fact
        if len(claims) > MOST_CLAIMS:
            del claims[max(claims, key=lambda name: (not claims[name].is_live, claims[name].stamp))]
        return True

    def _received(self, fact: EvidenceTransfer) -> bool:
        """A child's evidence: the newest version replaces what was held of it."""
        bonds, child = self._bonds, fact.child
        held = bonds.children.get(child)
        if held is not None and fact.version <= held.version:
            return False
        if not fact.sources:
            bonds.children[child] = ChildEvidence(fact.version, [])
            self._evidence_changed(held is not None and bool(held.sources))
            return True
        wanted = bonds.claims_on_children.get(child)
        if wanted is not None and not wanted.is_live and wanted.parted > fact.stamp:
            self._tell(child, ClaimTransfer(0, self._contact, wanted))
            return False
        if bonds.objected[0]:
            self._tell(child, ObjectionTransfer(0, bonds.objected))
            return False
        if self._closes_cycle(fact):
            return False
        if held is None and len(bonds.children) >= MOST_CHILDREN:
            self._refuse(fact, TOO_MANY_SOURCES, f"wanted at most {MOST_CHILDREN} merged contacts; got one more")
            return False
        if not bonds.children:
            bonds.first_ms = self._record.derived.first_ms
        sources = [after_erasure(bonds.erased_at_ms, source) for source in fact.sources if source.id != self._contact]
        bonds.children[child] = ChildEvidence(fact.version, sources)
        self._evidence_changed(True)
        known = set() if held is None else {p.id for source in held.sources for p in source.evidence.events()}
        pieces = [p for source in sources for p in source.evidence.events() if p.id not in known]
        self.done.joined_ids.update(piece.id for piece in pieces)
        self.done.is_forwarded = self.done.is_forwarded or (bool(known) and bool(pieces))
        ages_ms = [piece.arrival_ms - piece.occurred_at_ms for piece in pieces]
        age_ms = min(ages_ms, default=max(0, fact.arrival_ms - fact.stamp[0]))
        self.done.news_age_ms = age_ms if self.done.news_age_ms is None else min(self.done.news_age_ms, age_ms)
        return True

    def _closes_cycle(self, fact: EvidenceTransfer) -> bool:
        """Whether the evidence has come back to where it began; then the youngest link of the ring is cut."""
        linked = self._bonds.strongest_claim()
        edges = {source.id: (source.into, source.stamp) for source in fact.sources}
        if linked is None or self._contact not in edges:
            return False
        cut = youngest_link_of_cycle(self._contact, linked, {**edges, fact.child: (self._contact, fact.stamp)})
        if cut is None:
            return False
        child, parent = cut
        if child == self._contact:
            self._cut(parent, fact)
        else:
            stamp = fact.stamp if child == fact.child else edges[child][1]
            self._tell(child, CutTransfer(0, parent, stamp))
        return True

    def _cut(self, parent: str, fact: CutTransfer | EvidenceTransfer) -> bool:
        claim = self._bonds.claims_on_self.get(parent)
        if claim is None or not claim.is_live or (isinstance(fact, CutTransfer) and claim.stamp != fact.stamp):
            return False
        self._bonds.claims_on_self[parent] = claim._replace(parted=claim.last)
        self.done.is_changed = True
        self._refuse(fact, MERGE_CYCLE, "the merge closes a cycle and is the youngest in it: wanted one survivor")
        return True

    def _erase(self, instant_ms: int) -> bool:
        bonds, record = self._bonds, self._record
        if instant_ms <= bonds.erased_at_ms:
            return False
        for other in self._others():
            self._tell(other, ErasureTransfer(0, instant_ms))
        wipe(record)
        record.sequence, record.at_ms = 0, max(record.at_ms, instant_ms)
        record.links = self._bonds = IdentityLinks(erased_at_ms=instant_ms)
        self.done.is_changed = True
        self.done.erased_ms = instant_ms
        return True

    def _object(self, word: tuple[bool, int, str]) -> bool:
        bonds = self._bonds
        if _order(word) <= _order(bonds.objected):
            return False
        bonds.objected = word
        self.done.is_changed = True
        if word[0]:
            wipe(self._record)
            self._evidence_changed(True)
        for other in self._others():
            self._tell(other, ObjectionTransfer(0, word))
        return True

    def relink(self) -> None:
        """Follow the claim that holds now; rivals that came in vain are refused."""
        bonds = self._bonds
        chosen, before = bonds.strongest_claim(), bonds.parent
        if chosen != before:
            if before is not None and (chosen is None or chosen[0] != before[0]):
                version = next_version(self._record, bonds)
                self._tell(before[0], EvidenceTransfer(0, self._contact, version, before[1], []))
            bonds.parent = chosen
            self.done.is_changed = True
            if chosen is not None and bonds.objected[1]:
                self._tell(chosen[0], ObjectionTransfer(0, bonds.objected))
        for parent, fact in self._linking_facts.items():
            claim = bonds.claims_on_self.get(parent)
            if claim is None or not claim.is_live or chosen is None or parent == chosen[0]:
                continue
            if identity_strength(parent) == identity_strength(
                chosen[0]
            ):  # a visitor who is known leaves her address's claim waiting, no more
                detail = "the contact is already merged into another one; unmerge it from that one first"
                self._refuse(fact, ALREADY_MERGED, detail)

    def _let_go(self, child: str, parted: Stamp) -> None:
        """Drop what the child sent over a link of before it was parted."""
        held = self._bonds.children.get(child)
        if held is not None and any(source.id == child and source.stamp < parted for source in held.sources):
            self._bonds.children[child] = ChildEvidence(held.version, [])
            self._evidence_changed(True)

    def _evidence_changed(self, changed: bool) -> None:
        self.done.is_changed = True
        self.done.has_new_evidence = self.done.has_new_evidence or changed

    def _others(self) -> set[str]:
        """All contacts that this one is linked to."""
        bonds = self._bonds
        others = {child for child, claim in bonds.claims_on_children.items() if claim.is_live}
        others |= {child for child, part in bonds.children.items() if part.sources}
        return others | ({bonds.parent[0]} if bonds.parent is not None else set())

    def _tell(self, other: str, transfer: Transfer) -> None:
        self.done.sends.append(OutgoingTransfer(other, transfer))

    def _refuse(self, fact: LinkFact, reason: str, detail: str) -> None:
        self.done.refused.append(RefusedFact(fact, reason, detail))

    @staticmethod
    def _word(fact: Merged | Unmerged) -> str:
        return "unmerge" if isinstance(fact, Unmerged) else "identify" if fact.identified else "merge"


def _order(word: tuple[bool, int, str]) -> tuple[int, str, bool]:
    return word[1], word[2], word[0]
