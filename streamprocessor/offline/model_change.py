"""The effect of a change of the model: how many contacts would be shown another score or stage, or become hot."""

from __future__ import annotations

from dataclasses import dataclass

from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer


@dataclass(slots=True)
class ScoreChanges:
    """Contacts whose score is shown otherwise: higher or lower, in another stage, in a hot stage by it."""

    scores: int = 0
    higher: int = 0
    lower: int = 0
    stages: int = 0
    become_hot: int = 0


class ModelChange:
    """Counts contacts brought from one model to the other. contacts: all; moved: those of whom a step would tell."""

    def __init__(self, old: Scorer, new: Scorer) -> None:
        """Compare two models of different revisions."""
        self._old, self._new = old, new
        self.contacts = 0
        self.moved = 0
        self.by_score = {score.name: ScoreChanges() for score in new.model.scores}

    def count(self, record: Record, at_ms: int) -> bool:
        """One contact more, as of at_ms, and whether it becomes hot; the record is the new model's afterwards."""
        self._old.migrate_in_place(record, record.at_ms)
        self._old.advance_in_place(record, at_ms)
        shown, values = dict(record.shown), dict(record.values)
        episodes = {name: number for name, (number, _) in record.episodes.items()}
        self.contacts += 1
        self.moved += bool(self._new.migrate_in_place(record, at_ms))
        becomes_hot = False
        for name, moved in self.by_score.items():
            if name in record.values:
                moved.scores += (record.values[name] or {}) != (values.get(name) or {})  # nothing of it is no change
                continue
            presented, stage = record.shown[name]
            before, stage_before = shown.get(name, (None, None))
            moved.scores += presented != before
            moved.higher += before is not None and presented is not None and presented > before
            moved.lower += before is not None and presented is not None and presented < before
            moved.stages += stage != stage_before
            is_newly_hot = record.episodes.get(name, (0, None))[0] > episodes.get(name, 0)
            moved.become_hot += is_newly_hot
            becomes_hot = becomes_hot or is_newly_hot
        return becomes_hot
