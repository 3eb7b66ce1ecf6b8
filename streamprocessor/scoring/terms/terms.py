"""Terms: what adds up to a score. Every value is an integer of 10⁻¹⁵ points, so sums do not depend on their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

from streamprocessor.scoring.model.model import E15, END_OF_TIME_MS
from streamprocessor.scoring.record.record import Derived

WEIGHT_BITS = 40
LANDMARK_HALF_LIVES = 16


class MotionBound:
    """How fast, and how soon, a score can move by itself after an instant; never too slow or too late.

    A new one says that nothing moves. Terms add to it in `value_and_bound`.

    jump_ms: the instant before which no term jumps.
    fall, rise: what exponentials can take away or give back, in e15, at the pace of half_life_ms.
    fall_rate, rise_rate: what straight lines can take away or give back, in e15 a ms.
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
        """The term's points at t, e15."""

    def bounds(self, derived: Derived, from_ms: int, to_ms: int) -> tuple[int, int]:
        """(low, high) of the term's points over [from, to]; where from = to both are its value."""

    def value_and_bound(self, derived: Derived, t_ms: int, bound: MotionBound) -> int:
        """The term's points at t, e15; how they can move from there on is added to `bound`."""


class ConstantTerm:
    """Rules whose points stand for ever: Σ over `numbers`."""

    __slots__ = ("numbers",)

    def __init__(self, numbers: Sequence[int]) -> None:
        """Make the term of the rules of these numbers."""
        self.numbers = tuple(numbers)

    def value(self, derived: Derived, t_ms: int) -> int:  # noqa: ARG002, a Term's signature
        """The points, e15, the same at any instant."""
        sums = derived.sums
        total = 0
        for number in self.numbers:
            if number in sums:
                total += sums[number]
        return total

    def bounds(self, derived: Derived, from_ms: int, to_ms: int) -> tuple[int, int]:  # noqa: ARG002
        """The points, e15, as both bounds."""
        value = self.value(derived, from_ms)
        return value, value

    def value_and_bound(self, derived: Derived, t_ms: int, bound: MotionBound) -> int:  # noqa: ARG002
        """The points, e15; they never move."""
        return self.value(derived, t_ms)


def growth(occurred_at_ms: int, landmark_ms: float, half_life_ms: float) -> float:
    """How large a point is, grown backwards from the landmark and scaled: 2^((occurred - L)/H) · 2^40.

    >>> growth(0, 0.0, 1_000.0) == 2.0**40, growth(1_000, 0.0, 1_000.0) == 2.0**41
    (True, True)
    """
    grown: float = 2.0 ** ((occurred_at_ms - landmark_ms) / half_life_ms + WEIGHT_BITS)
    return grown


def weight(points_e15: int, grown: float) -> int:
    """The points grown by so much: a forward-decayed weight.

    >>> weight(3 * E15, growth(0, 0.0, 1_000.0)) == 3 * 2**40
    True
    """
    return round(points_e15 / E15 * grown)


def landmark(newest_ms: int, half_life_ms: float) -> float:
    """The instant that weights refer to: the last multiple of 16 half-lives that is not after the newest evidence.

    >>> landmark(35_000, 1_000.0)
    32000.0
    """
    grid = LANDMARK_HALF_LIVES * half_life_ms
    return newest_ms // grid * grid


class ExponentialTerm:
    """Rules of one half-life: Σ of their weights, decayed at once. The weights' integer sum is exact."""

    __slots__ = ("grid_ms", "half_life_ms", "numbers")

    SCALE: ClassVar[float] = E15 / 2.0**WEIGHT_BITS
    """What turns a decayed sum of weights into e15."""

    def __init__(self, numbers: Sequence[int], half_life_ms: float) -> None:
        """Make the term of the rules of these numbers."""
        self.numbers = tuple(numbers)
        self.half_life_ms = half_life_ms
        self.grid_ms = LANDMARK_HALF_LIVES * half_life_ms

    def value(self, derived: Derived, t_ms: int) -> int:
        """The points at t, e15: Σ weights · 2^(-(t - L)/H)."""
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
        """(low, high) over [from, to]: the points go towards 0 all the time, so both ends bound them."""
        first, last = self.value(derived, from_ms), self.value(derived, to_ms)
        return (last, first) if first > last else (first, last)

    def value_and_bound(self, derived: Derived, t_ms: int, bound: MotionBound) -> int:
        """The points at t, e15; all of them go in the end."""
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
        """Bound the sum of these terms by limit_nano."""
        self.terms = tuple(terms)
        self.limit = limit_nano * 10**6

    def cap(self, points: int) -> int:
        """The points within the limit, e15."""
        return min(points, self.limit) if self.limit >= 0 else max(points, self.limit)

    def never_binds(self, derived: Derived, from_ms: int) -> bool:
        """Whether the limit surely holds nothing back from here on."""
        bounds = [term.bounds(derived, from_ms, END_OF_TIME_MS) for term in self.terms]
        if self.limit >= 0:
            return sum(high for _, high in bounds) <= self.limit
        return sum(low for low, _ in bounds) >= self.limit

    def raw(self, derived: Derived, t_ms: int) -> int:
        """The points at t before the limit, e15."""
        return sum(term.value(derived, t_ms) for term in self.terms)

    def value(self, derived: Derived, t_ms: int) -> int:
        """The points at t, e15: decayed first, then capped."""
        return self.cap(self.raw(derived, t_ms))

    def bounds(self, derived: Derived, from_ms: int, to_ms: int) -> tuple[int, int]:
        """(low, high) over [from, to]: a cap keeps order, so it bounds the bounds."""
        low = high = 0
        for term in self.terms:
            term_low, term_high = term.bounds(derived, from_ms, to_ms)
            low += term_low
            high += term_high
        return self.cap(low), self.cap(high)

    def value_and_bound(self, derived: Derived, t_ms: int, bound: MotionBound) -> int:
        """The points at t, e15; while the limit holds, what lies beyond it must go before anything is seen to move.

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
