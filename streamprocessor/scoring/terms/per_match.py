"""Per-match terms: each match is held by itself while it is worth something."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import ClassVar

from streamprocessor.scoring.model.rules import Band, Law
from streamprocessor.scoring.record.record import Derived
from streamprocessor.scoring.terms.terms import MotionBound

Match = tuple[int, int]
"""(occurred_at_ms, amount): points_e15, a count, or an amount in nano."""


class PerMatchTerm:
    """A term over the matches of one rule, each of which is held while it is worth something.

    last_alone: whether of all matches only the last one ever counts.
    No abstract base class: compiled ones share one cache of what is an instance of which.
    """

    __slots__ = ("number",)

    last_alone: ClassVar[bool] = False

    def __init__(self, number: int) -> None:
        """Make the term of the rule of this number."""
        self.number = number

    def value(self, derived: Derived, t_ms: int) -> int:
        """The points at t, e15."""
        raise NotImplementedError

    def bounds(self, derived: Derived, from_ms: int, to_ms: int) -> tuple[int, int]:
        """(low, high) over [from, to]."""
        raise NotImplementedError

    def value_and_bound(self, derived: Derived, t_ms: int, bound: MotionBound) -> int:
        """The points at t, e15; how they can move from there on is added to `bound`."""
        raise NotImplementedError

    def still_worth(self, match: Match, t_ms: int) -> bool:
        """Whether the match is worth something at t, or can be later."""
        raise NotImplementedError

    def count(self, derived: Derived, t_ms: int) -> int | None:  # noqa: ARG002, of the terms that have one
        """How many matches make the points at t, for explanations; None: it does not depend on how many."""
        return None


class DecayLawTerm(PerMatchTerm):
    """Matches of one rule, each decaying by a law that can't be summed up."""

    __slots__ = ("law",)

    def __init__(self, number: int, law: Law) -> None:
        """Make the term of the rule of this number."""
        super().__init__(number)
        self.law = law

    def value(self, derived: Derived, t_ms: int) -> int:
        """The points at t, e15: Σ p · factor(t - occurred_at)."""
        factor = self.law.factor
        return sum(int(points * factor(t_ms - at)) for at, points in derived.matches.get(self.number, ()))

    def bounds(self, derived: Derived, from_ms: int, to_ms: int) -> tuple[int, int]:
        """(low, high) over [from, to]: each match goes towards 0, so both ends bound it."""
        if from_ms == to_ms:
            value = self.value(derived, from_ms)
            return value, value
        factor = self.law.factor
        low = high = 0
        for at, points in derived.matches.get(self.number, ()):
            first, last = int(points * factor(from_ms - at)), int(points * factor(to_ms - at))
            if points > 0:
                low += last
                high += first
            else:
                low += first
                high += last
        return low, high

    def value_and_bound(self, derived: Derived, t_ms: int, bound: MotionBound) -> int:
        """The points at t, e15; the bound takes the next jump of any match, and the slope of all."""
        matches = derived.matches.get(self.number)
        if not matches:
            return 0
        factor, next_jump, slope = self.law.factor, self.law.next_jump, self.law.slope
        total = 0
        nearest = bound.jump_ms
        for at, points in matches:
            age = t_ms - at
            remaining = factor(age)
            if not remaining:
                continue
            total += int(points * remaining)
            jump = next_jump(age)
            if jump is not None and at + jump < nearest:
                nearest = at + jump
            if slope:
                if points > 0:
                    bound.fall_rate += points * slope
                else:
                    bound.rise_rate -= points * slope
        bound.jump_ms = nearest
        return total

    def still_worth(self, match: Match, t_ms: int) -> bool:
        """Whether the match is worth something at t, or can be later."""
        at, points = match
        return int(points * self.law.factor(t_ms - at)) != 0


class WindowTerm(PerMatchTerm):
    """Frequency and monetary: the points of the highest band that the amounts in (t - within, t] reach."""

    __slots__ = ("_marks", "bands", "within_ms")

    def __init__(self, number: int, within_ms: int, bands: Sequence[Band]) -> None:
        """Make the term of the rule of this number."""
        super().__init__(number)
        self.within_ms, self.bands = within_ms, tuple(bands)
        self._marks = tuple((band.mark, band.points_e15) for band in bands)

    def value(self, derived: Derived, t_ms: int) -> int:
        """The points of the band reached at t, e15; 0 where none is."""
        return self._points(self._amount(derived, t_ms))

    def count(self, derived: Derived, t_ms: int) -> int:
        """How many matches are in the window that ends at t."""
        matches = derived.matches.get(self.number, [])
        return len(matches) - self._first_inside(matches, t_ms)

    def bounds(self, derived: Derived, from_ms: int, to_ms: int) -> tuple[int, int]:
        """(low, high) over [from, to], over every band reached as matches leave the window one after the other."""
        leaving = [
            amount
            for at, amount in derived.matches.get(self.number, ())
            if from_ms - self.within_ms < at <= to_ms - self.within_ms
        ]
        reached = accumulate((-amount for amount in leaving), initial=self._amount(derived, from_ms))
        points = [self._points(amount) for amount in reached]
        return min(points), max(points)

    def value_and_bound(self, derived: Derived, t_ms: int, bound: MotionBound) -> int:
        """The points at t, e15; they can jump when the earliest match leaves the window."""
        matches = derived.matches.get(self.number)
        if not matches:
            return self._points(0)
        first = self._first_inside(matches, t_ms)
        if first < len(matches):
            leaves_ms = matches[first][0] + self.within_ms
            if leaves_ms < bound.jump_ms:
                bound.jump_ms = leaves_ms
        return self._points(_sum_from(matches, first))

    def still_worth(self, match: Match, t_ms: int) -> bool:
        """Whether the match is in the window at t."""
        return match[0] > t_ms - self.within_ms

    def _amount(self, derived: Derived, t_ms: int) -> int:
        matches = derived.matches.get(self.number, [])
        return _sum_from(matches, self._first_inside(matches, t_ms))

    def _first_inside(self, matches: Sequence[Match], t_ms: int) -> int:
        """The index of the first match in the window; matches are in order."""
        edge_ms = t_ms - self.within_ms
        return 0 if not matches or matches[0][0] > edge_ms else bisect_left(matches, (edge_ms + 1,))

    def _points(self, amount: int) -> int:
        points = 0
        for mark, of_band in self._marks:
            if amount >= mark:
                points = of_band
        return points


def drop_worthless_matches(terms: dict[int, PerMatchTerm], derived: Derived, t_ms: int) -> None:
    """Drop the oldest matches from `derived`, as long as they are worth nothing at t nor ever after."""
    for number, matches in list(derived.matches.items()):
        term = terms[number]
        first = len(matches) - 1 if term.last_alone else 0
        while first < len(matches) and not term.still_worth(matches[first], t_ms):
            first += 1
        if first == len(matches):
            del derived.matches[number]
        elif first:
            derived.matches[number] = matches[first:]
    for of_score in derived.by_value.values():
        for of_value in of_score.values():
            if of_value.matches:
                drop_worthless_matches(terms, of_value, t_ms)


def _sum_from(matches: Sequence[Match], first: int) -> int:
    return sum([amount for _, amount in (matches[first:] if first else matches)])
