"""What a draft does to contacts, added up contact by contact. Pure."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson

from streamprocessor.contract.changelog.record_codec import decode_record
from streamprocessor.contract.display import display_name
from streamprocessor.contract.messages.announcements import number
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.readmodel.previews.stored_contacts import RecordRow
from streamprocessor.readmodel.previews.weekly_hot_leads import WeeklyHotLeads
from streamprocessor.readmodel.store.distribution import Distribution, StageCell
from streamprocessor.readmodel.store.rows import NewerRevisionError
from streamprocessor.replay.cooling import CoolingTimes
from streamprocessor.replay.model_change import ModelChange, hot_scores
from streamprocessor.scoring.model.model import Score
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer

BINS = 40
MOST_NAMED = 20
MOST_COOLING_NAMED = 100
MOST_COOLING = 10_000
"""Of so many contacts that are hot now it is found out when they cool."""


class Effect:
    """Adds up what one change of the model does to contacts, all as of one instant."""

    def __init__(self, old: Scorer, new: Scorer, at_ms: int) -> None:
        """Compare two models of different revisions at at_ms."""
        self.new, self.at_ms = new, at_ms
        self._old, self._hot_after = old, new.model.hot_stages()
        self._change = ModelChange(old, new)
        self._weekly = WeeklyHotLeads(old, new, at_ms)
        self._cooling = CoolingTimes(new.model)
        self._cells: dict[str, Counter[tuple[int | None, str | None]]] = {s.name: Counter() for s in new.model.scores}
        self._become_hot: list[dict[str, Any]] = []
        self._cool: list[dict[str, Any]] = []
        self._cooling_at: list[tuple[int | None, dict[str, Any]]] = []

    @property
    def contacts(self) -> int:
        """How many were added."""
        return self._change.contacts

    def add(self, row: RecordRow, *, is_drawn: bool) -> Record:
        """Add one contact; its record under the new model.

        is_drawn: whether it is one of those by whom hot leads a week are estimated of all that are not hot.
        Raises NewerRevisionError where the record knows a newer model than the old one: that is in force no more.
        """
        record = decode_record(row.record)
        if record.revision > self._old.model.revision:
            raise NewerRevisionError(record.revision)
        change = self._change.count(record, self.at_ms)
        for name, cells in self._cells.items():
            if name in record.shown:
                cells[record.shown[name]] += 1
        is_hot = bool(change.hot_before or hot_scores(self._hot_after, record.shown))
        if is_hot or is_drawn:
            self._weekly.add(row.record, record, is_hot=is_hot)
        if not is_hot and not is_drawn:
            self._weekly.pass_over()
        if change.becomes_hot and len(self._become_hot) < MOST_NAMED:
            self._become_hot.append(self.title(row))
        if change.cools and len(self._cool) < MOST_NAMED:
            self._cool.append(self.title(row))
        if change.hot_before and len(self._cooling_at) < MOST_COOLING:
            self._cooling_at.append((self._cooling.cools_at(record, max(record.at_ms, self.at_ms)), self.title(row)))
        return record

    def title(self, row: RecordRow) -> dict[str, Any]:
        """The contact's id, and what the new model calls it by."""
        name = display_name(self.new.model.display, orjson.loads(row.attributes))
        return {"contact_id": row.contact_id, "display_name": name}

    def answer(self, contacts_all: int) -> dict[str, Any]:
        """All that was added up, as the API tells it. contacts_all: how many there are, added or not."""
        share = self.contacts / contacts_all if contacts_all > self.contacts else 1.0
        return {
            "scores": {score.name: self._of_score(score) for score in self.new.model.scores},
            "moved": self._change.moved,
            "becomes_hot": self._become_hot,
            "cools": self._cool,
            "hot_leads_a_week": self._weekly.answer(share),
            "cooling": self._soonest_cooling(),
        }

    def _soonest_cooling(self) -> list[dict[str, Any]]:
        by_instant = sorted(self._cooling_at, key=lambda each: (each[0] is None, each[0] or 0))[:MOST_COOLING_NAMED]
        return [
            title | {"at": None if cools_ms is None else format_rfc3339(cools_ms)} for cools_ms, title in by_instant
        ]

    def _of_score(self, score: Score) -> dict[str, Any]:
        moved, cells = self._change.by_score[score.name], self._cells[score.name]
        distribution = Distribution((StageCell(shown, stage, n) for (shown, stage), n in cells.items()), None)
        buckets = distribution.buckets(BINS)
        bounds = [low for low, _, _ in buckets] + [high for _, high, _ in buckets[-1:]]
        return {
            "changed": moved.scores,
            "higher": moved.higher,
            "lower": moved.lower,
            "stages": moved.stages,
            "become_hot": moved.become_hot,
            "cool": moved.cool,
            "histogram": {"bounds": bounds, "counts": [count for _, _, count in buckets]},
            "stage_bounds": [{"stage": stage.name, "from": number(stage.from_nano)} for stage in score.stages],
            "stages_after": {stage: n for stage, n in distribution.stages.items() if stage is not None},
        }
