"""The term of an inactivity rule: points for what a contact has not done."""

from __future__ import annotations

from streamprocessor.scoring.model.rules import InactivityRule
from streamprocessor.scoring.record.record import Derived
from streamprocessor.scoring.terms.terms import MotionBound


class InactivityTerm:
    """0 while t - last < A, then p · (1 + floor((t-last-A)/E)), at most max_times; once where E is absent.

    since_ms: of inactivity before it nothing is known, so it begins there at the earliest.
    max_times: None: without end.
    """

    __slots__ = ("after_ms", "every_ms", "max_times", "number", "points_e15", "since_ms")

    def __init__(self, number: int, rule: InactivityRule, since_ms: int = 0) -> None:
        """Make the term of the rule of this number."""
        self.number, self.since_ms = number, since_ms
        self.after_ms, self.points_e15 = rule.after_ms, rule.points_e15
        self.every_ms = rule.every_ms
        self.max_times = 1 if rule.every_ms is None else rule.max_times

    def last_ms(self, derived: Derived) -> int | None:
        """When the inactivity began: the last event that the rule asks for, else the first of all; None: no event."""
        last = derived.last_ms.get(self.number, derived.first_ms)
        return None if last is None else max(last, self.since_ms)

    def times(self, inactive_ms: int) -> int:
        """How many times the points count after so long an inactivity."""
        if inactive_ms < self.after_ms:
            return 0
        times = 1 if self.every_ms is None else 1 + (inactive_ms - self.after_ms) // self.every_ms
        return times if self.max_times is None else min(times, self.max_times)

    def value(self, derived: Derived, t_ms: int) -> int:
        """The rule's points at t, e15."""
        last = self.last_ms(derived)
        return 0 if last is None else self.points_e15 * self.times(t_ms - last)

    def bounds(self, derived: Derived, from_ms: int, to_ms: int) -> tuple[int, int]:
        """(low, high) over [from, to]: inactivity only grows, so both ends bound the points."""
        first, last = self.value(derived, from_ms), self.value(derived, to_ms)
        return (first, last) if first <= last else (last, first)

    def value_and_bound(self, derived: Derived, t_ms: int, bound: MotionBound) -> int:
        """The points at t, e15; they jump when the inactivity is long enough for the next time."""
        last = derived.last_ms.get(self.number, derived.first_ms)
        if last is None:
            return 0
        if last < self.since_ms:
            last = self.since_ms
        inactive_ms = t_ms - last
        if inactive_ms < self.after_ms:
            jump, value = last + self.after_ms, 0
        else:
            times = self.times(inactive_ms)
            value = self.points_e15 * times
            if times == self.max_times or self.every_ms is None:
                return value
            jump = last + self.after_ms + times * self.every_ms
        if jump < bound.jump_ms:
            bound.jump_ms = jump
        return value
