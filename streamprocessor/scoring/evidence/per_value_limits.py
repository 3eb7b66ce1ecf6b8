"""How many values of a per-value score a contact keeps: the weakest are evicted."""

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
from streamprocessor.scoring.plan.per_value_plan import ValuesPlan
from streamprocessor.scoring.plan.plan import Plan, known_values, unrounded_at
from streamprocessor.scoring.record.evidence import StoredEvent
from streamprocessor.scoring.record.record import Record

MOST_KEPT = 5
"""Times `max_values`: at most so many are kept; where there are more, MOST_KEPT - 1 times as many stay."""


def evict_weakest(plan: Plan, record: Record, *, is_weighed: bool) -> int:
    """Forget the weakest values where too many are kept: they begin again at 0 with their next event; how many.

    is_weighed: also where they are too heavy; it changes with what is folded, and is dear to tell. What other contacts'
    evidence brings can't be forgotten here, so with it nothing is weighed.
    """
    forgotten = 0
    is_weighed = is_weighed and not sources_of(record)
    for score in plan.scores:
        if score.values is None or not known_values(score, record.derived):
            continue
        most_bytes = most_value_bytes(record) // len(plan.values) if is_weighed else None
        if most_bytes is not None and size_of_values_bytes(record, score.values.key) <= most_bytes:
            most_bytes = None
        of_score = record.derived.by[score.values.key]
        if most_bytes is None and len(of_score) <= MOST_KEPT * score.values.most_shown:
            continue
        points = {name: unrounded_at(score, of_value, record.at_ms) for name, of_value in of_score.items()}
        ranked = sorted(points, key=lambda name: (-points[name], name))[: (MOST_KEPT - 1) * score.values.most_shown]
        if most_bytes is not None:
            ranked = _light_enough(score.values, record, ranked, most_bytes - most_bytes // 4)
        going = of_score.keys() - ranked
        if not going:
            continue
        forgotten += len(going)
        for name in going:
            del of_score[name]
            if record.compacted is not None:
                record.compacted.by.get(score.values.key, {}).pop(name, None)
        record.evidence.replace([_without(score.values, going, piece) for piece in record.evidence.events()])
    return forgotten


def _light_enough(values: ValuesPlan, record: Record, ranked: list[str], most_bytes: int) -> list[str]:
    """The first of the values that weigh no more than that together; one at least."""
    known = record.derived.by[values.key]
    folded = {} if record.compacted is None else record.compacted.by.get(values.key, {})
    weight = 0
    for place, name in enumerate(ranked):
        weight += size_of_value_bytes(name, known[name])
        weight += size_of_compacted_value_bytes(name, folded[name]) if name in folded else 0
        if weight > most_bytes:
            return ranked[: max(1, place)]
    return ranked


def _without(values: ValuesPlan, going: AbstractSet[str], piece: StoredEvent) -> StoredEvent:
    """The piece, which does not count for these values any more."""
    if not values.may_take(piece.properties) or value_name(piece.properties[values.path]) not in going:
        return piece
    return piece._replace(properties={**piece.properties, values.forgotten: True})
