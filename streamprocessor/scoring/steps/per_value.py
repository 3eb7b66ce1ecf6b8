"""The values of a `by` score: which are shown, when that changes, and which are forgotten when there are too many."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from streamprocessor.scoring.plan.plan import ScorePlan, _values, known_values
from streamprocessor.scoring.record.record import Derived, Record
from streamprocessor.scoring.steps.crossing import CrossingSearch, holds_until
from streamprocessor.scoring.steps.steps import ScoreStep
from streamprocessor.scoring.terms.presentation import DisplayCell, unrounded
from streamprocessor.scoring.terms.terms import MotionBound

ShownValues: TypeAlias = dict[str, tuple[int, "str | None"]]


_RANK = itemgetter(0, 1, 2)


class RankedValue(NamedTuple):
    """One value at an instant, and how it can move. is_shown: among the strongest, and not as without evidence."""

    name: str
    unrounded_nano: int
    cell: DisplayCell
    stage: str | None
    is_shown: bool
    total_e15: int
    gauge: MotionBound


def ranked_values(score: ScorePlan, derived: Derived, shown: ShownValues, t_ms: int) -> list[RankedValue]:
    """Every value at t: those that are shown first, the strongest first. shown: what was shown last, for the stages."""
    values, display, terms = _values(score), score.presentation, score.terms
    ranked = []
    for name, of_value in known_values(score, derived).items():
        gauge = MotionBound()
        total = 0
        for term in terms:
            total += term.value_and_bound(of_value, t_ms, gauge)
        exact = unrounded(total)
        cell = display.cell(exact)
        stage = display.stage(cell, shown.get(name, values.blank)[1]) if display.stages else None
        is_blank = (cell.presented_nano, stage) == values.blank
        ranked.append((is_blank, -cell.presented_nano, name, exact, cell, stage, total, gauge))
    ranked.sort(key=_RANK)
    return [
        RankedValue(name, exact, cell, stage, not is_blank and place < values.most_shown, total, gauge)
        for place, (is_blank, _, name, exact, cell, stage, total, gauge) in enumerate(ranked)
    ]


def shown_of(found: Sequence[RankedValue]) -> ShownValues:
    """What is shown of these values."""
    return {each.name: (each.cell.presented_nano, each.stage) for each in found if each.is_shown}


def shown_in(score: ScorePlan, step: ScoreStep) -> ShownValues | None:
    """What is shown after the score's step; None: it is null. What is as without evidence was told, and is not kept."""
    if step.values is None:
        return None
    now = {each.name: (each.presented_nano or 0, each.stage) for each in step.values}
    return {name: shown for name, shown in now.items() if shown != _values(score).blank}


def evaluate_values(score: ScorePlan, record: Record, at_ms: int) -> ScoreStep:
    """The score's values at at_ms, not before the record's clock, each compared with what was shown last."""
    before = record.values[score.name]
    if score.is_null(record.derived):
        return ScoreStep(score.name, None, None, None, before is not None, None, None, None)
    last = before or {}
    found = ranked_values(score, record.derived, last, at_ms)
    hidden_room = _room_of_hidden(score, found)
    earliest: int | None = None
    steps = []
    for each in found:
        until = holds_until(_room(each, hidden_room), each.total_e15, each.gauge, at_ms)
        if until is not None and (earliest is None or until < earliest):
            earliest = until
        if each.is_shown:
            steps.append(_value_step(score, each, until, last))
    changed = before is None or shown_of(found) != before
    steps += _as_without_evidence(score, found, last)
    return ScoreStep(score.name, None, None, None, changed, None, None, earliest, tuple(steps))


def first_change(
    score: ScorePlan, derived: Derived, shown: ShownValues, t_ms: int, until_ms: int
) -> tuple[int, ShownValues] | None:
    """The first instant in (t, until] that shows other values, or other numbers or stages of them, and which; or None.

    shown: what is shown at t.
    """
    known = known_values(score, derived)
    now = t_ms
    while True:
        found = ranked_values(score, derived, shown, now)
        hidden_room = _room_of_hidden(score, found)
        rooms = [(each, _room(each, hidden_room)) for each in found]
        bounds = [(holds_until(room, each.total_e15, each.gauge, now), each.name, room) for each, room in rooms]
        nearest: int | None = None
        for bound, name, room in sorted((bound, name, room) for bound, name, room in bounds if bound is not None):
            last_ms = until_ms if nearest is None else nearest - 1
            if bound > last_ms:
                break
            leaves = CrossingSearch(score, known[name], (room.low, room.high)).first(bound, last_ms)
            nearest = nearest if leaves is None else leaves
        if nearest is None:
            return None
        after = shown_of(ranked_values(score, derived, shown, nearest))
        if after != shown:
            return nearest, after
        now = nearest


def _value_step(score: ScorePlan, each: RankedValue, until_ms: int | None, last: ShownValues) -> ScoreStep:
    before, before_stage = last.get(each.name, _values(score).blank)
    presented, stage = each.cell.presented_nano, each.stage
    changed = (presented, stage) != (before, before_stage)
    return ScoreStep(each.name, presented, each.unrounded_nano, stage, changed, before, before_stage, until_ms)


def _as_without_evidence(score: ScorePlan, found: Sequence[RankedValue], last: ShownValues) -> list[ScoreStep]:
    """Those that were shown and are now as without evidence: told once."""
    values = _values(score)
    presented, stage = values.blank
    left = {each.name: each for each in found if (each.cell.presented_nano, each.stage) == values.blank}
    known = {each.name for each in found}
    steps = []
    for name in sorted(last):
        if name in left or name not in known:
            unrounded_nano = left[name].unrounded_nano if name in left else values.blank_nano
            steps.append(ScoreStep(name, presented, unrounded_nano, stage, True, *last[name], None))
    return steps


def _room_of_hidden(score: ScorePlan, found: Sequence[RankedValue]) -> DisplayCell | None:
    """Where values can move that are weaker than all that are shown; None where more can be shown."""
    shown = [each.cell.presented_nano for each in found if each.is_shown]
    return score.presentation.below(shown[-1]) if len(shown) == _values(score).most_shown else None


def _room(each: RankedValue, hidden_room: DisplayCell | None) -> DisplayCell:
    """Where the value can move without a change of what is shown: its cell, or anywhere below the weakest shown."""
    if each.is_shown or hidden_room is None or each.cell.presented_nano >= hidden_room.presented_nano:
        return each.cell
    return hidden_room
