"""The next step is found in bounded work, however the parts of a score play against each other."""

from __future__ import annotations

import pytest

from streamprocessor.scoring.model.model import DAY_MS, E15, END_OF_TIME_MS, NANO, Model, Score
from streamprocessor.scoring.model.rules import Decay, EventRule, HalfLife, InactivityRule, Limit, Rule
from streamprocessor.scoring.plan.compile import compile_model
from streamprocessor.scoring.record.facts import Event
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.steps.crossing import SEARCH_BUDGET, CrossingSearch
from streamprocessor.scoring.terms.decay_laws import Linear
from tests.scoring.against_oracle import presented_nano

START_MS = 1_790_000_000_000
MONTH = HalfLife(30.0 * DAY_MS)


def scored(*rules: Rule, min_nano: int | None = None) -> tuple[Scorer, Record]:
    scorer = Scorer(Model("m", "v", (Score("s", rules, min_nano=min_nano),)))
    record = scorer.blank()
    scorer.apply_in_place(record, [Event("e", "click", START_MS, START_MS, {}, {})])
    return scorer, record


def clicks(rule_id: str, points_e15: int, decay: Decay, bound_nano: int | None = None) -> EventRule:
    return EventRule(rule_id, ("click",), points_e15, decay=decay, limit=Limit(points_nano=bound_nano))


ALMOST_HALF = EventRule("almost", ("click",), E15 // 2 - 10**6)


@pytest.mark.parametrize(
    "opposites",
    [
        (clicks("up", 10 * E15, MONTH, 90 * NANO), clicks("down", -10 * E15, MONTH, -90 * NANO)),
        (clicks("up", 10 * E15, Linear(1.0, 90 * DAY_MS)), clicks("down", -10 * E15, Linear(1.0, 90 * DAY_MS))),
    ],
)
def test_opposite_parts_that_cancel_out_at_an_edge_do_not_hold_the_search(opposites: tuple[Rule, ...]) -> None:
    """Each for ever within half of 10⁻⁹ of what would be shown as 1."""
    scorer, record = scored(*opposites, ALMOST_HALF)
    plan = compile_model(scorer.model).scores[0]
    cell = plan.presentation.cell(plan.unrounded_nano(record.derived, START_MS))
    search = CrossingSearch(plan, record.derived, (cell.low_nano, cell.high_nano))
    assert search.first(START_MS + 1) is None
    assert SEARCH_BUDGET - search.evaluations_left < 20 * SEARCH_BUDGET


def test_a_limit_that_binds_at_first_lets_go_at_its_instant() -> None:
    scorer, record = scored(clicks("up", 40 * E15, MONTH, 20 * NANO))
    assert scorer.scores_at(record, START_MS + 30 * DAY_MS)["s"].unrounded_nano == 20 * NANO
    first = scorer.next_step(record, START_MS)
    assert first is not None
    assert 31 * DAY_MS < first - START_MS < 32 * DAY_MS  # 40 · 2^(-t/30d) = 19.5
    assert [presented_nano(scorer.scores_at(record, at)["s"]) // NANO for at in (first - 1, first)] == [20, 19]


def test_inactivity_without_end_is_searched_to_the_scores_min_and_no_further() -> None:
    quiet = InactivityRule("quiet", None, DAY_MS, -E15, every_ms=1_000)
    scorer, record = scored(quiet, min_nano=-5 * NANO)
    steps = scorer.advance_in_place(record, START_MS + 2 * DAY_MS)
    assert [step.at_ms - START_MS - DAY_MS for step in steps] == [0, 1_000, 2_000, 3_000, 4_000]
    assert record.holds_until_ms is None


def test_nothing_is_looked_for_beyond_the_year_9999() -> None:
    scorer, record = scored(clicks("up", 10 * E15, HalfLife(1e16)))
    assert scorer.next_step(record, START_MS) is None
    assert record.holds_until_ms is None
    assert scorer.scores_at(record, END_OF_TIME_MS)["s"].presented_nano == 10 * NANO


def test_steps_by_time_can_be_taken_in_slices() -> None:
    scorer, whole = scored(clicks("up", 10 * E15, MONTH))
    _, sliced = scored(clicks("up", 10 * E15, MONTH))
    until_ms = START_MS + 20 * DAY_MS
    slices = []
    while sliced.holds_until_ms is not None and sliced.holds_until_ms <= until_ms:
        slices.append(scorer.advance_in_place(sliced, until_ms, at_most=2))
    assert [len(steps) for steps in slices[:2]] == [2, 2]
    assert [step for steps in slices for step in steps] == scorer.advance_in_place(whole, until_ms)
