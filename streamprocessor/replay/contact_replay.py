"""One contact's history, or that of linked ones, replayed by one model: the record it ends in, and its hot leads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from streamprocessor.contract.changelog.evidence_codec import packed_evidence
from streamprocessor.replay.linked_replay import Replay
from streamprocessor.scoring.record.facts import Fact, InputFact
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.steps.steps import Step

TOGETHER_MS = 1_000
"""What arrives so shortly after the first of several facts is processed with it, as a worker does that is busy."""

MOST_UNPACKED = 12
"""With a few more events that are not packed the core measures all of them with each that comes."""


class HotLeadAt(NamedTuple):
    """A hot lead that would have been announced."""

    score: str
    at_ms: int


class ReplayedContact(NamedTuple):
    """What a model makes of a contact's history.

    record: at the instant of the replay.
    hot_leads: in their order.
    duplicates: how many facts were known already.
    """

    record: Record
    hot_leads: list[HotLeadAt]
    duplicates: int


def replayed_alone(scorer: Scorer, batches: Sequence[Sequence[Fact]], at_ms: int) -> ReplayedContact:
    """A contact without links. batches: what is processed together, in order of arrival."""
    record = scorer.blank()
    steps: list[Step] = []
    duplicates = 0
    for facts in batches:
        outcome = scorer.apply_in_place(record, facts)
        duplicates += outcome.duplicates
        if outcome.steps:
            steps += outcome.steps
        if len(record.evidence.fresh) > MOST_UNPACKED:
            record.evidence = packed_evidence(record.evidence)
    steps += scorer.advance_in_place(record, at_ms)
    return ReplayedContact(record, hot_leads_of(steps), duplicates)


def replayed_together(
    scorer: Scorer, facts: Mapping[str, Sequence[InputFact]], at_ms: int
) -> tuple[dict[str, ReplayedContact], list[str]]:
    """Each of a group of linked contacts, and the reasons for which links were refused.

    facts: of each contact of the group, in order of arrival.
    """
    arrived = sorted(
        ((fact.arrival_ms, contact, fact) for contact, of in facts.items() for fact in of), key=itemgetter(0)
    )
    replay = Replay(scorer, facts)
    for part in together([arrival_ms for arrival_ms, _, _ in arrived]):
        for contact, of_contact in groupby(arrived[part], key=itemgetter(1)):  # who came first may bind another one
            replay.apply_together(contact, [fact for _, _, fact in of_contact])
    replay.advance(at_ms)
    contacts = {
        contact: ReplayedContact(record, hot_leads_of(replay.steps.get(contact, ())), 0)
        for contact, record in replay.records.items()
    }
    return contacts, [refused.reason for refused in replay.refused]


def together(arrivals_ms: Sequence[int]) -> Iterator[slice]:
    """The parts that are processed together of what arrived at these instants, which are in order.

    >>> list(together([5_000, 5_999, 6_000]))
    [slice(0, 2, None), slice(2, 3, None)]
    """
    first = 0
    for place, arrival_ms in enumerate(arrivals_ms):
        if arrival_ms - arrivals_ms[first] >= TOGETHER_MS:
            yield slice(first, place)
            first = place
    if arrivals_ms:
        yield slice(first, len(arrivals_ms))


def hot_leads_of(steps: Iterable[Step]) -> list[HotLeadAt]:
    """The hot leads that these steps announce."""
    return [HotLeadAt(lead.score, step.at_ms) for step in steps for lead in step.hot_leads]
