"""The values of a per-value score: which are shown, and when that changes."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from streamprocessor.scoring.plan.plan import ScorePlan
from streamprocessor.scoring.record.record import Derived, Record
from streamprocessor.scoring.steps.crossing import CrossingSearch, holds_until
from streamprocessor.scoring.steps.steps import ScoreStep
from streamprocessor.scoring.terms.presentation import DisplayCell, unrounded
from streamprocessor.scoring.terms.terms import MotionBound

ShownValues: TypeAlias = dict[str, tuple[int, "str | None"]]


_RANK = itemgetter(0, 1, 2)


class RankedValue(NamedTuple):
    """One value of a per-value score at an instant, and how it can move.

    is_shown: whether it is among the strongest, and not as without evidence.
    total_e15: its sum before rounding.
    bound: how the sum can move from the instant on.
    """

    name: str
    unrounded_nano: int
    cell: DisplayCell
    stage: str | None
    is_shown: bool
    total_e15: int
    bound: MotionBound


def ranked_values(score: ScorePlan, derived: Derived, shown: ShownValues, t_ms: int) -> list[RankedValue]:
    """Every value at t: those that are shown first, the strongest first.

    shown: what was shown last, for the stages.
    """
    per_value, presentation, terms = score.of_values(), score.presentation, score.terms
    ranked = []
    for name, of_value in score.derived_by_value(derived).items():
        bound = MotionBound()
        total = 0
        for term in terms:
            total += term.value_and_bound(of_value, t_ms, bound)
        exact = unrounded(total)
        cell = presentation.cell(exact)
        stage = presentation.stage(cell, shown.get(name, per_value.blank)[1]) if presentation.stages else None
        is_blank = (cell.presented_nano, stage) == per_value.blank
        ranked.append((is_blank, -cell.presented_nano, name, exact, cell, stage, total, bound))
    ranked.sort(key=_RANK)
    return [
        RankedValue(name, exact, cell, stage, not is_blank and place < per_value.most_shown, total, bound)
        for place, (is_blank, _, name, exact, cell, stage, total, bound) in enumerate(ranked)
    ]


def shown_values(ranked: Sequence[RankedValue]) -> ShownValues:
    """What is shown of these values."""
    return {value.name: (value.cell.presented_nano, value.stage) for value in ranked if value.is_shown}


def shown_after(score: ScorePlan, step: ScoreStep) -> ShownValues | None:
    """What is shown after the score's step, without values that are as without evidence now; None: it is null."""
    if step.values is None:
        return None
    now = {each.name: (each.presented_nano or 0, each.stage) for each in step.values}
    return {name: shown for name, shown in now.items() if shown != score.of_values().blank}


def evaluate_values(score: ScorePlan, record: Record, at_ms: int) -> ScoreStep:
    """The score's values at at_ms, not before the record's clock, each compared with what was shown last."""
    before = record.values[score.name]
    if score.is_null(record.derived):
        return ScoreStep(score.name, None, None, None, before is not None, None, None, None)
    last = before or {}
    ranked = ranked_values(score, record.derived, last, at_ms)
    hidden_range = _range_of_hidden(score, ranked)
    earliest: int | None = None
    steps = []
    for value in ranked:
        until = holds_until(_unchanged_range(value, hidden_range), value.total_e15, value.bound, at_ms)
        if until is not None and (earliest is None or until < earliest):
            earliest = until
        if value.is_shown:
            steps.append(_value_step(score, value, until, last))
    changed = before is None or shown_values(ranked) != before
    steps += _steps_to_blank(score, ranked, last)
    return ScoreStep(score.name, None, None, None, changed, None, None, earliest, tuple(steps))


def first_change(
    score: ScorePlan, derived: Derived, shown: ShownValues, t_ms: int, until_ms: int
) -> tuple[int, ShownValues] | None:
    """(instant, values) of the first change in (t, until] of the values, numbers or stages shown; None: none comes.

    shown: what is shown at t.
    """
    known = score.derived_by_value(derived)
    now = t_ms
    while True:
        ranked = ranked_values(score, derived, shown, now)
        hidden_range = _range_of_hidden(score, ranked)
        ranges = [(value, _unchanged_range(value, hidden_range)) for value in ranked]
        crossings = [
            (holds_until(unchanged, value.total_e15, value.bound, now), value.name, unchanged)
            for value, unchanged in ranges
        ]
        nearest: int | None = None
        for bound_ms, name, unchanged in sorted(
            (bound_ms, name, unchanged) for bound_ms, name, unchanged in crossings if bound_ms is not None
        ):
            last_ms = until_ms if nearest is None else nearest - 1
            if bound_ms > last_ms:
                break
            leaves = CrossingSearch(score, known[name], (unchanged.low_nano, unchanged.high_nano)).first(
                bound_ms, last_ms
            )
            nearest = nearest if leaves is None else leaves
        if nearest is None:
            return None
        after = shown_values(ranked_values(score, derived, shown, nearest))
        if after != shown:
            return nearest, after
        now = nearest


def _value_step(score: ScorePlan, value: RankedValue, until_ms: int | None, last: ShownValues) -> ScoreStep:
    """The value compared with what was shown last of it."""
    before, before_stage = last.get(value.name, score.of_values().blank)
    presented, stage = value.cell.presented_nano, value.stage
    changed = (presented, stage) != (before, before_stage)
    return ScoreStep(value.name, presented, value.unrounded_nano, stage, changed, before, before_stage, until_ms)


def _steps_to_blank(score: ScorePlan, ranked: Sequence[RankedValue], last: ShownValues) -> list[ScoreStep]:
    """The last steps of values that were shown and are now as without evidence."""
    per_value = score.of_values()
    presented, stage = per_value.blank
    blank = {value.name: value for value in ranked if (value.cell.presented_nano, value.stage) == per_value.blank}
    known = {value.name for value in ranked}
    steps = []
    for name in sorted(last):
        if name in blank or name not in known:
            unrounded_nano = blank[name].unrounded_nano if name in blank else per_value.blank_nano
            steps.append(ScoreStep(name, presented, unrounded_nano, stage, True, *last[name], None))
    return steps


def _range_of_hidden(score: ScorePlan, ranked: Sequence[RankedValue]) -> DisplayCell | None:
    """Where values can move that are weaker than all that are shown; None where more can be shown."""
    shown = [value.cell.presented_nano for value in ranked if value.is_shown]
    return score.presentation.below(shown[-1]) if len(shown) == score.of_values().most_shown else None


def _unchanged_range(value: RankedValue, hidden_range: DisplayCell | None) -> DisplayCell:
    """Where the value can move without a change of what is shown: its cell, or anywhere below the weakest shown."""
    if value.is_shown or hidden_range is None or value.cell.presented_nano >= hidden_range.presented_nano:
        return value.cell
    return hidden_range
