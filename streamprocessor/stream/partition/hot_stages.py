"""Which contacts are hot, for the gauge: the stages at or above the one that makes a hot lead."""

from __future__ import annotations

from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.record.record import Record


class HotStages:
    """The hot stages of each score that makes hot leads."""

    def __init__(self, model: Model) -> None:
        scores = {score.name: [stage.name for stage in score.stages] for score in model.scores}
        self._hot = {lead.score: _from(lead.stage, scores[lead.score]) for lead in model.hot_leads}

    def of(self, record: Record) -> tuple[str, ...]:
        """The scores in which the contact was last announced as hot."""
        shown = record.shown
        return tuple([score for score, hot in self._hot.items() if score in shown and shown[score][1] in hot])


def _from(stage: str, stages: list[str]) -> frozenset[str]:
    """The stage and those above it; a matrix has labels instead of stages, and none is above another."""
    return frozenset(stages[stages.index(stage) :]) if stage in stages else frozenset((stage,))
