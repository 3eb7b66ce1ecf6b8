"""Who belongs to whom: merges, claims of rivals, cycles, erasures and objections, each followed on one record.

A contact has at most one parent: of the live claims that of the best known one holds, among equals the first. It sends
its whole evidence to it, at each change anew; so a parent holds one evidence for each child, and replaces it. Messages
may come twice and late.
"""

from __future__ import annotations

from collections.abc import Sequence

from streamprocessor.scoring.identity.cycles import link_to_cut
from streamprocessor.scoring.identity.erasure import wipe
from streamprocessor.scoring.identity.forwarding import after_erasure, next_version
from streamprocessor.scoring.identity.joined_evidence import note_joined
from streamprocessor.scoring.identity.link_limits import (
    MOST_CHILDREN,
    child_that_gives_way,
    forget_weakest_claim,
    has_place,
    is_full_of_evidence,
)
from streamprocessor.scoring.identity.linking_outcome import LinkingOutcome
from streamprocessor.scoring.identity.rivals import (
    forget_claim,
    is_of_same_person,
    new_conflicts,
    rivals_of_address,
    take_rivals,
    words_to_rivals,
)
from streamprocessor.scoring.record.facts import Erased, Merged, ObjectionChanged, Unmerged
from streamprocessor.scoring.record.links import (
    ANONYMOUS,
    ChildEvidence,
    IdentityLinks,
    MergeClaim,
    Stamp,
    claim_of,
    identity_strength,
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
    RivalsTransfer,
    Transfer,
)

MERGE_WITH_ITSELF = "merge-with-itself"
ALREADY_MERGED = "already-merged"
MERGE_CYCLE = "merge-cycle"
TOO_MANY_SOURCES = "too-many-sources"


def link_in_place(contact: str, record: Record, facts: Sequence[LinkFact]) -> LinkingOutcome:
    """Follow the facts on the record's links; a wiped record is as one of a contact of whom nothing was ever known."""
    linker = _Linker(contact, record)
    for fact in facts:
        before = len(linker.outcome.refused)
        is_implied = isinstance(fact, Merged) and fact.implied  # its record counts by the attributes
        if not linker.follow(fact) and len(linker.outcome.refused) == before and not is_implied:
            linker.outcome.known += 1
    linker.relink()
    return linker.outcome


class _Linker:
    """Follows link facts on one record and notes in `outcome` what they did."""

    def __init__(self, contact: str, record: Record) -> None:
        self.outcome = LinkingOutcome()
        self._contact, self._record = contact, record
        if record.links is None:
            record.links = IdentityLinks()
        self._links = record.links
        self._rivals_before = rivals_of_address(contact, record.links)
        self._claim_facts: dict[str, LinkFact] = {}

    def follow(self, fact: LinkFact) -> bool:
        """Whether the fact said anything new; the record has it now."""
        if isinstance(fact, Merged | Unmerged):
            return self._take_merge(fact)
        if isinstance(fact, ClaimTransfer):
            return self._take_claim(fact.parent, fact.claim, fact)
        if isinstance(fact, EvidenceTransfer):
            return self._take_evidence(fact)
        if isinstance(fact, CutTransfer):
            return self._cut_link(fact.parent, fact)
        if isinstance(fact, Erased):
            return self._take_erasure(fact.arrival_ms)
        if isinstance(fact, RivalsTransfer):
            return take_rivals(self._links, fact)
        if isinstance(fact, ObjectionChanged):
            return self._take_objection((fact.objected, fact.occurred_at_ms, fact.id))
        if not is_of_same_person(self._contact, self._links, fact.sender):
            return isinstance(fact, ErasureTransfer) and forget_claim(self._links, fact)
        if isinstance(fact, ErasureTransfer):
            return self._take_erasure(fact.instant_ms)
        return self._take_objection(fact.word)

    def _take_merge(self, fact: Merged | Unmerged) -> bool:
        """Follow a merge or unmerge with `source`: the better known of the two claims the other one."""
        claim = claim_of(fact)
        if fact.occurred_at_ms <= self._links.erased_at_ms:
            return False
        if fact.source == self._contact:
            self._refuse(fact, MERGE_WITH_ITSELF, f"{self._verb(fact)}: wanted another contact; got the same one")
            return False
        if identity_strength(fact.source) > identity_strength(self._contact):
            return self._take_claim(fact.source, claim, fact)
        claims = self._links.claims_on_children
        before = claims.get(fact.source, MergeClaim())
        after = before.united(claim)
        if after == before:
            return False
        if not has_place(self._links, fact.source, after):
            leaving = child_that_gives_way(self._links, after)
            if leaving is None:
                detail = f"{self._verb(fact)}: wanted at most {MOST_CHILDREN} merged contacts; got one more"
                self._refuse(fact, TOO_MANY_SOURCES, detail)
                return False
            self._part_from(leaving, claims[leaving].parted_now())
        claims[fact.source] = after
        self.outcome.is_changed = True
        # Sent even where it says the same here: the child may know of an unmerge that was addressed to it.
        self._send(fact.source, ClaimTransfer(0, self._contact, after))
        if not after.is_live:
            self._drop_evidence_up_to(fact.source, after.parted)
        return True

    def _part_from(self, child: str, claim: MergeClaim) -> None:
        """Let the child go, as if an unmerge had said so."""
        self._links.claims_on_children[child] = claim
        self._send(child, ClaimTransfer(0, self._contact, claim))
        self._drop_evidence_up_to(child, claim.parted)

    def _take_claim(self, parent: str, claim: MergeClaim, fact: LinkFact) -> bool:
        """Follow a parent's claim on this contact."""
        claims = self._links.claims_on_self
        before = claims.get(parent, MergeClaim())
        after = before.united(claim)
        if after == before:
            return False
        claims[parent] = after
        if (before.is_live, before.stamp) != (after.is_live, after.stamp):
            self.outcome.is_changed = True
        if not before.is_live or (before.is_by_browser and not after.is_by_browser):
            self._claim_facts[parent] = fact
        forget_weakest_claim(claims)
        return True

    def _take_evidence(self, fact: EvidenceTransfer) -> bool:
        """Store a child's evidence: the newest version replaces the one before."""
        links, child = self._links, fact.child
        known = links.children.get(child)
        if known is not None and fact.version <= known.version:
            return False
        if not fact.sources:
            links.children[child] = ChildEvidence(fact.version, [])
            self._note_evidence(known is not None and bool(known.sources))
            return True
        claim = links.claims_on_children.get(child)
        if claim is not None and not claim.is_live and claim.parted >= fact.stamp:
            self._send(child, ClaimTransfer(0, self._contact, claim))
            return False
        if links.objected[0]:
            self._send(child, ObjectionTransfer(0, links.objected, self._contact))
            return False
        if self._closes_cycle(fact):
            return False
        if (known is None or not known.sources) and is_full_of_evidence(links):
            self._refuse(fact, TOO_MANY_SOURCES, f"wanted at most {MOST_CHILDREN} merged contacts; got one more")
            return False
        if not links.children:
            links.first_ms = self._record.derived.first_ms
        sources = [after_erasure(links.erased_at_ms, source) for source in fact.sources if source.id != self._contact]
        links.children[child] = ChildEvidence(fact.version, sources)
        self._note_evidence(True)
        known_sources = [] if known is None else known.sources
        note_joined(self.outcome, known_sources, sources, max(0, fact.arrival_ms - fact.stamp[0]))
        return True

    def _closes_cycle(self, fact: EvidenceTransfer) -> bool:
        """Whether the evidence has come back to where it began; then the youngest link of the cycle is cut."""
        cut = link_to_cut(self._contact, self._links, fact)
        if cut is None:
            return False
        if cut.child == self._contact:
            self._cut_link(cut.parent, fact)
        else:
            self._send(cut.child, CutTransfer(0, cut.parent, cut.stamp))
        return True

    def _cut_link(self, parent: str, fact: CutTransfer | EvidenceTransfer) -> bool:
        """Cut the link to the parent, as if it had been parted at once."""
        claim = self._links.claims_on_self.get(parent)
        if claim is None or not claim.is_live or (isinstance(fact, CutTransfer) and claim.stamp != fact.stamp):
            return False
        self._links.claims_on_self[parent] = claim.parted_now()
        self.outcome.is_changed = True
        self._refuse(fact, MERGE_CYCLE, "the merge closes a cycle and is the youngest in it: wanted one survivor")
        return True

    def _take_erasure(self, instant_ms: int) -> bool:
        """Erase all that is known up to the instant, here and at all who are linked."""
        links, record = self._links, self._record
        if instant_ms <= links.erased_at_ms:
            return False
        for other in self._links.linked_contacts():
            self._send(other, ErasureTransfer(0, instant_ms, self._contact))
        wipe(record)
        record.sequence, record.at_ms = 0, max(record.at_ms, instant_ms)
        record.links = self._links = IdentityLinks(erased_at_ms=instant_ms)
        self.outcome.is_changed = True
        self.outcome.erased_ms = instant_ms
        return True

    def _take_objection(self, objection: tuple[bool, int, str]) -> bool:
        """Store whether the person objects, here and at all who are linked; with an objection all evidence goes."""
        links = self._links
        if (objection[1:], objection[0]) <= (links.objected[1:], links.objected[0]):
            return False
        links.objected = objection
        self.outcome.is_changed = True
        if objection[0]:
            wipe(self._record)
            self._note_evidence(True)
        for other in self._links.linked_contacts():
            self._send(other, ObjectionTransfer(0, objection, self._contact))
        return True

    def relink(self) -> None:
        """Follow the claim that holds now; rivals that came in vain are refused, those for a visitor wait."""
        links = self._links
        strongest, before = links.strongest_claim(), links.parent
        if strongest != before:
            if before is not None and (strongest is None or strongest[0] != before[0]):
                links.version = next_version(self._record)
                self._send(before[0], EvidenceTransfer(0, self._contact, links.version, before[1], []))
            links.parent = strongest
            self.outcome.is_changed = True
            if strongest is not None and links.objected[1]:
                self._send(strongest[0], ObjectionTransfer(0, links.objected, self._contact))
        for parent, fact in self._claim_facts.items():
            claim = links.claims_on_self.get(parent)
            if claim is None or not claim.is_live or strongest is None or parent == strongest[0]:
                continue
            if identity_strength(self._contact) == ANONYMOUS:  # several people at one browser: an everyday thing
                self.outcome.waiting_claims += 1
            elif identity_strength(parent) == identity_strength(strongest[0]):
                self._refuse(fact, ALREADY_MERGED, "already merged into another one; unmerge it from that one first")
        self._tell_rivals()

    def _tell_rivals(self) -> None:
        """Tell known contacts that claim this address whom they share it with, where that has changed."""
        before, after = self._rivals_before, rivals_of_address(self._contact, self._links)
        if before != after:
            self._links.version = next_version(self._record)
            self.outcome.sends += words_to_rivals(self._contact, self._links.version, before, after)
            self.outcome.conflicts = new_conflicts(before, after)

    def _drop_evidence_up_to(self, child: str, parted: Stamp) -> None:
        """Drop what the child sent over a link of up to when it was parted."""
        known = self._links.children.get(child)
        if known is not None and any(source.id == child and source.stamp <= parted for source in known.sources):
            self._links.children[child] = ChildEvidence(known.version, [])
            self._note_evidence(True)

    def _note_evidence(self, changed: bool) -> None:
        """Note that links changed, and whether evidence of others came or went."""
        self.outcome.is_changed = True
        self.outcome.has_new_evidence = self.outcome.has_new_evidence or changed

    def _send(self, other: str, transfer: Transfer) -> None:
        self.outcome.sends.append(OutgoingTransfer(other, transfer))

    def _refuse(self, fact: LinkFact, reason: str, detail: str) -> None:
        self.outcome.refused.append(RefusedFact(fact, reason, detail))

    @staticmethod
    def _verb(fact: Merged | Unmerged) -> str:
        """What the fact is called in a sentence."""
        return "unmerge" if isinstance(fact, Unmerged) else "identify" if fact.identified else "merge"
