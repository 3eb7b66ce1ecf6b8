"""Terms of combined scores, and sums of terms brought down to as few as can be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from streamprocessor.scoring.model.model import END_OF_TIME_MS, NANO
from streamprocessor.scoring.record.record import Derived
from streamprocessor.scoring.terms.presentation import LARGEST_SCORE_E15
from streamprocessor.scoring.terms.terms import (
    LANDMARK_HALF_LIVES,
    CappedTerm,
    ConstantTerm,
    ExponentialTerm,
    MotionBound,
    Term,
)


def scaled(points_e15: int, weight_nano: int) -> int:
    """The points times the weight, e15, rounded half up.

    >>> scaled(5 * 10**15, 700_000_000)
    3500000000000000
    """
    return points_e15 if weight_nano == NANO else (points_e15 * weight_nano + NANO // 2) // NANO


def cut_score(total_e15: int) -> int:
    """The sum of a score, cut where it is larger than a score can be."""
    return max(-LARGEST_SCORE_E15, min(LARGEST_SCORE_E15, total_e15))


class ComponentTerm:
    """One score within another: its sum, cut as a score is and times its weight; 0 where it does not apply.

    applies: the number that is among the sums while the score applies; None: always.
    """

    __slots__ = ("applies", "terms", "weight_nano")

    def __init__(self, terms: Sequence[Term], weight_nano: int, applies: int | None) -> None:
        """Make the sum of these terms a component."""
        self.terms, self.weight_nano, self.applies = tuple(terms), weight_nano, applies

    def is_null(self, derived: Derived) -> bool:
        """Whether the score does not apply."""
        return self.applies is not None and self.applies not in derived.sums

    def value(self, derived: Derived, t_ms: int) -> int:
        """The component's share of the combined score at t, e15."""
        if self.is_null(derived):
            return 0
        return scaled(cut_score(sum(term.value(derived, t_ms) for term in self.terms)), self.weight_nano)

    def bounds(self, derived: Derived, from_ms: int, to_ms: int) -> tuple[int, int]:
        """(low, high) of the share over [from, to]: a weight keeps the order of points, or turns it round."""
        if self.is_null(derived):
            return 0, 0
        low, high = self.sum_bounds(derived, from_ms, to_ms)
        ends = scaled(cut_score(low), self.weight_nano), scaled(cut_score(high), self.weight_nano)
        return min(ends), max(ends)

    def value_and_bound(self, derived: Derived, t_ms: int, bound: MotionBound) -> int:
        """The share at t, e15; it moves by no more than the component's terms do, times the weight."""
        if self.is_null(derived):
            return 0
        inner = MotionBound()
        total = 0
        for term in self.terms:
            total += term.value_and_bound(derived, t_ms, inner)
        size = abs(self.weight_nano)
        fall, rise = -(-inner.fall * size // NANO), -(-inner.rise * size // NANO)
        fall_rate, rise_rate = inner.fall_rate * size / NANO, inner.rise_rate * size / NANO
        if self.weight_nano < 0:
            fall, rise, fall_rate, rise_rate = rise, fall, rise_rate, fall_rate
        bound.fall += fall
        bound.rise += rise
        bound.fall_rate += fall_rate
        bound.rise_rate += rise_rate
        bound.jump_ms = min(bound.jump_ms, inner.jump_ms)
        bound.half_life_ms = min(bound.half_life_ms, inner.half_life_ms)
        return scaled(cut_score(total), self.weight_nano)

    def sum_bounds(self, derived: Derived, from_ms: int, to_ms: int) -> tuple[int, int]:
        """(low, high) of the component's own sum over [from, to], neither cut nor weighted."""
        low = high = 0
        for term in self.terms:
            term_low, term_high = term.bounds(derived, from_ms, to_ms)
            low += term_low
            high += term_high
        return low, high

    def is_never_cut(self, derived: Derived, from_ms: int) -> bool:
        """Whether the component's sum surely is no larger than a score can be from here on."""
        low, high = self.sum_bounds(derived, from_ms, END_OF_TIME_MS)
        return low >= -LARGEST_SCORE_E15 and high <= LARGEST_SCORE_E15


class BlendTerm:
    """Rules of one half-life, each times a weight, as one exponential; half_life_ms None: they stand for ever."""

    __slots__ = ("half_life_ms", "weights")

    def __init__(self, weights: Iterable[tuple[int, int]], half_life_ms: float | None) -> None:
        """Blend (rule number, weight in nano) of each rule."""
        self.weights, self.half_life_ms = tuple(weights), half_life_ms

    def value(self, derived: Derived, t_ms: int) -> int:
        """The points at t, e15: Σ sums · weight, decayed at once."""
        sums = derived.sums
        total = 0
        for number, weight_nano in self.weights:
            total += sums.get(number, 0) * weight_nano
        scaled_sum = (total + NANO // 2) // NANO
        if self.half_life_ms is None:
            return scaled_sum
        grid_ms = LANDMARK_HALF_LIVES * self.half_life_ms
        landmark_ms = derived.newest_ms // grid_ms * grid_ms
        return int(scaled_sum * (2.0 ** ((landmark_ms - t_ms) / self.half_life_ms) * ExponentialTerm.SCALE))

    def bounds(self, derived: Derived, from_ms: int, to_ms: int) -> tuple[int, int]:
        """(low, high) over [from, to]: the points go towards 0 all the time, so both ends bound them."""
        first, last = self.value(derived, from_ms), self.value(derived, to_ms)
        return (last, first) if first > last else (first, last)

    def value_and_bound(self, derived: Derived, t_ms: int, bound: MotionBound) -> int:
        """The points at t, e15; all of them go in the end."""
        value = self.value(derived, t_ms)
        if self.half_life_ms is not None:
            bound.fall += max(value, 0)
            bound.rise += max(-value, 0)
            bound.half_life_ms = min(bound.half_life_ms, self.half_life_ms)
        return value


def simplified(terms: Sequence[Term], derived: Derived, from_ms: int) -> list[Term]:
    """Terms with the same sum from from_ms on (to the last digits of e15), of which opposite ones cancel out.

    Limits that can't bind any more are taken off; what is then of one half-life becomes one term.
    """
    constants: list[int] = []
    by_half_life: dict[float, list[int]] = {}
    others: list[Term] = []
    weighted: list[tuple[Term, int]] = []
    waiting = list(terms)
    while waiting:
        term = waiting.pop()
        if isinstance(term, CappedTerm) and term.never_binds(derived, from_ms):
            waiting += term.terms
        elif isinstance(term, ConstantTerm):
            constants += term.numbers
        elif isinstance(term, ExponentialTerm):
            by_half_life.setdefault(term.half_life_ms, []).extend(term.numbers)
        elif isinstance(term, ComponentTerm) and term.is_never_cut(derived, from_ms):
            inner = [] if term.is_null(derived) else simplified(term.terms, derived, from_ms)
            if term.weight_nano == NANO:
                waiting += inner
            else:
                weighted += [(part, term.weight_nano) for part in inner]
        else:
            others.append(term)
    merged: list[Term] = [ConstantTerm(constants)] if constants else []
    merged += [ExponentialTerm(numbers, half_life_ms) for half_life_ms, numbers in by_half_life.items()]
    return _blended(merged, weighted) + others if weighted else merged + others


def _blended(terms: Iterable[Term], weighted: Iterable[tuple[Term, int]]) -> list[Term]:
    """As few terms as can be with the sum of these and of the weighted ones, all of them simplified already."""
    by_half_life: dict[float | None, list[tuple[int, int]]] = {}
    others: list[Term] = []
    for term, weight_nano in [*((term, NANO) for term in terms), *weighted]:
        if isinstance(term, ConstantTerm):
            by_half_life.setdefault(None, []).extend([(number, weight_nano) for number in term.numbers])
        elif isinstance(term, ExponentialTerm):
            numbers = [(number, weight_nano) for number in term.numbers]
            by_half_life.setdefault(term.half_life_ms, []).extend(numbers)
        else:
            others.append(ComponentTerm([term], weight_nano, None))
    return [BlendTerm(weights, half_life_ms) for half_life_ms, weights in by_half_life.items()] + others
