"""What input topics that are read a second time add to what is kept of a contact: events and attributes, each once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any, NamedTuple

from streamprocessor.scoring.canonical import canonical
from streamprocessor.scoring.events.projection import precedes
from streamprocessor.scoring.evidence.derive import RuleMatch, derive
from streamprocessor.scoring.evidence.union import attributes_of, verdicts_of
from streamprocessor.scoring.plan.plan import Plan
from streamprocessor.scoring.record.evidence import Evidence, StoredEvent
from streamprocessor.scoring.record.links import NEVER, ChildEvidence, EvidenceSource, IdentityLinks
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.record.suppression import last_word


class Addition(NamedTuple):
    """What the second reading did.

    is_any: whether the record has other evidence by it; `derived` is to be made anew then.
    is_missing_some: whether the record has what was not read again, for its topics hold it no more.
    """

    is_any: bool
    is_missing_some: bool


def is_single(record: Record) -> bool:
    """Whether all evidence of the record is stored one by one, and none of it is another contact's."""
    return record.compacted is None and record.links is None


def add_reading_in_place(contact: str, record: Record, reading: Record) -> Addition:
    """Let the record have what both have. Of both `is_single` holds.

    Of an event that both have, what both know of it counts; of two at odds under one id the smaller.
    """
    known = {event.id: event for event in record.evidence.events()}
    read = {event.id: event for event in reading.evidence.events()}
    events = {
        id_: event if id_ not in read else _fuller(event, read[id_]) if id_ in known else read[id_]
        for id_, event in (read | known).items()
    }
    attributes, verdicts = _words_of_both(contact, record, reading)
    suppressed = last_word(record.suppressed, reading.suppressed)
    firsts_ms = [first for first in (record.derived.first_ms, reading.derived.first_ms) if first is not None]
    first_ms = min(firsts_ms, default=None)
    is_missing_some = bool(known.keys() - read.keys() or attributes.keys() - reading.attributes.keys())
    before = (known, record.attributes, record.verdicts, record.suppressed, record.derived.first_ms)
    if (events, attributes, verdicts, suppressed, first_ms) == before:
        return Addition(is_any=False, is_missing_some=is_missing_some)
    record.evidence.replace(events.values())
    record.attributes, record.verdicts, record.suppressed = attributes, verdicts, suppressed
    record.derived.first_ms = first_ms
    instants_ms = [at for at in (record.compact_at_ms, reading.compact_at_ms) if at is not None]
    record.compact_at_ms = min(instants_ms, default=None)
    return Addition(is_any=True, is_missing_some=is_missing_some)


def has_all_of(plan: Plan, reading: Record, record: Record) -> bool:
    """Whether the reading has all events that the record has, of which some are in sums and have no ids any more.

    Of a contact the topics hold a part of what the record was made of: where each rule counts as often, it is all.
    """
    if reading.links is not None or record.links is not None or reading.derived.first_ms != record.derived.first_ms:
        return False
    read = {event.id: event for event in reading.evidence.events()}
    known = {event.id: read.get(event.id, event) for event in record.evidence.events()}  # with what rules newly ask for
    counts, last_ms = _counts(plan, replace(record, evidence=Evidence(fresh=known)))
    read_counts, read_last_ms = _counts(plan, reading)
    return all(read_counts[key] == count for key, count in counts.items()) and all(
        read_last_ms.get(type_, 0) >= at_ms for type_, at_ms in last_ms.items()
    )


def take_words_in_place(contact: str, reading: Record, record: Record) -> None:
    """Let the reading have the attributes and verdicts of both."""
    reading.attributes, reading.verdicts = _words_of_both(contact, record, reading)


def _counts(plan: Plan, record: Record) -> tuple[Counter[str], dict[str, int]]:
    """How often each rule counts, in sums and one by one; and by event type when the last one of it occurred."""
    counts: Counter[str] = Counter()
    last_ms: dict[str, int] = {}

    def on_match(match: RuleMatch) -> None:
        counts[match[0].key] += 1

    derive(plan, record, on_match=on_match)
    for event in record.evidence.events():
        last_ms[event.type] = max(event.occurred_at_ms, last_ms.get(event.type, 0))
    compacted = record.compacted
    if compacted is not None:
        values = [value for of_score in compacted.by_value.values() for value in of_score.values()]
        for each in (compacted, *values):
            for key, rule in each.rules.items():
                counts[key] += rule.count
        for type_, at_ms in compacted.last_ms.items():
            last_ms[type_] = max(at_ms, last_ms.get(type_, 0))
    return counts, last_ms


def _words_of_both(
    contact: str, record: Record, reading: Record
) -> tuple[dict[str, Any], dict[str, tuple[int, str, str, int]]]:
    """Each attribute's last write, and each event's last verdict."""
    source = EvidenceSource(contact, "", NEVER, attributes=reading.attributes, verdicts=reading.verdicts)
    children = {contact: ChildEvidence(0, [source])}
    both = Record(attributes=record.attributes, verdicts=record.verdicts, links=IdentityLinks(children=children))
    return dict(attributes_of(both)), dict(verdicts_of(both))


def _fuller(event: StoredEvent, again: StoredEvent) -> StoredEvent:
    """The event with what both know of it; where they are at odds, the smaller of the two."""
    is_same = (event.occurred_at_ms, event.type) == (again.occurred_at_ms, again.type) and all(
        canonical(event.properties[name]) == canonical(again.properties[name])
        for name in event.properties.keys() & again.properties.keys()
    )
    if not is_same:
        return again if precedes(again, event) else event
    arrival_ms = min(event.arrival_ms, again.arrival_ms)
    return event._replace(arrival_ms=arrival_ms, properties=event.properties | again.properties)
