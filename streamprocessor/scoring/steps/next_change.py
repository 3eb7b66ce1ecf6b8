"""The scores at any instant, past or to come, and when each of them changes by itself."""

from __future__ import annotations

from streamprocessor.scoring.evidence.derive import derive
from streamprocessor.scoring.model.model import END_OF_TIME_MS, Matrix
from streamprocessor.scoring.plan.plan import Plan, ScorePlan
from streamprocessor.scoring.record.record import Derived, Record
from streamprocessor.scoring.steps.crossing import CrossingSearch
from streamprocessor.scoring.steps.evaluate import evaluate
from streamprocessor.scoring.steps.per_value import RankedValue, ShownValues, first_change, ranked_values, shown_values
from streamprocessor.scoring.steps.steps import ScoreAt, ScoreStep


def derived_at(plan: Plan, record: Record, t_ms: int) -> Derived:
    """What is derived of the evidence that exists at t."""
    if t_ms >= record.at_ms and record.revision == plan.model.revision:
        return record.derived
    return derive(plan, record, until_ms=t_ms)


def score_at(score: ScorePlan, record: Record, derived: Derived, t_ms: int) -> ScoreAt:
    """The score at t.

    derived: as of t.
    """
    name = score.name
    if score.is_null(derived):
        return ScoreAt(name, None, None, None)
    if score.per_value is not None:
        shown = [each for each in _ranked_values_at(score, record, derived, t_ms) if each.is_shown]
        values = [ScoreAt(each.name, each.cell.presented_nano, each.unrounded_nano, each.stage) for each in shown]
        return ScoreAt(name, None, None, None, tuple(values))
    if score.matrix is not None:
        return ScoreAt(name, None, None, score.matrix.label(*_stages_at(score, record, derived, t_ms)))
    exact = score.unrounded_nano(derived, t_ms)
    cell = score.presentation.cell(exact)
    stage = None
    if score.presentation.has_hysteresis and t_ms >= record.at_ms:
        stage = _stage_before(score, record, t_ms)
    return ScoreAt(name, cell.presented_nano, exact, score.presentation.stage(cell, stage))


def next_change_of_score(score: ScorePlan, record: Record, derived: Derived, t_ms: int) -> int | None:
    """The first instant after t at which the score is shown differently by itself; None: none comes."""
    if score.is_null(derived):
        return None
    if score.per_value is not None:
        shown = shown_values(_ranked_values_at(score, record, derived, t_ms))
        change = first_change(score, derived, shown, t_ms, END_OF_TIME_MS)
        return None if change is None else change[0]
    if score.matrix is not None:
        return _next_label(score, score.matrix, _stages_at(score, record, derived, t_ms), derived, t_ms)
    cell = score.presentation.cell(score.unrounded_nano(derived, t_ms))
    return CrossingSearch(score, derived, (cell.low_nano, cell.high_nano)).first(t_ms + 1)


def _ranked_values_at(score: ScorePlan, record: Record, derived: Derived, t_ms: int) -> list[RankedValue]:
    """The values of a per-value score at t, with the stages that they have then, walked from what is shown."""
    shown: ShownValues = {}
    if score.presentation.has_hysteresis and t_ms >= record.at_ms:
        shown, now = record.values[score.name] or {}, record.at_ms
        while (change := first_change(score, derived, shown, now, t_ms)) is not None:
            now, shown = change
    return ranked_values(score, derived, shown, t_ms)


def _stages_at(score: ScorePlan, record: Record, derived: Derived, t_ms: int) -> tuple[str, str]:
    """The stages of a matrix's rows and columns at t."""
    rows, columns = (score_at(side, record, derived, t_ms).stage for side, _ in score.components)
    return str(rows), str(columns)


def _next_label(score: ScorePlan, matrix: Matrix, stages: tuple[str, str], derived: Derived, t_ms: int) -> int | None:
    """The first instant after t at which rows and columns, which are in these stages at t, make another label."""
    label, now = matrix.label(*stages), t_ms
    while True:
        rows, columns = (
            CrossingSearch(side, derived, side.presentation.stage_range(stage)).first(now + 1)
            for (side, _), stage in zip(score.components, stages, strict=True)
        )
        if rows is None and columns is None:
            return None
        now = min(instant for instant in (rows, columns) if instant is not None)
        row, column = (
            side.presentation.stage(side.presentation.cell(side.unrounded_nano(derived, now)), stage)
            for (side, _), stage in zip(score.components, stages, strict=True)
        )
        stages = str(row), str(column)
        if matrix.label(*stages) != label:
            return now


def _stage_before(score: ScorePlan, record: Record, t_ms: int) -> str | None:
    """The stage that the contact is in when t comes, walked from what is shown."""
    stage, now = record.shown[score.name][1], record.at_ms
    while stage is not None and now < t_ms:
        leaves = CrossingSearch(score, record.derived, score.presentation.stage_range(stage)).first(now + 1, t_ms)
        if leaves is None:
            break
        now = leaves
        stage = score.presentation.stage(score.presentation.cell(score.unrounded_nano(record.derived, now)), stage)
    return stage


def next_change_of_record(plan: Plan, record: Record, holds_until_ms: int) -> int | None:
    """The first instant at which any score is shown differently; none is before holds_until_ms. None: none comes."""
    evaluation = evaluate(plan, record, max(record.at_ms, holds_until_ms - 1))
    nearest: int | None = None
    earliest = [(step.holds_until_ms, i) for i, step in enumerate(evaluation.scores) if step.holds_until_ms is not None]
    for bound_ms, i in sorted(earliest):
        last_ms = END_OF_TIME_MS if nearest is None else nearest - 1
        change_ms = _next_change_between(plan.scores[i], evaluation.scores[i], record, (bound_ms, last_ms))
        nearest = nearest if change_ms is None else change_ms
    return nearest


def _next_change_between(
    score: ScorePlan, score_step: ScoreStep, record: Record, between_ms: tuple[int, int]
) -> int | None:
    """The first instant between these, both included, at which the score is shown differently.

    A matrix moves with its sides.
    """
    first_ms, last_ms = between_ms
    if score.per_value is not None:
        shown = record.values[score.name] or {}
        change = first_change(score, record.derived, shown, first_ms - 1, last_ms)
        return None if change is None else change[0]
    if score_step.unrounded_nano is None:
        return None
    cell = score.presentation.cell(score_step.unrounded_nano)
    return CrossingSearch(score, record.derived, (cell.low_nano, cell.high_nano)).first(first_ms, last_ms)
