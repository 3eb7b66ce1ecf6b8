"""How many bytes a record takes, about and rather more, and how many of them its evidence may take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from streamprocessor.scoring.canonical import LONGEST, cut
from streamprocessor.scoring.evidence.union import compacted_of, sources_of
from streamprocessor.scoring.record.evidence import Compacted, StoredEvent
from streamprocessor.scoring.record.links import EvidenceSource
from streamprocessor.scoring.record.record import Derived, Record

MOST_EVENTS, EVENTS_LEFT = 1_000, 900
MOST_BYTES = 48 * 1024
MOST_RECORD_BYTES = 56 * 1024
"""For all that is measured; what is not, such as offsets and what is shown, has the rest of 64 KiB."""

LEAST_BYTES = 8 * 1024
"""Evidence may always take so much; smaller evidence is not measured."""

MOST_ATTRIBUTES, MOST_ATTRIBUTE_BYTES = 256, 16 * 1024
MOST_VERDICT_BYTES = 8 * 1024

MARK_BYTES = 8
SLOT_BYTES = 8
SLOT_IN_TIME_BYTES = 16
SUM_BYTES = 12
SHOWN_BYTES = 32
MATCH_BYTES = 48
"""More than the 18 that it takes: each match is looked at in each evaluation, too."""


def is_over_limit(record: Record) -> bool:
    """Whether there are more stored events than a record may hold, or they take more bytes than they may."""
    evidences = [record.evidence, *(source.evidence for source in sources_of(record))]
    count = sum(map(len, evidences))
    if count > MOST_EVENTS:
        return True
    size_bytes = sum(
        len(evidence.packed) + sum(size_of_event_bytes(event) for event in evidence.fresh.values())
        for evidence in evidences
    )
    if size_bytes <= LEAST_BYTES:
        return False
    derived = record.derived
    matches = sum(len(matches) for matches in derived.matches.values())
    matches -= sum(len(rule.matches) for compacted in compacted_of(record) for rule in compacted.rules.values())
    size_bytes += count * MARK_BYTES + len(derived.slots) + len(derived.traces) + matches * MATCH_BYTES
    return size_bytes > most_event_bytes(record)


def most_event_bytes(record: Record) -> int:
    """What stored events and what is derived of them may take beside everything else that the record holds."""
    keys = set(record.derived.by_value).union(*(compacted.by_value for compacted in compacted_of(record)))
    others = _size_of_others_bytes(record) + sum(size_of_values_bytes(record, key) for key in keys)
    return max(LEAST_BYTES, min(MOST_BYTES, MOST_RECORD_BYTES - others))


def most_value_bytes(record: Record) -> int:
    """What the values of all per-value scores may take, so that stored events have their least."""
    return max(LEAST_BYTES, MOST_RECORD_BYTES - LEAST_BYTES - _size_of_others_bytes(record))


def _size_of_others_bytes(record: Record) -> int:
    """The size of all that is neither stored events, with what is derived of them, nor values."""
    holders: list[Record | EvidenceSource] = [record, *sources_of(record)]
    return sum(
        size_of_compacted_bytes(holder.compacted)
        + size_of_attributes_bytes(holder.attributes)
        + size_of_verdicts_bytes(holder)
        for holder in holders
    )


def size_of_compacted_bytes(compacted: Compacted | None) -> int:
    """The size of compacted limit keys, matches and names, but not of values; 0 of None."""
    if compacted is None:
        return 0
    rules = sum(
        40 + len(key) + len(rule.slots) + len(rule.matches) * MATCH_BYTES for key, rule in compacted.rules.items()
    )
    return rules + sum(10 + len(type_) for type_ in compacted.last_ms)


def size_of_values_bytes(record: Record, key: str) -> int:
    """The size of all values of the per-value score of this key: what is derived of them, and what was compacted."""
    known = record.derived.by_value.get(key, {})
    size_bytes = sum(map(size_of_value_bytes, known, known.values()))
    for compacted in compacted_of(record):
        values = compacted.by_value.get(key, {})
        size_bytes += sum(map(size_of_compacted_value_bytes, values, values.values()))
    return size_bytes


def size_of_value_bytes(name: str, derived: Derived) -> int:
    """The size of a value's name, sums and times, and of how it is shown; what its stored events take is not in it."""
    return SHOWN_BYTES + 2 * _size_of_value(name) + SUM_BYTES * (len(derived.sums) + len(derived.last_ms))


def size_of_compacted_value_bytes(name: str, compacted: Compacted) -> int:
    """The size of what was compacted of a value."""
    return 16 + _size_of_value(name) + size_of_compacted_bytes(compacted)


def size_of_attributes_bytes(attributes: Mapping[str, Any]) -> int:
    """The size of all attributes: their names, values and the ids of their writes."""
    return sum(size_of_attribute_bytes(name, written) for name, written in attributes.items())


def attributes_over_limit(attributes: Mapping[str, Any], update_id: str) -> list[str]:
    """The names of one update's attributes, the last ones, that are more than a contact can have."""
    room_bytes, left_out = MOST_ATTRIBUTE_BYTES, []
    for count, (name, value) in enumerate(attributes.items(), 1):
        room_bytes -= size_of_attribute_bytes(name, [cut(value), 0, update_id])
        if count > MOST_ATTRIBUTES or room_bytes < 0:
            left_out.append(name)
    return left_out


def size_of_attribute_bytes(name: str, written: Any) -> int:
    """The size of an attribute: its name, its value, and the id of its last write."""
    return 16 + _size_of_value(name) + _size_of_value(written[0]) + len(written[2])


def size_of_verdicts_bytes(record: Record | EvidenceSource) -> int:
    """The size of all verdicts."""
    return sum(size_of_verdict_bytes(event_id, verdict) for event_id, verdict in record.verdicts.items())


def size_of_verdict_bytes(event_id: str, verdict: tuple[int, str, str, int]) -> int:
    """The size of a verdict: the id of its event and its own."""
    return 24 + len(event_id) + len(verdict[1])


def events_over_limit(record: Record, sizes: Iterable[int]) -> int:
    """How many events of these sizes, the oldest first, must go, so that what stays is well within bounds."""
    sizes_bytes = list(sizes)
    size_bytes, most_bytes = sum(sizes_bytes), most_event_bytes(record)
    if len(sizes_bytes) <= MOST_EVENTS and size_bytes <= most_bytes:
        return 0
    count, most_left_bytes = 0, most_bytes - most_bytes // 6
    while len(sizes_bytes) - count > EVENTS_LEFT or size_bytes > most_left_bytes:
        size_bytes -= sizes_bytes[count]
        count += 1
    return count


def size_of_event_bytes(event: StoredEvent) -> int:
    """About how many bytes the event takes when packed, rather more."""
    values = sum(len(path) + _size_of_value(value) for path, value in event.properties.items())
    return 24 + len(event.id) + len(event.type) + values


def _size_of_value(value: object) -> int:
    """About how many bytes a JSON value takes, rather more."""
    if isinstance(value, str):
        return 5 + (len(value) if value.isascii() else 3 * len(value))
    return LONGEST if isinstance(value, dict | list) else 9
