"""From the sum of the terms to what a person sees: rounded, clamped, staged; and the way back to when that changes."""

from __future__ import annotations

from typing import NamedTuple

from streamprocessor.scoring.model.model import NANO, Score

E15_A_NANO = 10**6
HALF_NANO_E15 = E15_A_NANO // 2
LARGEST_SCORE_E15 = 4_000_000 * NANO * E15_A_NANO
CUT_SCORES = frozenset((LARGEST_SCORE_E15 // E15_A_NANO, -LARGEST_SCORE_E15 // E15_A_NANO))
"""Unrounded scores that are, or would be, beyond what a score may be."""
LARGEST_MATCH_E15 = 1_000_000 * NANO * E15_A_NANO


def unrounded(total_e15: int) -> int:
    """The sum as an integer of 10⁻⁹, rounded half up once; sizes above 4 000 000 are cut.

    >>> unrounded(5_500_000), unrounded(-5_500_000)
    (6, -5)
    """
    if not -LARGEST_SCORE_E15 <= total_e15 <= LARGEST_SCORE_E15:
        total_e15 = LARGEST_SCORE_E15 if total_e15 > 0 else -LARGEST_SCORE_E15
    return (total_e15 + HALF_NANO_E15) // E15_A_NANO


MOST_CELLS = 4_096


class DisplayCell(NamedTuple):
    """The unrounded scores that are all shown alike: those with low ≤ x < high.

    low_nano, high_nano: None: there is no such end.
    low_e15, high_e15: the same ends for the sum before rounding.
    stage_index: of the stage without hysteresis.
    """

    presented_nano: int
    low_nano: int | None
    high_nano: int | None
    low_e15: int | None
    high_e15: int | None
    stage_index: int


class Presentation:
    """How one score is shown: rounded to its precision, clamped, in stages."""

    __slots__ = ("_bounds", "_cells", "_leave", "_order", "max_nano", "min_nano", "precision_nano", "stages")

    def __init__(self, score: Score) -> None:
        """Show as the score's precision, min, max and stages say."""
        self.precision_nano = score.precision_nano
        self.min_nano, self.max_nano = score.min_nano, score.max_nano
        self.stages = tuple(stage.name for stage in score.stages)
        self._bounds = tuple(stage.from_nano for stage in score.stages)
        self._leave = tuple(stage.leave_below_nano for stage in score.stages)
        self._order: dict[str | None, int] = {name: index for index, name in enumerate(self.stages)}
        self._cells: dict[int, DisplayCell] = {}

    @property
    def has_hysteresis(self) -> bool:
        """Whether the stage can depend on the one before it."""
        return any(bound is not None for bound in self._leave)

    def presented(self, unrounded_nano: int) -> int:
        """The presented score: floor((2x + q) / 2q) · q, then clamped."""
        q = self.precision_nano
        shown = (2 * unrounded_nano + q) // (2 * q) * q
        if self.min_nano is not None and shown < self.min_nano:
            return self.min_nano
        if self.max_nano is not None and shown > self.max_nano:
            return self.max_nano
        return shown

    def cell(self, unrounded_nano: int) -> DisplayCell:
        """The cell of an unrounded score; remembered, as contacts share few of them."""
        q = self.precision_nano
        step = (2 * unrounded_nano + q) // (2 * q)
        cell = self._cells.get(step)
        if cell is None:
            if len(self._cells) >= MOST_CELLS:
                self._cells.clear()
            cell = self._cells[step] = self._cell(self.presented(unrounded_nano))
        return cell

    def stage(self, cell: DisplayCell, current: str | None) -> str | None:
        """The stage of a score in this cell for a contact that is in `current`; None: the score has no stages."""
        if not self.stages:
            return None
        stage_index = cell.stage_index
        current_index = self._order.get(current, 0)
        if current_index > stage_index:
            leave_below = self._leave[current_index]
            if leave_below is not None and cell.presented_nano >= leave_below:
                return current
        return self.stages[stage_index]

    def stage_range(self, stage: str | None) -> tuple[int | None, int | None]:
        """(low, high) of the unrounded score in which a contact that is in `stage` stays in it; None: no such end."""
        if stage is None:
            return None, None
        index = self._order[stage]
        leave_below = self._leave[index]
        low = self._bounds[index] if leave_below is None else min(leave_below, self._bounds[index])
        high = self._bounds[index + 1] if index + 1 < len(self._bounds) else None
        return (None if index == 0 else self._least_shown_as(low)), (
            None if high is None else self._least_shown_as(high)
        )

    def below(self, presented_nano: int) -> DisplayCell:
        """All that is shown as less than this, as if it were one cell."""
        high = self._least_shown_as(presented_nano)
        return DisplayCell(presented_nano, None, high, None, _before_rounding(high), 0)

    def reaches(self, stage: str, goal: str) -> bool:
        """Whether `stage` is `goal` or above."""
        return self._order[stage] >= self._order[goal]

    def _cell(self, presented_nano: int) -> DisplayCell:
        q = self.precision_nano
        at_min = self.min_nano is not None and presented_nano <= self.min_nano
        at_max = self.max_nano is not None and presented_nano >= self.max_nano
        low = None if at_min else (2 * presented_nano - q + 1) // 2
        high = None if at_max else (2 * presented_nano + q + 1) // 2
        stage_index = max((i for i, bound in enumerate(self._bounds) if presented_nano >= bound), default=0)
        return DisplayCell(presented_nano, low, high, _before_rounding(low), _before_rounding(high), stage_index)

    def _least_shown_as(self, presented_nano: int) -> int | None:
        """The least unrounded score that is shown as this or more; None: every one is, or none."""
        q = self.precision_nano
        shown = -(-presented_nano // q) * q
        never = self.max_nano is not None and shown > self.max_nano
        always = self.min_nano is not None and shown <= self.min_nano
        return None if never or always else (2 * shown - q + 1) // 2


def _before_rounding(nano: int | None) -> int | None:
    """The least sum, e15, that is rounded to this or more; None: of None."""
    return None if nano is None else nano * E15_A_NANO - HALF_NANO_E15
