"""From the sum of the terms to what a person sees: rounded, clamped, staged; and the way back to when that changes."""

from __future__ import annotations

from streamprocessor.scoring.model import NANO, Score

E15_A_NANO = 10**6
HALF_NANO_E15 = E15_A_NANO // 2
LARGEST_SCORE_E15 = 4_000_000 * NANO * E15_A_NANO
LARGEST_MATCH_E15 = 1_000_000 * NANO * E15_A_NANO


def unrounded(total_e15: int) -> int:
    """The sum as an integer of 10⁻⁹, rounded half up once; sizes above 4 000 000 are cut."""
    if not -LARGEST_SCORE_E15 <= total_e15 <= LARGEST_SCORE_E15:
        total_e15 = LARGEST_SCORE_E15 if total_e15 > 0 else -LARGEST_SCORE_E15
    return (total_e15 + HALF_NANO_E15) // E15_A_NANO


class Display:
    """How one score is shown."""

    __slots__ = ("_bounds", "_leave", "_order", "max_nano", "min_nano", "precision_nano", "stages")

    def __init__(self, score: Score) -> None:
        """As the score's precision, min, max and stages say."""
        self.precision_nano = score.precision_nano
        self.min_nano, self.max_nano = score.min_nano, score.max_nano
        self.stages = tuple(stage.name for stage in score.stages)
        self._bounds = tuple(stage.from_nano for stage in score.stages)
        self._leave = tuple(stage.leave_below_nano for stage in score.stages)
        self._order = {name: index for index, name in enumerate(self.stages)}

    @property
    def has_hysteresis(self) -> bool:
        """Whether the stage can depend on the one before it."""
        return any(bound is not None for bound in self._leave)

    def presented(self, unrounded_nano: int) -> int:
        """floor((2x + q) / 2q) · q, then clamped."""
        q = self.precision_nano
        shown = (2 * unrounded_nano + q) // (2 * q) * q
        if self.min_nano is not None and shown < self.min_nano:
            return self.min_nano
        if self.max_nano is not None and shown > self.max_nano:
            return self.max_nano
        return shown

    def cell(self, presented_nano: int) -> tuple[int | None, int | None]:
        """(low, high): the score is shown like this while low ≤ unrounded < high; None: no such end."""
        q = self.precision_nano
        low = (
            None if self.min_nano is not None and presented_nano <= self.min_nano else (2 * presented_nano - q + 1) // 2
        )
        high = (
            None if self.max_nano is not None and presented_nano >= self.max_nano else (2 * presented_nano + q + 1) // 2
        )
        return low, high

    def stage(self, presented_nano: int, current: str | None) -> str | None:
        """The stage of a presented score for a contact that is in `current`; None: the score has no stages."""
        if not self.stages:
            return None
        natural = 0
        for index, bound in enumerate(self._bounds):
            if presented_nano >= bound:
                natural = index
        held = self._order.get(current, 0) if current is not None else 0
        leave_below = self._leave[held]
        if held > natural and leave_below is not None and presented_nano >= leave_below:
            return self.stages[held]
        return self.stages[natural]

    def stage_range(self, stage: str | None) -> tuple[int | None, int | None]:
        """(low, high) of the unrounded score in which a contact that is in `stage` stays in it."""
        if stage is None:
            return None, None
        index = self._order[stage]
        leave_below = self._leave[index]
        low = self._bounds[index] if leave_below is None else min(leave_below, self._bounds[index])
        high = self._bounds[index + 1] if index + 1 < len(self._bounds) else None
        return (None if index == 0 else self._least_shown_as(low)), (
            None if high is None else self._least_shown_as(high)
        )

    def reaches(self, stage: str, wanted: str) -> bool:
        """Whether `stage` is `wanted` or above."""
        return self._order[stage] >= self._order[wanted]

    def _least_shown_as(self, presented_nano: int) -> int | None:
        """The least unrounded score that is shown as this or more; None: every one is, or none."""
        q = self.precision_nano
        shown = -(-presented_nano // q) * q
        never = self.max_nano is not None and shown > self.max_nano
        always = self.min_nano is not None and shown <= self.min_nano
        return None if never or always else (2 * shown - q + 1) // 2
