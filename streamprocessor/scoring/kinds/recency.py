"""Recency: points for how lately the last event was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from streamprocessor.scoring.kinds.rule_kind import RuleKind
from streamprocessor.scoring.model.field_specs import BandSpec, ValueType
from streamprocessor.scoring.model.rules import UNLIMITED, Band, Condition, Limit
from streamprocessor.scoring.record.record import Derived
from streamprocessor.scoring.terms.per_match import Match, PerMatchTerm
from streamprocessor.scoring.terms.terms import MotionBound


@dataclass(frozen=True, slots=True)
class RecencyRule:
    """The points of the first band that the last match is within.

    bands: with rising marks, which are ages in ms.
    where: None: each event of the types matches.
    """

    id: str
    types: tuple[str, ...]
    bands: tuple[Band, ...]  # rising marks: within_ms
    where: Condition | None = None
    group: str | None = None
    limit: Limit = UNLIMITED


class RecencyTerm(PerMatchTerm):
    """The points of the first band that the last match is within."""

    __slots__ = ("_marks", "bands")

    last_alone: ClassVar[bool] = True

    def __init__(self, number: int, bands: Sequence[Band]) -> None:
        """Make the term of the rule of this number."""
        super().__init__(number)
        self.bands = tuple(bands)
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


KIND = RuleKind(
    "recency",
    "Points for how lately.",
    RecencyRule,
    lambda number, rule: RecencyTerm(number, rule.bands),
    bands=BandSpec("within", ValueType.DURATION_MS),
)
