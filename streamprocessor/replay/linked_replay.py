"""Linked contacts, replayed together: the worker's messages between them, delivered at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from streamprocessor.scoring.record.facts import Event, Fact, InputFact, Merged, Unmerged
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.record.transfers import LINK_FACTS, LinkFact, RefusedFact
from streamprocessor.scoring.scorer import Outcome, Scorer
from streamprocessor.scoring.steps.steps import Step

ReplayedFact: TypeAlias = Fact | LinkFact
"""A fact of the input, or a message between linked contacts."""

Link: TypeAlias = tuple[str, str]
"""Two contacts that a merge or an unmerge names together."""


def groups_of(links: Iterable[Link]) -> list[list[str]]:
    """The groups of contacts that are linked with each other, by whatever way; each sorted, and they, too.

    >>> groups_of([("d", "c"), ("a", "b"), ("b", "e")])
    [['a', 'b', 'e'], ['c', 'd']]
    """
    group_of: dict[str, set[str]] = {}
    for one, other in links:
        joined, added = group_of.setdefault(one, {one}), group_of.setdefault(other, {other})
        if joined is added:
            continue
        if len(joined) < len(added):
            joined, added = added, joined
        joined |= added
        for member in added:
            group_of[member] = joined
    return sorted(sorted(group) for contact, group in group_of.items() if contact == min(group))


def linked_groups(facts_by_contact: Mapping[str, Sequence[InputFact]]) -> list[list[str]]:
    """The groups of contacts that any merge or unmerge names together, sorted; most are alone."""
    links = [(contact, contact) for contact in facts_by_contact]
    for contact, facts in facts_by_contact.items():
        links += [(contact, fact.source) for fact in facts if isinstance(fact, Merged | Unmerged)]
    return groups_of(links)


class Replay:
    """Records of a group of linked contacts, to which facts come.

    steps: of each contact, in order.
    duplicates: how many facts were known already.
    """

    def __init__(self, scorer: Scorer, contacts: Iterable[str]) -> None:
        self._scorer = scorer
        self.records: dict[str, Record] = {contact: scorer.blank() for contact in contacts}
        self.steps: dict[str, list[Step]] = {}
        self.refused: list[RefusedFact] = []
        self.duplicates = 0

    def apply(self, contact: str, fact: ReplayedFact, at_ms: int) -> None:
        """One fact, as if it came at at_ms, and all messages between contacts that follow."""
        self.apply_together(contact, [fact._replace(arrival_ms=at_ms)])

    def apply_together(self, contact: str, facts: Sequence[ReplayedFact]) -> None:
        """Facts that are processed together, and all messages that follow, as if they came with the last of them."""
        at_ms = max(fact.arrival_ms for fact in facts)
        pending: deque[tuple[str, Sequence[ReplayedFact]]] = deque([(contact, facts)])
        while pending:
            receiver, arrived = pending.popleft()
            outcome = self._applied(receiver, arrived)
            self.refused += outcome.refused
            self.duplicates += outcome.duplicates
            if outcome.steps:
                self.steps.setdefault(receiver, []).extend(outcome.steps)
            pending += [(send.to, [send.transfer._replace(arrival_ms=at_ms)]) for send in outcome.sends]

    def advance(self, at_ms: int) -> None:
        """Let time go on to at_ms."""
        for contact, record in self.records.items():
            if record.links is None or not record.links.is_hidden:
                steps = self._scorer.advance_in_place(record, at_ms)
                if steps:
                    self.steps.setdefault(contact, []).extend(steps)

    def _applied(self, contact: str, arrived: Sequence[ReplayedFact]) -> Outcome:
        record = self.records.setdefault(contact, self._scorer.blank())
        links = [fact for fact in arrived if isinstance(fact, LINK_FACTS)]
        facts = [fact for fact in arrived if not isinstance(fact, LINK_FACTS)]
        if links or record.links is not None:
            return self._scorer.apply_with_links_in_place(contact, record, links, facts)
        return self._scorer.apply_in_place(record, facts)


def replay(scorer: Scorer, facts: Mapping[str, Sequence[InputFact]], at_ms: int) -> Replay:
    """The group at at_ms: its facts replayed in order of (occurred_at, id), each as if it had come at once.

    Events after at_ms don't exist at it; other facts that are later are known at at_ms already.
    """
    ordered = [(fact.occurred_at_ms, fact.id, contact, fact) for contact, of in facts.items() for fact in of]
    ordered.sort(key=lambda each: each[:3])
    replay = Replay(scorer, facts)
    for occurred_at_ms, _, contact, fact in ordered:
        if occurred_at_ms <= at_ms or not isinstance(fact, Event):
            replay.apply(contact, fact, min(occurred_at_ms, at_ms))
    replay.advance(at_ms)
    return replay
