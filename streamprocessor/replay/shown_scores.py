"""What a record shows, as JSON has it."""

from __future__ import annotations

from typing import Any

from streamprocessor.contract.messages.announcements import number
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.record.record import Record


def shown_scores(model: Model, record: Record) -> dict[str, dict[str, Any]]:
    """What the record shows, score by score: a number or null, a stage or null; of a score by value its values."""
    scores: dict[str, dict[str, Any]] = {}
    for score in model.scores:
        values = record.values.get(score.name)
        if score.name in record.values:
            told = [{"value": name, **shown_score(*each)} for name, each in (values or {}).items()]
            scores[score.name] = {"score": None, "stage": None, "values": told}
        elif score.name in record.shown:
            scores[score.name] = shown_score(*record.shown[score.name])
    return scores


def shown_score(presented_nano: int | None, stage: str | None) -> dict[str, Any]:
    """A score and its stage."""
    return {"score": None if presented_nano is None else number(presented_nano), "stage": stage}
