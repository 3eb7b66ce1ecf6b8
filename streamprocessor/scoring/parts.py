"""What one match is worth at an instant, and how an explanation says it."""

from __future__ import annotations

from streamprocessor.scoring.deriving import Match
from streamprocessor.scoring.live import LawTerm
from streamprocessor.scoring.named_tuples import made
from streamprocessor.scoring.plan import Plan
from streamprocessor.scoring.presented import E15_A_NANO, HALF_NANO_E15
from streamprocessor.scoring.steps import Part


def worth(plan: Plan, match: Match, t_ms: int) -> tuple[int, float | None]:
    """(points e15, what is left of 1) of the match at t; 0 and None: of a rule that is not the sum of its matches."""
    matcher, piece, amount = match
    half_life_ms = matcher.half_life_ms
    if half_life_ms is None:
        term = plan.live[matcher.number]
        if not isinstance(term, LawTerm):
            return 0, None
        factor = term.law.factor(t_ms - piece.occurred_at_ms)
    elif half_life_ms:
        factor = 2.0 ** ((piece.occurred_at_ms - t_ms) / half_life_ms)
    else:
        factor = 1.0
    return amount if factor == 1.0 else int(amount * factor), factor


def match_part(match: Match, points_e15: int, factor: float | None) -> Part:
    """The part of a match that is worth so much."""
    matcher, (id_, at, _, actor, _, _), amount = match
    of_nano = None if factor is None else (amount + HALF_NANO_E15) // E15_A_NANO
    points_nano = (points_e15 + HALF_NANO_E15) // E15_A_NANO
    return made(Part, (matcher.rule.id, points_nano, matcher.kind, id_, at, of_nano, factor, actor, None, None))


def nano(points_e15: int) -> int:
    """The points as an integer of 10⁻⁹, rounded half up."""
    return (points_e15 + HALF_NANO_E15) // E15_A_NANO
