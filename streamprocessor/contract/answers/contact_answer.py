"""The answer about one contact at one instant: its scores, their stages, next steps and explanation."""

from __future__ import annotations

from typing import Any

from streamprocessor.contract.messages.announcements import number, part_object
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.scoring.identity.erasure import is_hidden
from streamprocessor.scoring.model.model import NANO
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.steps.steps import ExplanationPart, ScoreAt


def answer(scorer: Scorer, record: Record, contact_id: str, at_ms: int) -> dict[str, Any]:
    """The object that `score --json` and `explain --json` print for a contact at at_ms, in the contract's shape.

    stage is null where the score has none, next_step_at where no step by time comes any more, the score where it does
    not apply. Of a `by` score there are the values that are shown, and the parts of each. A contact that was merged
    into another one (merged_into), or objects, has no scores.
    """
    if is_hidden(record):
        linked = None if record.links is None else record.links.parent
        hidden = {"contact_id": contact_id, "at": format_rfc3339(at_ms), "scores": {}, "explanation": {}}
        return hidden if linked is None else {**hidden, "merged_into": linked[0]}
    scores: dict[str, Any] = {}
    explanation: dict[str, Any] = {}
    for name, score in scorer.scores_at(record, at_ms).items():
        next_step_ms = scorer.next_step_of(record, name, at_ms)
        if score.values is None:
            scores[name] = _score_object(score, next_step_ms)
            is_by = name in record.values
            explanation[name] = (
                {} if is_by else [explanation_object(part) for part in scorer.explain(record, name, at_ms)]
            )
            continue
        values = {value.name: _number_object(value) for value in score.values}
        scores[name] = {"values": values, "next_step_at": _instant(next_step_ms)}
        explanation[name] = {
            value: [explanation_object(part) for part in scorer.explain(record, name, at_ms, value=value)]
            for value in values
        }
    return {"contact_id": contact_id, "at": format_rfc3339(at_ms), "scores": scores, "explanation": explanation}


def _score_object(score: ScoreAt, next_step_ms: int | None) -> dict[str, Any] | None:
    if score.presented_nano is None and score.stage is None:
        return None
    return {**_number_object(score), "next_step_at": _instant(next_step_ms)}


def _number_object(score: ScoreAt) -> dict[str, Any]:
    return {
        "score": None if score.presented_nano is None else number(score.presented_nano),
        "unrounded": None if score.unrounded_nano is None else score.unrounded_nano / NANO,
        "stage": score.stage,
    }


def _instant(instant_ms: int | None) -> str | None:
    return None if instant_ms is None else format_rfc3339(instant_ms)


def explanation_object(part: ExplanationPart) -> dict[str, Any]:
    """A part of an explanation as JSON shows it, with what an announcement leaves out: of, factor, class."""
    shown = part_object(part)
    if part.of_nano is not None:
        shown["of"] = number(part.of_nano)
    if part.factor is not None:
        shown["factor"] = part.factor
    if part.actor is not None:
        shown["class"] = part.actor
    return shown
