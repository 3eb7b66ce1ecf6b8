"""What each law of decay leaves of a point, read from SCORING.md a second time, slowly."""

from __future__ import annotations

import math
from decimal import Context, Decimal
from functools import lru_cache

from streamprocessor.scoring.model.model import DAY_MS
from streamprocessor.scoring.model.rules import Decay, HalfLife, NoDecay
from streamprocessor.scoring.terms.decay_laws import ExpiresAfter, Linear, PercentPerDayEvery, StepDecay

LN_2 = Decimal(2).ln(Context(prec=70))
NOTHING = 1e-15  # a match worth less can't move a score of nine decimals
ZERO, ONE = Decimal(0), Decimal(1)


def decimal(number: float) -> Decimal:
    """The number as it was written: 0.1 is a tenth."""
    return Decimal(repr(number))


@lru_cache(maxsize=100_000)
def factor(law: Decay, age_ms: int) -> Decimal:
    """What is left at this age of one point. Only called in fifty digits."""
    match law:
        case NoDecay():
            return ONE
        case HalfLife(half_life_ms):
            return (-LN_2 * age_ms / decimal(half_life_ms)).exp()
        case PercentPerDayEvery(fraction, every_ms):
            return (1 - decimal(fraction)) ** (Decimal(age_ms // every_ms * every_ms) / DAY_MS)
        case Linear(lose, per_ms):
            return max(ZERO, 1 - decimal(lose) * age_ms / per_ms)
        case StepDecay(lose, every_ms, True):
            steps = age_ms // every_ms
            return (1 - decimal(lose)) ** steps if steps else ONE  # 0 ** 0 is no number to Decimal
        case StepDecay(lose, every_ms, False):
            return max(ZERO, 1 - decimal(lose) * (age_ms // every_ms))
        case ExpiresAfter(after_ms):
            return ONE if age_ms < after_ms else ZERO
    raise NotImplementedError(law)


def dead_after_ms(law: Decay, match_points: Decimal) -> int:
    """The age from which on a match is worth nothing, or for good what it is worth."""
    halvings = math.log(max(float(abs(match_points)), 1e-9) / NOTHING)
    match law:
        case NoDecay():
            return 0
        case HalfLife(half_life_ms):
            return math.ceil(half_life_ms * halvings / math.log(2))
        case PercentPerDayEvery(fraction, every_ms):
            return math.ceil(DAY_MS * halvings / -math.log1p(-fraction)) + every_ms
        case Linear(lose, per_ms):
            return math.ceil(per_ms / lose) + 1
        case StepDecay(lose, every_ms, compound):
            steps = halvings / -math.log1p(-lose) if compound and lose < 1 else 1 / lose
            return every_ms * (math.ceil(steps) + 1)
        case ExpiresAfter(after_ms):
            return after_ms
    raise NotImplementedError(law)


def law_rhythm(law: Decay) -> list[tuple[int, int]]:
    """(first, period): the ages at which something jumps."""
    match law:
        case PercentPerDayEvery(every_ms=every_ms) | StepDecay(every_ms=every_ms):
            return [(every_ms, every_ms)]
        case ExpiresAfter(after_ms):
            return [(after_ms, 0)]
        case Linear(lose, per_ms):
            return [(math.ceil(per_ms / lose), 0)]
    return []
