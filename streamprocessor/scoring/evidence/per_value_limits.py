"""How many values of a per-value score a contact keeps: the weakest are evicted."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from streamprocessor.scoring.events.projection import value_name
from streamprocessor.scoring.evidence.size_limits import (
    most_value_bytes,
    weight_of_folded_value,
    weight_of_value,
    weight_of_values,
)
from streamprocessor.scoring.evidence.union import sources_of
from streamprocessor.scoring.plan.per_value_plan import ValuesPlan
from streamprocessor.scoring.plan.plan import Plan, known_values, unrounded_at
from streamprocessor.scoring.record.evidence import Piece
from streamprocessor.scoring.record.record import Record

MOST_KEPT = 5
"""Times `max_values`: at most so many are kept; where there are more, MOST_KEPT - 1 times as many stay."""


def forget_weakest(plan: Plan, record: Record, *, is_weighed: bool) -> int:
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
        if most_bytes is not None and weight_of_values(record, score.values.key) <= most_bytes:
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
            if record.folded is not None:
                record.folded.by.get(score.values.key, {}).pop(name, None)
        record.evidence.replace([_without(score.values, going, piece) for piece in record.evidence.pieces()])
    return forgotten


def _light_enough(values: ValuesPlan, record: Record, ranked: list[str], most_bytes: int) -> list[str]:
    """The first of the values that weigh no more than that together; one at least."""
    known = record.derived.by[values.key]
    folded = {} if record.folded is None else record.folded.by.get(values.key, {})
    weight = 0
    for place, name in enumerate(ranked):
        weight += weight_of_value(name, known[name])
        weight += weight_of_folded_value(name, folded[name]) if name in folded else 0
        if weight > most_bytes:
            return ranked[: max(1, place)]
    return ranked


def _without(values: ValuesPlan, going: AbstractSet[str], piece: Piece) -> Piece:
    """The piece, which does not count for these values any more."""
    if not values.may_take(piece.kept) or value_name(piece.kept[values.path]) not in going:
        return piece
    return piece._replace(kept={**piece.kept, values.forgotten: True})
