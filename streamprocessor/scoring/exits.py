"""The next instant at which a record is shown differently by time alone."""

from __future__ import annotations

from streamprocessor.scoring.announcing import look
from streamprocessor.scoring.plan import Plan, ScorePlan
from streamprocessor.scoring.record import Record
from streamprocessor.scoring.steps import ScoreStep
from streamprocessor.scoring.terms import END_OF_TIME_MS
from streamprocessor.scoring.timing import Exit
from streamprocessor.scoring.values import first_change


def next_exit(plan: Plan, record: Record, holds_until_ms: int) -> int | None:
    """The first instant at which any score is shown differently; none is before holds_until_ms. None: none comes."""
    seen = look(plan, record, max(record.at_ms, holds_until_ms - 1))
    nearest: int | None = None
    bounds = [(step.holds_until_ms, i) for i, step in enumerate(seen.scores) if step.holds_until_ms is not None]
    for bound, i in sorted(bounds):
        last_ms = END_OF_TIME_MS if nearest is None else nearest - 1
        found = _exit_of(plan.scores[i], seen.scores[i], record, (bound, last_ms))
        nearest = nearest if found is None else found
    return nearest


def _exit_of(score: ScorePlan, step: ScoreStep, record: Record, between_ms: tuple[int, int]) -> int | None:
    """The first instant between these, both included, at which the score is shown differently.

    A matrix moves with its sides.
    """
    first_ms, last_ms = between_ms
    if score.values is not None:
        shown = record.values[score.name] or {}
        change = first_change(score, record.derived, shown, first_ms - 1, last_ms)
        return None if change is None else change[0]
    if step.unrounded_nano is None:
        return None
    cell = score.display.cell(step.unrounded_nano)
    return Exit(score, record.derived, (cell.low, cell.high)).first(first_ms, last_ms)
