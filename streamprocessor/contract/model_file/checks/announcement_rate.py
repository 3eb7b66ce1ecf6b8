"""How many steps decay makes of one match: each is a message, so a precision that makes far too many is refused."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, log10

from streamprocessor.scoring.model.model import DAY_MS, NANO
from streamprocessor.scoring.model.rules import Decay, EventRule, HalfLife, NoDecay, PointsFrom, Rule
from streamprocessor.scoring.terms.presentation import E15_A_NANO

MOST_STEPS_A_DAY = 10_000
"""One message each nine seconds for one contact, and a flood for a thousand of them; people see a few a day."""


def why_too_fine(precision_nano: int, rules: Iterable[Rule]) -> str | None:
    """The reason why the precision of a score of these rules is too fine; None: it is not, as far as can be told.

    Matches whose points come from a property without a `max` can't be judged.
    """
    for rule in rules:
        if not isinstance(rule, EventRule):
            continue
        steps = announcements_a_day(rule.decay, _largest_e15(rule.points), precision_nano)
        if steps > MOST_STEPS_A_DAY:
            coarser = precision_nano * 10 ** ceil(log10(steps / MOST_STEPS_A_DAY))
            return (
                f"decay makes {steps} steps, each a message, of one match of rule '{rule.id}' in its first day; "
                f"wanted at most {MOST_STEPS_A_DAY}, such as with precision {coarser / NANO:g} (`unrounded` tells all "
                f"digits anyway); got {precision_nano / NANO:g}"
            )
    return None


def announcements_a_day(decay: Decay, points_e15: int, precision_nano: int) -> int:
    """How many steps of the precision one match of so many points makes in its first day."""
    if isinstance(decay, NoDecay):
        return 0
    if isinstance(decay, HalfLife):
        left, jumps = 2.0 ** (-DAY_MS / decay.half_life_ms), None
    else:
        law = decay.law()
        left, jumps = law.factor(DAY_MS), law.most_jumps(DAY_MS)
    steps = int(abs(points_e15) * (1.0 - left) / (precision_nano * E15_A_NANO))
    return steps if jumps is None else min(steps, jumps)


def _largest_e15(points: int | PointsFrom) -> int:
    if not isinstance(points, PointsFrom):
        return points
    return 0 if points.max_e15 is None else max(abs(points.max_e15), abs(points.min_e15 or 0))
