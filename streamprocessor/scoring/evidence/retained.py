"""Events read again from their topics: evidence gets of them what rules ask for and it has not stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from streamprocessor.scoring.canonical import cut
from streamprocessor.scoring.events.acts import ACT, act_of
from streamprocessor.scoring.events.projection import EXCLUDED_FROM, WHOLE, precedes, project
from streamprocessor.scoring.evidence.ingested import Ingested
from streamprocessor.scoring.plan.coverage import stored_since_ms
from streamprocessor.scoring.plan.plan import Plan, TypePlan
from streamprocessor.scoring.record.evidence import KEPT_AGAIN, StoredEvent, kept_as_of_ms
from streamprocessor.scoring.record.facts import RetainedEvent
from streamprocessor.scoring.record.record import Record, is_number_retained, number_retained

ENRICHED, ADDED = "enriched", "added"
"""What becomes of it where evidence gets more: of an event that it knows, or one that it never stored."""

KNOWN, FOLDED, OBJECTED, UNASKED = "known", "folded", "objected", "unasked"
"""What becomes of it where evidence stays: it has all, it can't have it any more, may not, or no rule asks."""


def outcome_of(plan: Plan, record: Record, fact: RetainedEvent) -> str:
    """What take_retained_in_place would make of the event."""
    return _decided(plan, record, fact)[0]


def take_retained_in_place(plan: Plan, record: Record, fact: RetainedEvent) -> tuple[str, StoredEvent | None]:
    """Store of the event what rules ask for; what became of it, and the event where evidence has more of it now.

    An event that was stored once and is no more went into sums: it can't be added again.
    """
    outcome, event = _decided(plan, record, fact)
    if event is None:
        return outcome, None
    if outcome == ADDED:
        record.offsets[_number(plan, fact)] = fact.offset
    evidence = record.evidence
    if evidence.packed_count:
        evidence.replace(evidence.events())
    evidence.fresh[event.id] = event
    return outcome, event


def retain_in_place(plan: Plan, record: Record, fact: RetainedEvent, ingested: Ingested) -> None:
    """Store of the event what rules ask for; where evidence has more of it now, all is to be derived anew."""
    outcome, event = take_retained_in_place(plan, record, fact)
    ingested.retained = ingested.retained or Counter()
    ingested.retained[outcome] += 1
    if event is None:
        ingested.duplicates += 1
        return
    first_ms = record.derived.first_ms
    record.derived.first_ms = event.occurred_at_ms if first_ms is None else min(first_ms, event.occurred_at_ms)
    ingested.news.append(event)
    ingested.stale = True


def missing_since_ms(plan: Plan, type_: str) -> int:
    """The arrival from which on evidence stores all that rules ask of events of the type; 0: it always did."""
    return max(stored_since_ms(plan, type_).values(), default=0)


def rules_without(plan: Plan, fact: RetainedEvent) -> Iterator[str]:
    """ "score/rule" of each rule that would count the event if evidence had it, and does not as it has not."""
    type_plan = _type_plan(plan, fact)
    if type_plan is None:
        return
    event = type_plan.seen(_stored(type_plan, fact))
    for each in (type_plan, *(of_value for _, of_value in type_plan.by_value)):
        for matcher in each.matchers.met_by(event.properties):
            if event.arrival_ms < each.since_ms.get(matcher.number, 0):
                yield matcher.key


def forget_retained_in_place(plan: Plan, record: Record) -> None:
    """Forget up to where was read again what evidence stores under this model anyway."""
    numbers = [number for number in record.offsets if is_number_retained(number)]
    if numbers:
        covered = plan.model.covered_since_ms.values()
        known = {number_retained(0, 0, since_ms) >> 32 for since in covered for since_ms in since.values()}
        for number in numbers:
            if number >> 32 not in known:
                del record.offsets[number]


def _decided(plan: Plan, record: Record, fact: RetainedEvent) -> tuple[str, StoredEvent | None]:
    """What becomes of the event, and what is to be stored of it; None: evidence stays as it is."""
    type_plan = _type_plan(plan, fact)
    if type_plan is None:
        return UNASKED, None
    stored = _stored(type_plan, fact)
    known = record.evidence.find(fact.id)
    if known is None:
        return _decided_of_unknown(plan, record, fact, stored)
    if kept_as_of_ms(known) < missing_since_ms(plan, known.type):
        if stored.occurred_at_ms > known.occurred_at_ms:
            return KNOWN, None  # another one under its id: the smaller counts
    elif not precedes(stored, known):
        return KNOWN, None
    marks = {path: value for path, value in known.properties.items() if path.startswith(EXCLUDED_FROM)}
    if stored.occurred_at_ms == known.occurred_at_ms:
        stored = stored._replace(arrival_ms=min(stored.arrival_ms, known.arrival_ms))
    return ENRICHED, _as_complete(plan, stored, marks)


def _decided_of_unknown(
    plan: Plan, record: Record, fact: RetainedEvent, stored: StoredEvent
) -> tuple[str, StoredEvent | None]:
    if stored.arrival_ms >= stored_since_ms(plan, stored.type).get(WHOLE, 0):
        return FOLDED, None
    if fact.offset <= record.offsets.get(_number(plan, fact), -1):
        return KNOWN, None
    links = record.links
    if links is not None and links.objected[1] and stored.arrival_ms <= links.objected[1]:
        return OBJECTED, None  # what an objection dropped stays dropped when it is taken back
    return ADDED, _as_complete(plan, stored, {})


def _as_complete(plan: Plan, event: StoredEvent, marks: dict[str, Any]) -> StoredEvent:
    """The event with the mark that evidence stores all of it that rules ask for."""
    kept_again = {KEPT_AGAIN: missing_since_ms(plan, event.type)}
    return event._replace(properties={**event.properties, **marks, **kept_again})


def _type_plan(plan: Plan, fact: RetainedEvent) -> TypePlan | None:
    return plan.by_type.get(fact.event.type, plan.any_type)


def _stored(type_plan: TypePlan, fact: RetainedEvent) -> StoredEvent:
    """The event as evidence stores it under this model."""
    id_, type_, at, arrival_ms, properties, context, actor = fact.event
    values = project(properties, context, type_plan.paths)
    if type_plan.is_form:
        values[ACT] = act_of(properties)
    return StoredEvent(id_, at, arrival_ms, actor, str(cut(type_)), values)


def _number(plan: Plan, fact: RetainedEvent) -> int:
    """The number under which the record's offsets have up to where such events were added."""
    whole_since_ms = stored_since_ms(plan, fact.event.type).get(WHOLE, 0)
    return number_retained(fact.topic_number, fact.partition, whole_since_ms)
