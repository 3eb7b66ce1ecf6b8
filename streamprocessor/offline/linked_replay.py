"""Linked contacts, replayed together: the worker's messages between them, delivered at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from streamprocessor.scoring.record.facts import Event, Fact, InputFact, Merged, Unmerged
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.record.transfers import LINK_FACTS, LinkFact, RefusedFact
from streamprocessor.scoring.scorer import Scorer

ReplayedFact: TypeAlias = Fact | LinkFact
"""A fact of the file, or a message between linked contacts."""


def linked_groups(facts_by_contact: Mapping[str, Sequence[InputFact]]) -> list[list[str]]:
    """The groups of contacts that any merge or unmerge names together, sorted; most are alone."""
    group_of: dict[str, set[str]] = {contact: {contact} for contact in facts_by_contact}
    for contact, facts in facts_by_contact.items():
        for fact in facts:
            if isinstance(fact, Merged | Unmerged):
                joined = group_of[contact] | group_of.get(fact.source, {fact.source})
                for member in joined:
                    group_of[member] = joined
    return [sorted(circle) for contact, circle in sorted(group_of.items()) if contact == min(circle)]


class Replay:
    """Records of a group of linked contacts, to which facts come one at a time."""

    def __init__(self, scorer: Scorer, contacts: Iterable[str]) -> None:
        self._scorer = scorer
        self.records: dict[str, Record] = {contact: scorer.blank() for contact in contacts}
        self.refused: list[RefusedFact] = []

    def apply(self, contact: str, fact: ReplayedFact, at_ms: int) -> None:
        """One fact, as if it came at at_ms, and all messages between contacts that follow."""
        pending: deque[tuple[str, ReplayedFact]] = deque([(contact, fact)])
        while pending:
            receiver, each = pending.popleft()
            each = each._replace(arrival_ms=at_ms)
            record = self.records.setdefault(receiver, self._scorer.blank())
            if isinstance(each, LINK_FACTS):
                outcome = self._scorer.apply_with_links_in_place(receiver, record, [each], [])
            elif record.links is not None:
                outcome = self._scorer.apply_with_links_in_place(receiver, record, [], [each])
            else:
                outcome = self._scorer.apply_in_place(record, [each])
            self.refused += outcome.refused
            pending += outcome.sends


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
    for record in replay.records.values():
        if record.links is None or not record.links.is_hidden:
            scorer.advance_in_place(record, at_ms)
    return replay
