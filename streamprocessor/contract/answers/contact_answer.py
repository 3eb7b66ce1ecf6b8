"""One contact at one instant as JSON shows it: its scores, their stages and next steps, and what they are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from streamprocessor.contract.answers.suppression_answer import suppression_answer
from streamprocessor.contract.messages.announcements import number, part_object
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.scoring.identity.erasure import is_hidden
from streamprocessor.scoring.model.model import NANO
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.steps.steps import ExplanationPart, ScoreAt


def contact_answer(scorer: Scorer, record: Record, contact_id: str, at_ms: int) -> dict[str, Any]:
    """The object that `score --json` and `explain --json` print for a contact at at_ms, in the contract's shape.

    scores: as `scores_answer` has them; explanation: of each of them; suppression: why it is suppressed, where it is. A
    contact that was merged into another one (merged_into), or objects, has no scores.
    """
    answer: dict[str, Any] = {"contact_id": contact_id, "at": format_rfc3339(at_ms), "scores": {}, "explanation": {}}
    if is_hidden(record):
        merged_into = None if record.links is None else record.links.parent
        return answer if merged_into is None else {**answer, "merged_into": merged_into[0]}
    scores = scorer.scores_at(record, at_ms)
    explanation = {name: _explanation(scorer, record, score, at_ms) for name, score in scores.items()}
    answer |= {"scores": _scores(scorer, record, scores, at_ms), "explanation": explanation}
    suppression = suppression_answer(record)
    return answer if suppression is None else {**answer, "suppression": suppression}


def scores_answer(scorer: Scorer, record: Record, at_ms: int) -> dict[str, Any]:
    """The scores at at_ms by their names; none of a contact that was merged into another one, or objects.

    stage is null where the score has none, next_step_at where no step by time comes any more, the score where it does
    not apply. Of a `by` score there are the values that are shown.
    """
    return {} if is_hidden(record) else _scores(scorer, record, scorer.scores_at(record, at_ms), at_ms)


def explanation_answer(scorer: Scorer, record: Record, names: Iterable[str], at_ms: int) -> dict[str, Any]:
    """The parts that add up to each of these scores at at_ms, by their names; of a `by` score those of each value.

    There are none of a contact that was merged into another one, or objects.
    """
    if is_hidden(record):
        return {}
    scores = scorer.scores_at(record, at_ms)
    return {name: _explanation(scorer, record, scores[name], at_ms) for name in names}


def explained(part: ExplanationPart) -> dict[str, Any]:
    """A part of an explanation as JSON shows it, with what an announcement leaves out: of, factor, class."""
    shown = part_object(part)
    if part.of_nano is not None:
        shown["of"] = number(part.of_nano)
    if part.factor is not None:
        shown["factor"] = part.factor
    if part.actor is not None:
        shown["class"] = part.actor
    return shown


def _scores(scorer: Scorer, record: Record, scores: Mapping[str, ScoreAt], at_ms: int) -> dict[str, Any]:
    return {name: _score_object(score, scorer.next_step_of(record, name, at_ms)) for name, score in scores.items()}


def _score_object(score: ScoreAt, next_step_ms: int | None) -> dict[str, Any] | None:
    next_step_at = None if next_step_ms is None else format_rfc3339(next_step_ms)
    if score.values is not None:
        return {"values": {value.name: _number_object(value) for value in score.values}, "next_step_at": next_step_at}
    if score.presented_nano is None and score.stage is None:
        return None
    return {**_number_object(score), "next_step_at": next_step_at}


def _number_object(score: ScoreAt) -> dict[str, Any]:
    return {
        "score": None if score.presented_nano is None else number(score.presented_nano),
        "unrounded": None if score.unrounded_nano is None else score.unrounded_nano / NANO,
        "stage": score.stage,
    }


def _explanation(scorer: Scorer, record: Record, score: ScoreAt, at_ms: int) -> Any:
    if score.values is None:
        is_by = score.name in record.values  # it has no value that is shown, so nothing to explain
        return {} if is_by else [explained(part) for part in scorer.explain(record, score.name, at_ms)]
    return {
        value.name: [explained(part) for part in scorer.explain(record, score.name, at_ms, value=value.name)]
        for value in score.values
    }
