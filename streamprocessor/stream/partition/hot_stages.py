"""Which contacts are hot, for the gauge: the stages at or above the one that makes a hot lead."""

from __future__ import annotations

from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.record.record import Record


class HotStages:
    """The hot stages of each score that makes hot leads."""

    def __init__(self, model: Model) -> None:
        self._hot = {score: frozenset(stages) for score, stages in model.hot_stages().items()}

    def of(self, record: Record) -> tuple[str, ...]:
        """The scores in which the contact was last announced as hot."""
        shown = record.shown
        return tuple([score for score, hot in self._hot.items() if score in shown and shown[score][1] in hot])
