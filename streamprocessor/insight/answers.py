"""What is told of one contact at one instant: its scores, their stages and next steps, and what they are made of."""

from __future__ import annotations

from typing import Any

from streamprocessor.contract.announcements import number, part_object
from streamprocessor.contract.times import format_rfc3339
from streamprocessor.scoring.model import NANO
from streamprocessor.scoring.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.steps import Part


def answer(scorer: Scorer, record: Record, contact_id: str, at_ms: int) -> dict[str, Any]:
    """The object that `score --json` and `explain --json` print for a contact at at_ms, in the contract's shape.

    stage is null where the score has none, next_step_at where no step by time comes any more.
    """
    scores = {}
    for name, score in scorer.scores_at(record, at_ms).items():
        next_step_ms = scorer.next_step_of(record, name, at_ms)
        scores[name] = {
            "score": number(score.presented_nano),
            "unrounded": score.unrounded_nano / NANO,
            "stage": score.stage,
            "next_step_at": None if next_step_ms is None else format_rfc3339(next_step_ms),
        }
    explanation = {name: [explained(part) for part in scorer.explain(record, name, at_ms)] for name in scores}
    return {"contact_id": contact_id, "at": format_rfc3339(at_ms), "scores": scores, "explanation": explanation}


def explained(part: Part) -> dict[str, Any]:
    """A part of an explanation as JSON shows it, with what an announcement leaves out: of, factor, class."""
    shown = part_object(part)
    if part.of_nano is not None:
        shown["of"] = number(part.of_nano)
    if part.factor is not None:
        shown["factor"] = part.factor
    if part.actor is not None:
        shown["class"] = part.actor
    return shown
