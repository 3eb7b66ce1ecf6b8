"""The evidence of a contact together with that of all who are linked to it: one set, one event an id."""

from __future__ import annotations

from functools import reduce
from typing import Any

from streamprocessor.scoring.canonical import canonical
from streamprocessor.scoring.events.projection import precedes
from streamprocessor.scoring.record.attribute_writes import order_of
from streamprocessor.scoring.record.evidence import Compacted, StoredEvent
from streamprocessor.scoring.record.links import EvidenceSource
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.record.suppression import SuppressionWord, last_word

Verdicts = dict[str, tuple[int, str, str, int]]


def sources_of(record: Record) -> list[EvidenceSource]:
    """The evidence that came from others; most contacts have none."""
    return [] if record.links is None else record.links.sources()


def events_of(record: Record) -> list[StoredEvent]:
    """All stored events, in no order that means anything; of two with one id the smaller."""
    sources = sources_of(record)
    own = record.evidence.events()
    if not sources:
        return own
    by_id = {event.id: event for event in own}
    for source in sources:
        for event in source.evidence.events():
            known = by_id.get(event.id)
            if known is None or precedes(event, known):
                by_id[event.id] = event
    return list(by_id.values())


def holds_elsewhere(record: Record, event_id: str) -> bool:
    """Whether evidence that came from others may hold this id; False only where it does not."""
    return any(source.evidence.may_hold(event_id) for source in sources_of(record))


def has_event(record: Record, event_id: str) -> bool:
    """Whether any stored event has this id."""
    if record.evidence.find(event_id) is not None:
        return True
    return any(source.evidence.find(event_id) is not None for source in sources_of(record))


def attributes_of(record: Record) -> dict[str, Any]:
    """Each attribute's last write by (rank, occurred_at, id); of two equal in it the smaller by canonical JSON."""
    sources = sources_of(record)
    if not sources:
        return record.attributes
    attributes = dict(record.attributes)
    for source in sources:
        for name, written in source.attributes.items():
            known = attributes.get(name)
            if known is None or _is_later(written, known):
                attributes[name] = written
    return attributes


def verdicts_of(record: Record) -> Verdicts:
    """Each event's last verdict."""
    sources = sources_of(record)
    if not sources:
        return record.verdicts
    verdicts = dict(record.verdicts)
    for source in sources:
        for event_id, verdict in source.verdicts.items():
            known = verdicts.get(event_id)
            if known is None or verdict[:3] > known[:3]:
                verdicts[event_id] = verdict
    return verdicts


def suppression_of(record: Record) -> SuppressionWord:
    """The last word on whether the contact is suppressed."""
    words = [record.suppressed, *(source.suppressed for source in sources_of(record))]
    return reduce(last_word, words, record.derived.suppression)


def is_suppressed(record: Record) -> bool:
    """Whether the contact is suppressed, by the last word on it."""
    return suppression_of(record).suppressed


def compacted_of(record: Record) -> list[Compacted]:
    """All that was compacted; what was compacted under two ids is added."""
    own = [] if record.compacted is None else [record.compacted]
    return own + [source.compacted for source in sources_of(record) if source.compacted is not None]


def first_of(record: Record) -> int | None:
    """occurred_at of the first event of any class; None: there is none."""
    if record.links is None or not record.links.children:
        return record.derived.first_ms
    firsts = [record.links.first_ms, *(source.first_ms for source in record.links.sources())]
    return min((first for first in firsts if first is not None), default=None)


def _is_later(written: Any, known: Any) -> bool:
    """Whether a write of an attribute holds against the known one."""
    order, known_order = order_of(written), order_of(known)
    if order != known_order:
        return order > known_order
    return canonical(written[0]) < canonical(known[0])
