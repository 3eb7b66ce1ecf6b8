"""Who is whom, read from the rules of identity: facts by the id they came under, into facts by the one who survives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from streamprocessor.scoring.record.facts import (
    BROWSER_RANK,
    SERVER_ONCE_RANK,
    SERVER_RANK,
    AttributesWritten,
    Erased,
    Event,
    InputFact,
    Merged,
    ObjectionChanged,
    SuppressionChanged,
    Unmerged,
    Verdict,
)
from tests.scoring.oracle.evidence import by_occurrence

EVIDENCE = (Event, AttributesWritten, SuppressionChanged, Verdict)
Stamp = tuple[int, str]
Addressed = tuple[str, InputFact]

ALREADY_MERGED, MERGE_CYCLE, MERGE_WITH_ITSELF = "already-merged", "merge-cycle", "merge-with-itself"

OF_SERVERS = (SERVER_RANK, SERVER_ONCE_RANK)


class Link(NamedTuple):
    """The evidence of `child` is part of that of `parent`; first claimed at `stamp`, maybe by browsers alone."""

    child: str
    parent: str
    stamp: Stamp
    by_browser: bool = False


@dataclass
class People:
    """Who is whom in the end.

    trees: survivor → all facts that count for it. parents: old id → the id that it was linked to.
    claimed: id → all that it was ever claimed by. reasons: of the dead letters, where all came in time.
    erased_at_ms: id → the instant up to which nothing of it is left. objecting: survivors that may not be scored.
    rivals: known contact → the others that are to be shown to it, for it shares an address with them.
    """

    trees: dict[str, list[InputFact]] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    claimed: dict[str, set[str]] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    erased_at_ms: dict[str, int] = field(default_factory=dict)
    objecting: set[str] = field(default_factory=set)
    rivals: dict[str, set[str]] = field(default_factory=dict)

    def survivor(self, contact: str) -> str:
        return survivor_in(self.parents, contact)


def who_is_whom(facts_by_contact: Mapping[str, Iterable[InputFact]]) -> People:
    """The people that these facts, each under the id that it was addressed to, come down to."""
    everything = [(contact, fact) for contact, facts in facts_by_contact.items() for fact in facts]
    left, erased_at_ms = after_erasures(everything)
    forest = Forest()
    for contact, fact in sorted(left, key=lambda item: by_occurrence(item[1])):
        forest.hear(contact, fact)
    people = People(parents=forest.parents(), reasons=forest.reasons, erased_at_ms=erased_at_ms)
    people.rivals = forest.rivals()
    for child, parent in forest.heard:
        people.claimed.setdefault(child, set()).add(parent)
    for contact in [contact for contact, _ in left] + [end for pair in people.parents.items() for end in pair]:
        people.trees.setdefault(people.survivor(contact), [])
    for contact, fact in left:
        people.trees[people.survivor(contact)].append(fact)
    for survivor, facts in people.trees.items():
        people.trees[survivor], objects = after_objections(facts)
        if objects:
            people.objecting.add(survivor)
    return people


# ---- links -----------------------------------------------------------------------------------------------------


def rank(contact: str) -> int:
    """How much is known of one who goes by this id."""
    return 0 if contact.startswith("anon:") else 1 if contact.startswith("email:") else 2


def ends_of(contact: str, source: str) -> tuple[str, str]:
    """(child, parent): the source goes into the contact, but the one who is known better survives."""
    return (contact, source) if rank(source) > rank(contact) else (source, contact)


class Forest:
    """Links as they hold after each word on them, heard in order of occurrence."""

    def __init__(self) -> None:
        self.claims: dict[tuple[str, str], Link] = {}
        self.heard: set[tuple[str, str]] = set()
        self.reasons: list[str] = []

    def hear(self, contact: str, fact: InputFact) -> None:
        """A merge makes a claim where there is none, an unmerge takes it back; a cycle that comes of it is cut.

        What was cut is as if it had not been claimed: only another merge could make the claim again. What a browser
        claimed is as if it had not been claimed where anybody else does.
        """
        if not isinstance(fact, Merged | Unmerged):
            return
        if contact == fact.source:
            self.reasons.append(MERGE_WITH_ITSELF)
            return
        ends = ends_of(contact, fact.source)
        self.heard.add(ends)
        if isinstance(fact, Unmerged):
            self.claims.pop(ends, None)
        elif ends not in self.claims or (self.claims[ends].by_browser and fact.rank == SERVER_RANK):
            self.claims[ends] = Link(*ends, by_occurrence(fact), fact.rank == BROWSER_RANK)
            holds = self.holding()[ends[0]]
            if holds != self.claims[ends] and rank(holds.parent) == rank(ends[1]) and rank(ends[0]) > 0:
                self.reasons.append(ALREADY_MERGED)
        while cycle := self.a_cycle():
            youngest = max(cycle, key=lambda link: link.stamp)
            del self.claims[youngest.child, youngest.parent]
            self.reasons.append(MERGE_CYCLE)

    def holding(self) -> dict[str, Link]:
        """Of each child the one claim that holds: of the best known parent's, one not of browsers, the earliest."""
        holding: dict[str, Link] = {}
        for link in sorted(self.claims.values(), key=lambda link: (-rank(link.parent), link.by_browser, link.stamp)):
            holding.setdefault(link.child, link)
        return holding

    def parents(self) -> dict[str, str]:
        return {child: link.parent for child, link in self.holding().items()}

    def rivals(self) -> dict[str, set[str]]:
        """Whom each known contact is shown: the first of an address all others that claim it, these the first."""
        shown: dict[str, set[str]] = {}
        for child, holds in self.holding().items():
            claims = [link for link in self.claims.values() if link.child == child and not link.by_browser]
            known = {link.parent for link in claims if rank(link.parent) == 2}
            for one in known if rank(child) == 1 else ():
                others = known - {one} if one == holds.parent else {holds.parent}
                if others:
                    shown.setdefault(one, set()).update(others)
        return shown

    def a_cycle(self) -> list[Link]:
        """The links of some cycle, or none."""
        holding = self.holding()
        for start in holding:
            way = [holding[start]]
            while way[-1].parent in holding and len(way) <= len(holding):
                if way[-1].parent == start:
                    return way
                way.append(holding[way[-1].parent])
        return []


def told_by_addresses(
    facts_by_contact: Mapping[str, Iterable[InputFact]], names: Iterable[str], contact_of: Callable[[str], str]
) -> dict[str, list[InputFact]]:
    """The facts, with what each address that somebody wrote to a contact says: who reads it is this contact.

    names: of the attributes that are addresses. contact_of: address → the contact that it is by itself.
    """
    told: dict[str, list[InputFact]] = {}
    for contact, facts in facts_by_contact.items():
        told[contact] = [*facts]
        for fact in told[contact][:]:
            written = fact.attributes if isinstance(fact, AttributesWritten) and fact.rank in OF_SERVERS else {}
            for name in names:
                value = written.get(name)
                reader = contact_of(value) if isinstance(value, str) and "@" in value else contact
                if reader != contact:
                    says = Merged(f"{fact.id}:{name}", fact.occurred_at_ms, fact.arrival_ms, reader, True)
                    told[contact].append(says)
    return told


def survivor_in(parents: Mapping[str, str], contact: str) -> str:
    while contact in parents:
        contact = parents[contact]
    return contact


# ---- rights ----------------------------------------------------------------------------------------------------


def after_erasures(everything: list[Addressed]) -> tuple[list[Addressed], dict[str, int]]:
    """What the erasures leave, and {erased id: instant}: one at a time, each for the tree that it found."""
    left, erased_at_ms = everything, dict[str, int]()
    erasures = [(contact, fact) for contact, fact in everything if isinstance(fact, Erased)]
    for contact, erasure in sorted(erasures, key=lambda item: item[1].arrival_ms):
        instant_ms = erasure.arrival_ms
        forest = Forest()
        for addressed, fact in sorted(left, key=lambda item: by_occurrence(item[1])):
            if fact.arrival_ms <= instant_ms:
                forest.hear(addressed, fact)
        parents = forest.parents()
        ids = {contact, *parents, *parents.values()}
        person = {one for one in ids if survivor_in(parents, one) == survivor_in(parents, contact)}
        left = [item for item in left if item[1].occurred_at_ms > instant_ms or not is_about(person, *item)]
        erased_at_ms |= dict.fromkeys(person, instant_ms)
    return left, erased_at_ms


def is_about(person: set[str], contact: str, fact: InputFact) -> bool:
    """Whether it is a fact of one of these ids; a link is one of both of its ends."""
    return contact in person or (isinstance(fact, Merged | Unmerged) and fact.source in person)


def after_objections(facts: list[InputFact]) -> tuple[list[InputFact], bool]:
    """What is left where evidence goes when an objection comes and while it holds; and whether one holds."""
    remaining: list[InputFact] = []
    word: ObjectionChanged | None = None
    for fact in sorted(facts, key=lambda fact: fact.arrival_ms):
        if isinstance(fact, ObjectionChanged) and (word is None or by_occurrence(fact) > by_occurrence(word)):
            word = fact
        remaining.append(fact)
        if word is not None and word.objected:
            remaining = [fact for fact in remaining if not isinstance(fact, EVIDENCE)]
    return remaining, word is not None and word.objected
