"""Terms: what adds up to a score. Every value is an integer of 10⁻¹⁵ points, so sums do not depend on their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

from streamprocessor.scoring.model.model import E15, END_OF_TIME_MS
from streamprocessor.scoring.record.record import Derived

WEIGHT_BITS = 40
LANDMARK_HALF_LIVES = 16


class MotionBound:
    """How fast, and how soon, a score can move by itself after an instant; terms add to it. Never too slow or late.

    jump_ms: no term jumps before it. fall, rise: what exponentials can take away or give back, in e15, at the pace of
    half_life_ms. fall_rate, rise_rate: what straight lines can, in e15 a ms. A new one says that nothing moves.
    """

    jump_ms: int = END_OF_TIME_MS
    fall: int = 0
    rise: int = 0
    fall_rate: float = 0.0
    rise_rate: float = 0.0
    half_life_ms: float = float("inf")


class Term(Protocol):
    """A part of a score that can be evaluated at any instant at which all of the evidence exists."""

    def value(self, derived: Derived, t_ms: int) -> int:
        """Its points at t, e15."""

    def bounds(self, derived: Derived, from_ms: int, to_ms: int) -> tuple[int, int]:
        """(low, high) of its points over [from, to]; where from = to both are its value."""

    def value_and_bound(self, derived: Derived, t_ms: int, bound: MotionBound) -> int:
        """Its points at t; the gauge learns how they can move."""


class ConstantTerm:
    """Rules whose points stand for ever: Σ over `numbers`."""

    __slots__ = ("numbers",)

    def __init__(self, numbers: Sequence[int]) -> None:
        """Over the rules of these numbers."""
        self.numbers = tuple(numbers)

    def value(self, derived: Derived, t_ms: int) -> int:  # noqa: ARG002, a Term's signature
        """Its points, whatever t."""
        sums = derived.sums
        total = 0
        for number in self.numbers:
            if number in sums:
                total += sums[number]
        return total

    def bounds(self, derived: Derived, from_ms: int, to_ms: int) -> tuple[int, int]:  # noqa: ARG002
        """Its points, twice."""
        value = self.value(derived, from_ms)
        return value, value

    def value_and_bound(self, derived: Derived, t_ms: int, bound: MotionBound) -> int:  # noqa: ARG002
        """Its points; they never move."""
        return self.value(derived, t_ms)


def growth(occurred_at_ms: int, landmark_ms: float, half_life_ms: float) -> float:
    """How large a point is, grown backwards from the landmark and scaled: 2^((occurred - L)/H) · 2^40."""
    grown: float = 2.0 ** ((occurred_at_ms - landmark_ms) / half_life_ms + WEIGHT_BITS)
    return grown


def weight(points_e15: int, grown: float) -> int:
    """The points as large as that."""
    return round(points_e15 / E15 * grown)


def landmark(newest_ms: int, half_life_ms: float) -> float:
    """The instant that weights refer to: the last multiple of 16 half-lives that is not after the newest evidence."""
    grid = LANDMARK_HALF_LIVES * half_life_ms
    return newest_ms // grid * grid


class ExponentialTerm:
    """Rules of one half-life: Σ of their weights, decayed at once. The weights' integer sum is exact."""

    __slots__ = ("grid_ms", "half_life_ms", "numbers")

    SCALE: ClassVar[float] = E15 / 2.0**WEIGHT_BITS
    """What turns a decayed sum of weights into e15."""

    def __init__(self, numbers: Sequence[int], half_life_ms: float) -> None:
        """Over the rules of these numbers."""
        self.numbers = tuple(numbers)
        self.half_life_ms = half_life_ms
        self.grid_ms = LANDMARK_HALF_LIVES * half_life_ms

    def value(self, derived: Derived, t_ms: int) -> int:
        """Σ weights · 2^(-(t - L)/H)."""
        sums = derived.sums
        total = 0
        for number in self.numbers:
            if number in sums:
                total += sums[number]
        if not total:
            return 0
        landmark_ms = derived.newest_ms // self.grid_ms * self.grid_ms
        return int(total * (2.0 ** ((landmark_ms - t_ms) / self.half_life_ms) * self.SCALE))

    def bounds(self, derived: Derived, from_ms: int, to_ms: int) -> tuple[int, int]:
        """It goes towards 0 all the time, so its ends bound it."""
        first, last = self.value(derived, from_ms), self.value(derived, to_ms)
        return (last, first) if first > last else (first, last)

    def value_and_bound(self, derived: Derived, t_ms: int, bound: MotionBound) -> int:
        """Its points; all of them go in the end."""
        sums = derived.sums
        total = 0
        for number in self.numbers:
            if number in sums:
                total += sums[number]
        if not total:
            return 0
        landmark_ms = derived.newest_ms // self.grid_ms * self.grid_ms
        value = int(total * (2.0 ** ((landmark_ms - t_ms) / self.half_life_ms) * self.SCALE))
        if value > 0:
            bound.fall += value
        else:
            bound.rise -= value
        if self.half_life_ms < bound.half_life_ms:
            bound.half_life_ms = self.half_life_ms
        return value


class CappedTerm:
    """The sum of terms (one rule, or a group), bounded from above by a limit ≥ 0 or from below by one < 0."""

    __slots__ = ("limit", "terms")

    def __init__(self, terms: Sequence[Term], limit_nano: int) -> None:
        """Bounded by limit_nano."""
        self.terms = tuple(terms)
        self.limit = limit_nano * 10**6

    def cap(self, points: int) -> int:
        """The points within the limit."""
        return min(points, self.limit) if self.limit >= 0 else max(points, self.limit)

    def never_binds(self, derived: Derived, from_ms: int) -> bool:
        """Whether the limit surely holds nothing back from here on."""
        bounds = [term.bounds(derived, from_ms, END_OF_TIME_MS) for term in self.terms]
        if self.limit >= 0:
            return sum(high for _, high in bounds) <= self.limit
        return sum(low for low, _ in bounds) >= self.limit

    def raw(self, derived: Derived, t_ms: int) -> int:
        """Its points before the limit."""
        return sum(term.value(derived, t_ms) for term in self.terms)

    def value(self, derived: Derived, t_ms: int) -> int:
        """Decay first, then the cap."""
        return self.cap(self.raw(derived, t_ms))

    def bounds(self, derived: Derived, from_ms: int, to_ms: int) -> tuple[int, int]:
        """A cap keeps order, so it bounds the bounds."""
        low = high = 0
        for term in self.terms:
            term_low, term_high = term.bounds(derived, from_ms, to_ms)
            low += term_low
            high += term_high
        return self.cap(low), self.cap(high)

    def value_and_bound(self, derived: Derived, t_ms: int, bound: MotionBound) -> int:
        """Its points; while the limit holds, what lies beyond it must go before anything is seen to move.

        With F to fall and c beyond the limit, what is seen to fall is at most (F - c)·(1 - 2^(-t/H)).
        """
        fall, rise = bound.fall, bound.rise
        raw = 0
        for term in self.terms:
            raw += term.value_and_bound(derived, t_ms, bound)
        limit = self.limit
        if raw > limit >= 0:
            bound.fall = max(fall, bound.fall - (raw - limit))
            bound.rise = rise
            return limit
        if raw < limit < 0:
            bound.rise = max(rise, bound.rise - (limit - raw))
            bound.fall = fall
            return limit
        return raw
