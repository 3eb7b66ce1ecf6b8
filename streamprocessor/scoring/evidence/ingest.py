"""Facts as they come in: what is new is taken into the record, what is known is counted as a duplicate."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from streamprocessor.scoring.canonical import canonical, cut, unchecked
from streamprocessor.scoring.events.projection import precedes, project
from streamprocessor.scoring.events.scanners import click_trace_of, is_scanners
from streamprocessor.scoring.evidence.derive import Accumulator, RuleMatch, derive, derive_attributes, settle_values
from streamprocessor.scoring.evidence.size_limits import (
    MOST_ATTRIBUTE_BYTES,
    MOST_ATTRIBUTES,
    size_of_attribute_bytes,
    size_of_attributes_bytes,
)
from streamprocessor.scoring.evidence.union import attributes_of, has_event, holds_elsewhere
from streamprocessor.scoring.plan.plan import Plan
from streamprocessor.scoring.record.evidence import StoredEvent
from streamprocessor.scoring.record.facts import AttributesWritten, Event, Fact, SuppressionChanged, Verdict
from streamprocessor.scoring.record.record import Derived, Record
from streamprocessor.scoring.terms.presentation import LARGEST_MATCH_E15

_OCCURRENCE = attrgetter("occurred_at_ms")


class Ingested:
    """What a step's facts brought. matches: (rule, event, amount) in the order in which they were counted.

    first_moved: the contact's first event is another one. stale: something known was displaced, so all must be derived
    anew. rules_changed: points, by number, of the attribute rules that began or ceased to hold. capped: attributes that
    were dropped, for there were too many.
    """

    rules_changed: Mapping[int, int] = MappingProxyType({})
    first_moved: bool = False
    attributes_written: bool = False
    duplicates: int = 0
    capped: int = 0
    stale: bool = False

    def __init__(self) -> None:
        """Nothing yet."""
        self.news: list[StoredEvent] = []
        self.joined: Collection[str] = ()
        self.matches: list[RuleMatch] = []

    @property
    def cause(self) -> str:
        """What made the step: events, else attributes, else a correction of what was known."""
        return "event" if self.news or self.first_moved else "attributes" if self.attributes_written else "correction"


def ingest(plan: Plan, record: Record, facts: Sequence[Fact], joined: Collection[str] | None = None) -> Ingested:
    """Take the facts into the record, in any order to the same effect; `derived` is complete again afterwards.

    joined: ids of events that came with the evidence of others, so that all is derived anew; None: none came or went.
    """
    intake = Ingested()
    if joined is not None:
        intake.stale, intake.joined = True, joined
    counter = Accumulator(plan, record, record.derived, intake.matches.append)
    if len(facts) > 1:
        facts = sorted(facts, key=_OCCURRENCE)  # in order, few limits have to be looked at again
    for fact in facts:
        if type(fact) is Event:
            _take_event(plan, record, fact, counter, intake)
        elif type(fact) is AttributesWritten:
            _take_attributes(record, fact, intake)
        elif type(fact) is Verdict:
            _take_verdict(record, fact, intake)
        elif type(fact) is SuppressionChanged:
            _take_suppression(record, fact, intake)
    if intake.stale:
        _derive_anew(plan, record, intake)
    elif intake.attributes_written:
        intake.rules_changed = derive_attributes(plan, attributes_of(record), record.derived)
    if plan.values:
        settle_values(plan, record.derived)
    return intake


def count_cut(plan: Plan, matches: Sequence[RuleMatch]) -> int:
    """How many of the matches were worth more than a match may be."""
    return sum(
        matcher.number in plan.open_ended and not -LARGEST_MATCH_E15 < amount < LARGEST_MATCH_E15
        for matcher, _, amount in matches
    )


def _take_event(plan: Plan, record: Record, event: Event, counter: Accumulator, intake: Ingested) -> None:
    derived, evidence = record.derived, record.evidence
    id_, type_, at, arrival_ms, properties, context, actor = event
    if derived.first_ms is None or at < derived.first_ms:
        derived.first_ms = at
        intake.first_moved = True
    bonds = record.links
    if bonds is not None and bonds.children:
        bonds.first_ms = at if bonds.first_ms is None else min(bonds.first_ms, at)
    wanted = plan.by_type.get(type_)
    if wanted is None:
        wanted, type_ = plan.any_type, cut(type_)
        if wanted is None:
            return
    piece = unchecked(StoredEvent, (id_, at, arrival_ms, actor, type_, project(properties, context, wanted.paths)))
    if evidence.may_hold(id_):
        known = evidence.find(id_)
        if known is not None:
            _take_known(record, known, piece, intake)
            return
    newest_ms = derived.newest_ms
    if at > newest_ms:
        calm_from_ms, calm_until_ms = plan.calm_ms  # contacts share few landmarks, and every event passes here
        if (newest_ms < calm_from_ms or at >= calm_until_ms) and plan.moves_landmark(newest_ms, at):
            intake.stale = intake.stale or bool(len(evidence) or record.compacted is not None or bonds is not None)
        derived.newest_ms = at
    if bonds is not None and holds_elsewhere(record, id_):
        intake.stale = True
    evidence.fresh[id_] = piece
    intake.news.append(piece)
    if intake.stale:
        return
    scanned = wanted.is_traced and _trace(plan, derived, piece)
    if scanned is None or not counter.count(piece, wanted, at > newest_ms, scanned):
        intake.stale = True


def _trace(plan: Plan, derived: Derived, piece: StoredEvent) -> bool | None:
    """Whether the piece is a scanner's by what was done; None: with it, another one may be or may not be any more."""
    trace = click_trace_of(piece)
    if trace is None or plan.model.scanners is None:
        return False
    found = is_scanners(plan.model.scanners, derived.traces, trace)
    derived.traces += trace
    return found


def _take_known(record: Record, known: StoredEvent, piece: StoredEvent, intake: Ingested) -> None:
    """Of two events with one id the smaller counts."""
    if precedes(piece, known):
        evidence = record.evidence
        evidence.replace(piece if held.id == piece.id else held for held in evidence.events())
        intake.news = [*(new for new in intake.news if new.id != piece.id), piece]
        intake.stale = True
    else:
        intake.duplicates += 1


def _take_attributes(record: Record, fact: AttributesWritten, intake: Ingested) -> None:
    """The last write by (occurred_at, id) holds; of two with one id and time the smaller by canonical JSON."""
    known = 0
    write = (fact.occurred_at_ms, fact.id)
    for name, value in fact.attributes.items():
        new = cut(value)
        held = record.attributes.get(name)
        if held is not None:
            last = (held[1], held[2])
            known += last == write
            if last > write or (last == write and canonical(held[0]) <= canonical(new)):
                continue
        record.attributes[name] = [new, *write]
        intake.attributes_written = True
    if known == len(fact.attributes):
        intake.duplicates += 1
    elif intake.attributes_written:
        intake.capped += _drop_oldest_attributes(record.attributes)


def _drop_oldest_attributes(attributes: dict[str, Any]) -> int:
    """Hold the attributes within their bounds: the oldest writes go; how many went."""
    weight, before = size_of_attributes_bytes(attributes), len(attributes)
    if before <= MOST_ATTRIBUTES and weight <= MOST_ATTRIBUTE_BYTES:
        return 0
    for name, written in sorted(attributes.items(), key=lambda item: (item[1][1], item[1][2], item[0])):
        if len(attributes) <= MOST_ATTRIBUTES and weight <= MOST_ATTRIBUTE_BYTES:
            break
        weight -= size_of_attribute_bytes(name, written)
        del attributes[name]
    return before - len(attributes)


def _take_verdict(record: Record, fact: Verdict, intake: Ingested) -> None:
    """The last verdict by (occurred_at, id) holds; one that comes before its event waits for it."""
    held = record.verdicts.get(fact.event_id)
    if held is not None and held[:3] >= (fact.occurred_at_ms, fact.id, fact.actor):
        intake.duplicates += 1
        return
    record.verdicts[fact.event_id] = (fact.occurred_at_ms, fact.id, fact.actor, fact.arrival_ms)
    if has_event(record, fact.event_id):
        intake.stale = True


def _take_suppression(record: Record, fact: SuppressionChanged, intake: Ingested) -> None:
    value, occurred_at_ms, id_ = record.suppressed
    if (fact.occurred_at_ms, fact.id, fact.suppressed) > (occurred_at_ms, id_, value):
        record.suppressed = (fact.suppressed, fact.occurred_at_ms, fact.id)
    else:
        intake.duplicates += 1


def _derive_anew(plan: Plan, record: Record, intake: Ingested) -> None:
    before, rules = record.derived.sums, [rule.number for rule in plan.attributes]
    new_ids = {piece.id for piece in intake.news}.union(intake.joined)
    intake.matches = []

    def on_match(match: RuleMatch) -> None:
        if match[1].id in new_ids:
            intake.matches.append(match)

    record.derived = derive(plan, record, on_match=on_match)
    after = record.derived.sums
    intake.rules_changed = {n: after.get(n, 0) for n in rules if after.get(n, 0) != before.get(n, 0)}
