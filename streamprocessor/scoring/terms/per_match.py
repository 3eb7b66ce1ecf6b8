"""Per-match terms: each match is held by itself while it is worth something."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from streamprocessor.scoring.model.rules import Band
from streamprocessor.scoring.record.record import Derived
from streamprocessor.scoring.terms.decay_laws import Law
from streamprocessor.scoring.terms.terms import MotionBound

Match = tuple[int, int]
"""(occurred_at_ms, amount): points_e15, a count, or an amount in nano."""


class DecayLawTerm:
    """Matches of one rule, each decaying by a law that can't be summed up."""

    __slots__ = ("law", "number")

    def __init__(self, number: int, law: Law) -> None:
        """Make the term of the rule of this number."""
        self.number, self.law = number, law

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


class WindowTerm:
    """Frequency and monetary: the points of the highest band that the amounts in (t - within, t] reach."""

    __slots__ = ("_marks", "bands", "number", "within_ms")

    def __init__(self, number: int, within_ms: int, bands: Sequence[Band]) -> None:
        """Make the term of the rule of this number."""
        self.number, self.within_ms, self.bands = number, within_ms, tuple(bands)
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


class RecencyTerm:
    """The points of the first band that the last match is within."""

    __slots__ = ("_marks", "bands", "number")

    def __init__(self, number: int, bands: Sequence[Band]) -> None:
        """Make the term of the rule of this number."""
        self.number, self.bands = number, tuple(bands)
        self._marks = tuple((band.mark, band.points_e15) for band in bands)

    def value(self, derived: Derived, t_ms: int) -> int:
        """The points at t, e15; 0 outside of every band."""
        matches = derived.matches.get(self.number)
        if not matches:
            return 0
        age = t_ms - matches[-1][0]
        return next((band.points_e15 for band in self.bands if age < band.mark), 0)

    def bounds(self, derived: Derived, from_ms: int, to_ms: int) -> tuple[int, int]:
        """(low, high) over [from, to], over every band that the last match leaves on the way."""
        points = [self.value(derived, from_ms), self.value(derived, to_ms)]
        matches = derived.matches.get(self.number)
        if matches:
            last = matches[-1][0]
            points += [
                self.value(derived, last + band.mark) for band in self.bands if from_ms < last + band.mark <= to_ms
            ]
        return min(points), max(points)

    def value_and_bound(self, derived: Derived, t_ms: int, bound: MotionBound) -> int:
        """The points at t, e15; they can jump at the end of the band."""
        matches = derived.matches.get(self.number)
        if not matches:
            return 0
        last = matches[-1][0]
        age = t_ms - last
        for mark, points in self._marks:
            if age < mark:
                if last + mark < bound.jump_ms:
                    bound.jump_ms = last + mark
                return points
        return 0

    def still_worth(self, match: Match, t_ms: int) -> bool:
        """Whether the match is within the widest band at t."""
        return t_ms - match[0] < self.bands[-1].mark


PerMatchTerm = DecayLawTerm | WindowTerm | RecencyTerm


def drop_worthless_matches(terms: dict[int, PerMatchTerm], derived: Derived, t_ms: int) -> None:
    """Drop the oldest matches from `derived`, as long as they are worth nothing at t nor ever after."""
    for number, matches in list(derived.matches.items()):
        term = terms[number]
        first = len(matches) - 1 if isinstance(term, RecencyTerm) else 0
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
