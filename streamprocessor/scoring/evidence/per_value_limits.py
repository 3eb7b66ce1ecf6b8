"""How many values of a per-value score a contact has: the weakest are evicted."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from streamprocessor.scoring.events.projection import value_name
from streamprocessor.scoring.evidence.size_limits import (
    most_value_bytes,
    size_of_compacted_value_bytes,
    size_of_value_bytes,
    size_of_values_bytes,
)
from streamprocessor.scoring.evidence.union import sources_of
from streamprocessor.scoring.plan.per_value_plan import PerValuePlan
from streamprocessor.scoring.plan.plan import Plan
from streamprocessor.scoring.record.evidence import StoredEvent
from streamprocessor.scoring.record.record import Record

MOST_STORED = 5
"""Times `max_values`: at most so many are stored; where there are more, MOST_STORED - 1 times as many stay."""


def evict_weakest_in_place(plan: Plan, record: Record, *, check_size: bool) -> int:
    """Evict the weakest values where there are too many, they begin again at 0 with their next event; how many went.

    check_size: also where they take too many bytes; that changes when evidence is compacted, and is dear to find out.
    What other contacts' evidence brings can't be evicted here, so with it no size is looked at.
    """
    evicted_count = 0
    check_size = check_size and not sources_of(record)
    for score in plan.scores:
        if score.per_value is None or not score.derived_by_value(record.derived):
            continue
        most_bytes = most_value_bytes(record) // len(plan.per_value_plans) if check_size else None
        if most_bytes is not None and size_of_values_bytes(record, score.per_value.key) <= most_bytes:
            most_bytes = None
        of_score = record.derived.by_value[score.per_value.key]
        if most_bytes is None and len(of_score) <= MOST_STORED * score.per_value.most_shown:
            continue
        points = {name: score.unrounded_nano(of_value, record.at_ms) for name, of_value in of_score.items()}
        ranked = sorted(points, key=lambda name: (-points[name], name))[
            : (MOST_STORED - 1) * score.per_value.most_shown
        ]
        if most_bytes is not None:
            ranked = _within_size(score.per_value, record, ranked, most_bytes - most_bytes // 4)
        evicted = of_score.keys() - ranked
        if not evicted:
            continue
        evicted_count += len(evicted)
        for name in evicted:
            del of_score[name]
            if record.compacted is not None:
                record.compacted.by_value.get(score.per_value.key, {}).pop(name, None)
        record.evidence.replace([_without(plan, score.per_value, evicted, event) for event in record.evidence.events()])
    return evicted_count


def _within_size(per_value: PerValuePlan, record: Record, ranked: list[str], most_bytes: int) -> list[str]:
    """The first of the values that take no more than that together; one at least."""
    known = record.derived.by_value[per_value.key]
    compacted = {} if record.compacted is None else record.compacted.by_value.get(per_value.key, {})
    size_bytes = 0
    for place, name in enumerate(ranked):
        size_bytes += size_of_value_bytes(name, known[name])
        size_bytes += size_of_compacted_value_bytes(name, compacted[name]) if name in compacted else 0
        if size_bytes > most_bytes:
            return ranked[: max(1, place)]
    return ranked


def _without(plan: Plan, per_value: PerValuePlan, evicted: AbstractSet[str], event: StoredEvent) -> StoredEvent:
    """The event, which does not count for these values any more."""
    seen = plan.seen(event).properties
    if not per_value.counts(seen) or value_name(seen[per_value.path]) not in evicted:
        return event
    return event._replace(properties={**event.properties, per_value.excluded_key: True})
