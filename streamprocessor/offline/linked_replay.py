"""Contacts that are linked, replayed together: the worker's messages between them, delivered at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from streamprocessor.scoring.record.facts import Event, Fact, InputFact, Merged, Unmerged
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.record.transfers import LINK_FACTS, LinkFact, RefusedFact
from streamprocessor.scoring.scorer import Scorer

Told: TypeAlias = Fact | LinkFact
"""The same, and what contacts tell each other."""


def circles(facts_by_contact: Mapping[str, Sequence[InputFact]]) -> list[list[str]]:
    """Contacts in circles of those that any merge or unmerge names together, sorted; most are alone."""
    circle_of: dict[str, set[str]] = {contact: {contact} for contact in facts_by_contact}
    for contact, facts in facts_by_contact.items():
        for fact in facts:
            if isinstance(fact, Merged | Unmerged):
                joined = circle_of[contact] | circle_of.get(fact.source, {fact.source})
                for member in joined:
                    circle_of[member] = joined
    return [sorted(circle) for contact, circle in sorted(circle_of.items()) if contact == min(circle)]


class Replay:
    """Records of a circle, to which facts come one at a time."""

    def __init__(self, scorer: Scorer, contacts: Iterable[str]) -> None:
        self._scorer = scorer
        self.records: dict[str, Record] = {contact: scorer.blank() for contact in contacts}
        self.refused: list[RefusedFact] = []

    def tell(self, contact: str, fact: Told, at_ms: int) -> None:
        """One fact, as if it came at at_ms, and all that contacts then tell each other."""
        waiting: deque[tuple[str, Told]] = deque([(contact, fact)])
        while waiting:
            to, told = waiting.popleft()
            told = told._replace(arrival_ms=at_ms)
            record = self.records.setdefault(to, self._scorer.blank())
            if isinstance(told, LINK_FACTS):
                outcome = self._scorer.apply_with_links_in_place(to, record, [told], [])
            elif record.links is not None:
                outcome = self._scorer.apply_with_links_in_place(to, record, [], [told])
            else:
                outcome = self._scorer.apply_in_place(record, [told])
            self.refused += outcome.refused
            waiting += outcome.sends


def replayed(scorer: Scorer, facts: Mapping[str, Sequence[InputFact]], at_ms: int) -> Replay:
    """The circle at at_ms: its facts replayed in order of (occurred_at, id), each as if it had come at once.

    Events after at_ms don't exist at it; what is later of all else is known at at_ms already.
    """
    told = [(fact.occurred_at_ms, fact.id, contact, fact) for contact, of in facts.items() for fact in of]
    told.sort(key=lambda each: each[:3])
    replay = Replay(scorer, facts)
    for occurred_at_ms, _, contact, fact in told:
        if occurred_at_ms <= at_ms or not isinstance(fact, Event):
            replay.tell(contact, fact, min(occurred_at_ms, at_ms))
    for record in replay.records.values():
        if record.links is None or not record.links.is_hidden:
            scorer.advance_in_place(record, at_ms)
    return replay
