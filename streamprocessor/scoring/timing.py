"""When a score moves by itself: a cheap bound that is never late, and the exact instant."""

from __future__ import annotations

from math import log, log1p

from streamprocessor.scoring.plan import ScorePlan
from streamprocessor.scoring.presented import Cell, unrounded
from streamprocessor.scoring.record import Derived
from streamprocessor.scoring.terms import END_OF_TIME_MS, Gauge

LN_2 = log(2.0)
SEARCH_BUDGET = 20_000
"""Evaluations that one search may cost. Only scores made of opposite terms that cancel out come near it."""


def total_at(plan: ScorePlan, derived: Derived, t_ms: int) -> int:
    """The score at t, e15, before rounding."""
    return sum(term.value(derived, t_ms) for term in plan.terms)


def unrounded_at(plan: ScorePlan, derived: Derived, t_ms: int) -> int:
    """The score at t as an integer of 10⁻⁹."""
    return unrounded(total_at(plan, derived, t_ms))


def holds_until(cell: Cell, total_e15: int, gauge: Gauge, t_ms: int) -> int | None:
    """No later than the first instant after t at which the score leaves the cell; None: it never does.

    total_e15 and the gauge are the score's at t.
    """
    until = gauge.jump_ms
    if cell.low_e15 is not None and (gauge.fall or gauge.fall_rate):
        falls = t_ms + _least_time(total_e15 - cell.low_e15, gauge.fall, gauge.fall_rate, gauge.half_life_ms)
        if falls < until:
            until = falls
    if cell.high_e15 is not None and (gauge.rise or gauge.rise_rate):
        rises = t_ms + _least_time(cell.high_e15 - total_e15, gauge.rise, gauge.rise_rate, gauge.half_life_ms)
        if rises < until:
            until = rises
    return until if until < END_OF_TIME_MS else None


def _least_time(margin: int, decaying: int, rate: float, half_life_ms: float) -> int:
    """The least time, ms, in which F·(1 - 2^(-τ/H)) + rate·τ can reach the margin; at least 1.

    The margin is taken a little smaller than it is, for what floating point may hide.
    """
    margin -= (decaying >> 48) + 64
    if margin <= 0:
        return 1
    if rate:
        time = margin / (decaying * LN_2 / half_life_ms + rate)
    elif margin >= decaying:
        return END_OF_TIME_MS
    else:
        time = log1p(-margin / decaying) * half_life_ms / -LN_2
    return int(time * (1.0 - 1e-12)) or 1 if time < END_OF_TIME_MS else END_OF_TIME_MS


class Exit:
    """The search for the first instant at which a score leaves [low, high): bounds over ever smaller spans of time."""

    __slots__ = ("_budget", "_derived", "_high", "_low", "_plan")

    def __init__(self, plan: ScorePlan, derived: Derived, low: int | None, high: int | None) -> None:
        """low, high: unrounded, nano; None: no such end."""
        self._plan, self._derived = plan, derived
        self._low, self._high = low, high
        self._budget = SEARCH_BUDGET

    def first(self, from_ms: int, until_ms: int = END_OF_TIME_MS) -> tuple[int | None, bool]:
        """(instant, True): the first one outside, or None; (instant, False): none before it, unsure from it on.

        Spans double from `from` on, so near instants are found fast, whatever lies far away.
        """
        start, width = from_ms, 1
        while start <= until_ms:
            if self._stays(start, until_ms):
                return None, True
            end = min(start + width - 1, until_ms)
            found = self._search(start, end)
            if found is not None:
                return found, self._budget > 0
            start, width = end + 1, width * 2
        return None, True

    def _search(self, from_ms: int, to_ms: int) -> int | None:
        if self._budget <= 0:
            return from_ms
        if self._stays(from_ms, to_ms):
            return None
        if from_ms == to_ms:
            return from_ms
        middle = (from_ms + to_ms) // 2
        found = self._search(from_ms, middle)
        return self._search(middle + 1, to_ms) if found is None else found

    def _stays(self, from_ms: int, to_ms: int) -> bool:
        """Whether it surely stays inside over [from, to]; where they are one instant: whether it is inside."""
        self._budget -= 1
        low = high = 0
        for term in self._plan.terms:
            term_low, term_high = term.bounds(self._derived, from_ms, to_ms)
            low += term_low
            high += term_high
        stays_above = self._low is None or unrounded(low) >= self._low
        return stays_above and (self._high is None or unrounded(high) < self._high)
