"""When a contact that is hot cools by time alone, to the millisecond."""

from __future__ import annotations

from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.plan.compile import compile_model
from streamprocessor.scoring.plan.plan import ScorePlan
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.steps.crossing import CrossingSearch
from streamprocessor.scoring.steps.next_change import derived_at, next_change_of_score, score_at

MOST_CHANGES = 1_000
"""So often a score may move among hot stages before its search ends: one of opposite decays could do so for ages."""


class CoolingTimes:
    """Finds when contacts leave the hot stages of one model."""

    def __init__(self, model: Model) -> None:
        """Compile the model."""
        self._plan = compile_model(model)
        self._hot_stages = model.hot_stages()

    def cools_at(self, record: Record, t_ms: int) -> int | None:
        """The first instant from t on at which the contact is in no hot stage if nothing more comes; None: never.

        record: of this model, its clock not after t. It is t itself where the contact is in none then.
        """
        instants = []
        for name in self._hot_stages:
            left_ms = self._leaves_at(self._plan.by_name[name], record, t_ms)
            if left_ms is None:
                return None
            instants.append(left_ms)
        return max(instants, default=t_ms)

    def _leaves_at(self, score: ScorePlan, record: Record, t_ms: int) -> int | None:
        derived, stages = derived_at(self._plan, record, t_ms), self._hot_stages[score.name]
        stage, now_ms = score_at(score, record, derived, t_ms).stage, t_ms
        for _ in range(MOST_CHANGES):
            if stage not in stages:
                return now_ms
            if score.matrix is not None:
                change_ms = next_change_of_score(score, record, derived, now_ms)
            else:
                inside = score.presentation.stage_range(stage)
                change_ms = CrossingSearch(score, derived, inside).first(now_ms + 1)
            if change_ms is None:
                return None
            now_ms = change_ms
            if score.matrix is not None:
                stage = score_at(score, record, derived, now_ms).stage
            else:
                cell = score.presentation.cell(score.unrounded_nano(derived, now_ms))
                stage = score.presentation.stage(cell, stage)
        return None
