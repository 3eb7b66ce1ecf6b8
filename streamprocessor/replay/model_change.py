"""The effect of a change of the model: how many contacts would be shown another score or stage, or become hot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer

Shown = dict[str, tuple["int | None", "str | None"]]
"""Score name → (presented score in nano, stage), as the record has it."""


@dataclass(slots=True)
class ScoreChanges:
    """Contacts whose score is shown otherwise: higher or lower, in another stage, in a hot stage by it or out of it."""

    scores: int = 0
    higher: int = 0
    lower: int = 0
    stages: int = 0
    become_hot: int = 0
    cool: int = 0


class ContactChange(NamedTuple):
    """What the change does to one contact.

    before: what it is shown now, the new model's is in its record.
    hot_before: in which scores it is hot now.
    is_moved: whether a step would tell of it.
    becomes_hot, cools: whether it enters, or leaves, the hot stage of any score.
    """

    before: Shown
    hot_before: frozenset[str]
    is_moved: bool
    becomes_hot: bool
    cools: bool


class ModelChange:
    """Counts contacts brought from one model to the other. contacts: all; moved: those of whom a step would tell."""

    def __init__(self, old: Scorer, new: Scorer) -> None:
        """Compare two models of different revisions."""
        self._old, self._new = old, new
        self._hot_before, self._hot_after = old.model.hot_stages(), new.model.hot_stages()
        self.contacts = 0
        self.moved = 0
        self.by_score = {score.name: ScoreChanges() for score in new.model.scores}

    def count(self, record: Record, at_ms: int) -> ContactChange:
        """One contact more, and what becomes of it, as of at_ms; the record is the new model's afterwards."""
        self._old.migrate_in_place(record, record.at_ms)
        self._old.advance_in_place(record, at_ms)
        shown, values = dict(record.shown), dict(record.values)
        episodes = {name: number for name, (number, _) in record.episodes.items()}
        hot_before = hot_scores(self._hot_before, shown)
        self.contacts += 1
        is_moved = bool(self._new.migrate_in_place(record, at_ms))
        self.moved += is_moved
        hot_after = hot_scores(self._hot_after, record.shown)
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
            moved.cool += name in hot_before and name not in hot_after
            becomes_hot = becomes_hot or is_newly_hot
        return ContactChange(shown, hot_before, is_moved, becomes_hot, cools=not hot_before <= hot_after)


def hot_scores(hot_stages: dict[str, tuple[str, ...]], shown: Shown) -> frozenset[str]:
    """The scores in whose hot stage a contact is that is shown so. hot_stages: as Model.hot_stages has them."""
    return frozenset(name for name, stages in hot_stages.items() if shown.get(name, (None, None))[1] in stages)
