"""When a score moves by itself: a cheap bound that is never late, and the exact instant."""

from __future__ import annotations

from collections.abc import Sequence
from math import log, log1p

from streamprocessor.scoring.model.model import END_OF_TIME_MS
from streamprocessor.scoring.plan.plan import ScorePlan
from streamprocessor.scoring.record.record import Derived
from streamprocessor.scoring.terms.combined import simplified
from streamprocessor.scoring.terms.presentation import DisplayCell, unrounded
from streamprocessor.scoring.terms.terms import MotionBound, Term

LN_2 = log(2.0)
SEARCH_BUDGET = 3_000
"""Evaluations after which a search is rough; those that end take some hundreds."""

ROUGH_MS = 60_000

LOOK_FAR_EACH = 4
"""The whole time ahead is looked at once in so many doublings."""


def holds_until(cell: DisplayCell, total_e15: int, bound: MotionBound, t_ms: int) -> int | None:
    """No later than the first instant after t at which the score leaves the cell; None: it never does.

    total_e15, bound: the score and how it can move, at t.
    """
    until = bound.jump_ms
    if cell.low_e15 is not None and (bound.fall or bound.fall_rate):
        falls = t_ms + _least_time(total_e15 - cell.low_e15, bound.fall, bound.fall_rate, bound.half_life_ms)
        if falls < until:
            until = falls
    if cell.high_e15 is not None and (bound.rise or bound.rise_rate):
        rises = t_ms + _least_time(cell.high_e15 - total_e15, bound.rise, bound.rise_rate, bound.half_life_ms)
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


class CrossingSearch:
    """The search for the first instant at which a score leaves [low, high): bounds over ever smaller spans of time.

    It is exact to the millisecond. Only a score that hovers at its edge for ages, made of opposite parts that cancel
    out, uses up the budget; from there on, excursions shorter than a 256th of the time searched may be missed.
    """

    __slots__ = ("_derived", "_from_ms", "_high", "_low", "_plan", "_terms", "evaluations_left")

    def __init__(self, plan: ScorePlan, derived: Derived, cell: tuple[int | None, int | None]) -> None:
        """Search the score's way out of the cell.

        cell: (low, high) of the unrounded score, nano; None: no such end.
        """
        self._plan, self._derived = plan, derived
        self._low, self._high = cell
        self._terms: Sequence[Term] = plan.terms
        self._from_ms = 0
        self.evaluations_left = SEARCH_BUDGET

    def first(self, from_ms: int, until_ms: int = END_OF_TIME_MS) -> int | None:
        """The first instant in [from, until] at which the score is outside; None: there is none.

        Spans double from `from` on, so near instants are found fast, whatever lies far away.
        """
        self._terms = simplified(self._plan.terms, self._derived, from_ms)
        self._from_ms = start = from_ms
        width = 1
        while start <= until_ms:
            if width.bit_length() % LOOK_FAR_EACH == 1 and self._stays(start, until_ms):
                return None
            end = min(start + width - 1, until_ms)
            crossing_ms = self._search(start, end)
            if crossing_ms is not None:
                return self._confirm(crossing_ms, until_ms)
            start, width = end + 1, width * 2
        return None

    def _search(self, from_ms: int, to_ms: int) -> int | None:
        """The first instant in [from, to] that may be outside; None: there is none."""
        if self._stays(from_ms, to_ms):
            return None
        if from_ms == to_ms:
            return from_ms
        middle = (from_ms + to_ms) // 2
        if self.evaluations_left < 0 and to_ms - from_ms <= max(ROUGH_MS, (from_ms - self._from_ms) >> 8):
            probes = (from_ms, middle, to_ms)
            return next((probe for probe in probes if not self._stays(probe, probe)), None)
        crossing_ms = self._search(from_ms, middle)
        return self._search(middle + 1, to_ms) if crossing_ms is None else crossing_ms

    def _stays(self, from_ms: int, to_ms: int) -> bool:
        """Whether the score surely stays inside over [from, to]; where they are one instant: whether it is inside."""
        self.evaluations_left -= 1
        low = high = 0
        for term in self._terms:
            term_low, term_high = term.bounds(self._derived, from_ms, to_ms)
            low += term_low
            high += term_high
        stays_above = self._low is None or unrounded(low) >= self._low
        return stays_above and (self._high is None or unrounded(high) < self._high)

    def _confirm(self, crossing_ms: int, until_ms: int) -> int | None:
        """The instant, or one beside it, by the very sum that is shown: simplifying may move its last digit."""
        for instant in range(max(self._from_ms, crossing_ms - 1), min(crossing_ms + 2, until_ms + 1)):
            exact = self._plan.unrounded_nano(self._derived, instant)
            if (self._low is not None and exact < self._low) or (self._high is not None and exact >= self._high):
                return instant
        return None if crossing_ms >= until_ms else crossing_ms
