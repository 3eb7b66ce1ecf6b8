"""Facts as they come in: what is new goes into the record, what is known is counted as a duplicate."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from operator import attrgetter
from typing import Any

from streamprocessor.scoring.canonical import canonical, cut, unchecked
from streamprocessor.scoring.events.acts import ACT, act_of, act_slot_of, is_repeat
from streamprocessor.scoring.events.projection import precedes, project
from streamprocessor.scoring.events.scanners import OPENED_TYPES, click_trace_of, is_scanner, opens_after_scanner
from streamprocessor.scoring.evidence.derive import (
    Accumulator,
    RuleMatch,
    derive,
    derive_attributes_in_place,
    update_values,
)
from streamprocessor.scoring.evidence.ingested import Ingested
from streamprocessor.scoring.evidence.retained import retain_in_place
from streamprocessor.scoring.evidence.size_limits import (
    MOST_ATTRIBUTE_BYTES,
    MOST_ATTRIBUTES,
    size_of_attribute_bytes,
    size_of_attributes_bytes,
)
from streamprocessor.scoring.evidence.union import attributes_of, has_event, holds_elsewhere, verdicts_of
from streamprocessor.scoring.plan.plan import Plan
from streamprocessor.scoring.record.attribute_writes import order_of, write_of, write_order
from streamprocessor.scoring.record.evidence import StoredEvent
from streamprocessor.scoring.record.facts import (
    SCANNER,
    AttributesWritten,
    Event,
    Fact,
    RetainedEvent,
    SuppressionChanged,
    Verdict,
)
from streamprocessor.scoring.record.record import Derived, Record
from streamprocessor.scoring.record.suppression import SuppressionWord, last_word
from streamprocessor.scoring.terms.presentation import LARGEST_MATCH_E15

_OCCURRENCE = attrgetter("occurred_at_ms")


def ingest_in_place(
    plan: Plan, record: Record, facts: Sequence[Fact], joined_ids: Collection[str] | None = None
) -> Ingested:
    """Take the facts into the record, in any order to the same effect; `derived` is complete again afterwards.

    joined_ids: of events that came with the evidence of others, so that all is derived anew; None: none came or went.
    """
    ingested = Ingested()
    if joined_ids is not None:
        ingested.stale, ingested.joined_ids = True, joined_ids
    accumulator = Accumulator(plan, record, record.derived, ingested.matches.append)
    if len(facts) > 1 and type(facts[0]) is not RetainedEvent:  # those are known by their place in the topic
        facts = sorted(facts, key=_OCCURRENCE)  # in order, few limits have to be looked at again
    for fact in facts:
        if type(fact) is Event:
            _take_event(plan, record, fact, accumulator, ingested)
        elif type(fact) is AttributesWritten:
            _take_attributes(record, fact, ingested)
        elif type(fact) is Verdict:
            _take_verdict(record, fact, ingested)
        elif type(fact) is SuppressionChanged:
            _take_suppression(record, fact, ingested)
        elif type(fact) is RetainedEvent:
            retain_in_place(plan, record, fact, ingested)
    if ingested.stale:
        _derive_again(plan, record, ingested)
    elif ingested.attributes_written:
        ingested.rules_changed = derive_attributes_in_place(plan, attributes_of(record), record.derived)
    if ingested.repeats:
        ingested.news = [event for event in ingested.news if event.id not in ingested.repeats]
    if plan.per_value_plans:
        update_values(plan, record.derived)
    return ingested


def count_cut(plan: Plan, matches: Sequence[RuleMatch]) -> int:
    """How many of the matches were worth more than a match may be."""
    return sum(
        matcher.number in plan.open_ended and not -LARGEST_MATCH_E15 < amount < LARGEST_MATCH_E15
        for matcher, _, amount in matches
    )


def _take_event(plan: Plan, record: Record, event: Event, accumulator: Accumulator, ingested: Ingested) -> None:
    """Store the event, where a rule cares for it, and count it."""
    derived, evidence = record.derived, record.evidence
    id_, type_, at, arrival_ms, properties, context, actor = event
    if derived.first_ms is None or at < derived.first_ms:
        derived.first_ms = at
        ingested.first_moved = True
    links = record.links
    if links is not None and links.children:
        links.first_ms = at if links.first_ms is None else min(links.first_ms, at)
    type_plan = plan.by_type.get(type_)
    if type_plan is None:
        type_plan, type_ = plan.any_type, cut(type_)
        if type_plan is None:
            return
    values = project(properties, context, type_plan.paths)
    if type_plan.is_form:
        values[ACT] = act_of(properties)
    stored = unchecked(StoredEvent, (id_, at, arrival_ms, actor, type_, values))
    if evidence.may_hold(id_):
        known = evidence.find(id_)
        if known is not None:
            _replace_if_smaller(record, known, stored, ingested)
            return
    newest_ms = derived.newest_ms
    if at > newest_ms:
        calm_from_ms, calm_until_ms = (
            plan.landmarks.calm_ms
        )  # contacts share few landmarks, and every event passes here
        if (newest_ms < calm_from_ms or at >= calm_until_ms) and plan.landmarks.is_moved(newest_ms, at):
            ingested.stale = ingested.stale or bool(len(evidence) or record.compacted is not None or links is not None)
        derived.newest_ms = at
    if links is not None and holds_elsewhere(record, id_):
        ingested.stale = True
    evidence.fresh[id_] = stored
    ingested.news.append(stored)
    if ingested.stale:
        return
    if type_plan.is_form:
        repeats = _repeats(record, stored)
        if repeats:
            ingested.repeats |= {id_}
            return
        ingested.stale = repeats is None
        if ingested.stale:
            return
    is_by_scanner: bool | None = False
    if type_plan.is_traced:
        is_by_scanner = _trace(plan, derived, stored)
        if is_by_scanner and at <= newest_ms:  # what it opened may be known already
            is_by_scanner = None
    elif derived.traces and type_ in OPENED_TYPES:
        is_by_scanner = opens_after_scanner(plan.model.scanners, derived.traces, at)
    if is_by_scanner is None or not accumulator.count(stored, type_plan, at > newest_ms, is_by_scanner):
        ingested.stale = True


def _trace(plan: Plan, derived: Derived, event: StoredEvent) -> bool | None:
    """Whether the event is a scanner's by what was done; None: by it another one may be, or may not be any more."""
    trace = click_trace_of(event)
    if trace is None or plan.model.scanners is None:
        return False
    is_by_scanner = is_scanner(plan.model.scanners, derived.traces, trace)
    derived.traces += trace
    return is_by_scanner


def _repeats(record: Record, event: StoredEvent) -> bool | None:
    """Whether the new form submission repeats one that counts; None: one that counts may repeat it.

    One that counts holds its slot from now on.
    """
    slot, verdicts = act_slot_of(event), verdicts_of(record)
    actor = verdicts[event.id][2] if event.id in verdicts else event.actor
    if slot is None or actor == SCANNER:
        return False
    derived = record.derived
    repeats = is_repeat(derived.slots, slot)
    if repeats is False:
        derived.slots += slot
    return repeats


def _replace_if_smaller(record: Record, known: StoredEvent, event: StoredEvent, ingested: Ingested) -> None:
    """Store, of two events with one id, the smaller."""
    if precedes(event, known):
        evidence = record.evidence
        evidence.replace(event if stored.id == event.id else stored for stored in evidence.events())
        ingested.news = [*(new for new in ingested.news if new.id != event.id), event]
        ingested.stale = True
    else:
        ingested.duplicates += 1


def _take_attributes(record: Record, fact: AttributesWritten, ingested: Ingested) -> None:
    """Store what was written last by (rank, occurred_at, id); of two equal in it the smaller by canonical JSON."""
    ingested.announces = ingested.announces or fact.announces
    known_count = 0
    order = write_order(fact.rank, fact.occurred_at_ms, fact.id)
    for name, value in fact.attributes.items():
        new = cut(value)
        stored = record.attributes.get(name)
        if stored is not None:
            last = order_of(stored)
            known_count += last == order
            if last > order or (last == order and canonical(stored[0]) <= canonical(new)):
                continue
        record.attributes[name] = write_of(new, fact)
        ingested.attributes_written = True
    if known_count == len(fact.attributes):
        ingested.duplicates += 1
    elif ingested.attributes_written:
        ingested.capped += _evict_oldest_attributes_in_place(record.attributes)


def _evict_oldest_attributes_in_place(attributes: dict[str, Any]) -> int:
    """Hold the attributes within their bounds: browsers' writes go first, then the oldest; how many went."""
    size_bytes, before = size_of_attributes_bytes(attributes), len(attributes)
    if before <= MOST_ATTRIBUTES and size_bytes <= MOST_ATTRIBUTE_BYTES:
        return 0
    for name, write in sorted(attributes.items(), key=lambda item: (order_of(item[1]), item[0])):
        if len(attributes) <= MOST_ATTRIBUTES and size_bytes <= MOST_ATTRIBUTE_BYTES:
            break
        size_bytes -= size_of_attribute_bytes(name, write)
        del attributes[name]
    return before - len(attributes)


def _take_verdict(record: Record, fact: Verdict, ingested: Ingested) -> None:
    """Store the verdict where it is the last by (occurred_at, id); one that comes before its event waits for it."""
    stored = record.verdicts.get(fact.event_id)
    if stored is not None and stored[:3] >= (fact.occurred_at_ms, fact.id, fact.actor):
        ingested.duplicates += 1
        return
    record.verdicts[fact.event_id] = (fact.occurred_at_ms, fact.id, fact.actor, fact.arrival_ms)
    if has_event(record, fact.event_id):
        ingested.stale = True


def _take_suppression(record: Record, fact: SuppressionChanged, ingested: Ingested) -> None:
    """Store the suppression where it is the last by (occurred_at, id)."""
    word = SuppressionWord(fact.suppressed, fact.occurred_at_ms, fact.id)
    if word != record.suppressed and last_word(record.suppressed, word) is word:
        record.suppressed = word
    else:
        ingested.duplicates += 1


def _derive_again(plan: Plan, record: Record, ingested: Ingested) -> None:
    """Derive all of the record anew, and find which matches are new."""
    before, rules = record.derived.sums, [rule.number for rule in plan.attributes]
    new_ids = {event.id for event in ingested.news}.union(ingested.joined_ids)
    ingested.matches = []

    def on_match(match: RuleMatch) -> None:
        if match[1].id in new_ids:
            ingested.matches.append(match)

    repeats: dict[str, str] = {}
    record.derived = derive(plan, record, on_match=on_match, on_repeat=repeats.__setitem__)
    ingested.repeats = frozenset(new_ids & repeats.keys())
    after = record.derived.sums
    ingested.rules_changed = {n: after.get(n, 0) for n in rules if after.get(n, 0) != before.get(n, 0)}
