"""Scores for some, sums of scores, and matrices: numbers, nulls, labels, hot leads, explanations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.scoring.model.model import DAY_MS, E15, NANO, HotLead, Matrix, Model, Score, Stage, Weighted
from streamprocessor.scoring.model.rules import AttributeRule, Comparison, EventRule, HalfLife, Limit
from streamprocessor.scoring.record.facts import AttributesWritten, Event, Fact
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.steps.steps import Step
from tests.scoring.oracle.scores import score_at

START_MS = 1_790_000_000_000 // DAY_MS * DAY_MS
IS_LEAD = Comparison("customer", "exists", operand=False)
ENGAGEMENT = Score(
    "engagement",
    (EventRule("click", ("click",), 20 * E15, decay=HalfLife(30.0 * DAY_MS)),),
    (Stage("3", 0), Stage("2", 10 * NANO), Stage("1", 30 * NANO, 25 * NANO)),
    max_nano=30 * NANO,
    applies_when=IS_LEAD,
)
FIT = Score(
    "fit",
    (AttributeRule("boss", Comparison("title", "equals", "CEO"), 30 * E15), EventRule("buy", ("buy",), E15 // 10)),
    (Stage("B", 0), Stage("A", 20 * NANO)),
)
TOTAL = Score(
    "total", (), (Stage("cold", 0), Stage("hot", 50 * NANO)), combine=Weighted((("engagement", NANO), ("fit", NANO)))
)
BLEND = Score(
    "blend", (), precision_nano=NANO // 10, combine=Weighted((("engagement", 7 * NANO // 10), ("fit", 3 * NANO // 10)))
)
GRADE = Score(
    "grade", (), combine=Matrix("fit", "engagement", (("A", "1", "top"), ("B", "3", "low"), ("B", "2", "low")))
)
LEADS = (HotLead("total", "hot"), HotLead("grade", "top"), HotLead("engagement", "1"))
MODEL = Model("m", "v", (GRADE, TOTAL, ENGAGEMENT, FIT, BLEND), LEADS)
SCORER = Scorer(MODEL)


def event(event_id: str, day: float, event_type: str = "click") -> Event:
    at_ms = START_MS + round(day * DAY_MS)
    return Event(event_id, event_type, at_ms, at_ms, {}, {})


def written(day: float, **attributes: object) -> AttributesWritten:
    at_ms = START_MS + round(day * DAY_MS)
    return AttributesWritten(f"w{day}", at_ms, at_ms, attributes)


def steps_of(record: Record, *facts: Fact) -> list[Step]:
    return [step for fact in facts for step in SCORER.apply_in_place(record, [fact]).steps]


def shown(step: Step) -> dict[str, tuple[float | None, str | None]]:
    return {
        score.name: (None if score.presented_nano is None else score.presented_nano / NANO, score.stage)
        for score in step.scores
    }


@pytest.mark.parametrize(
    ("facts", "day", "numbers", "label"),
    [
        ([], 0, (0, 0, 0, 0), "low"),
        ([event("a", 0)], 0, (20, 20, 0, 14), "low"),
        ([event("a", 0)], 30, (10, 10, 0, 7), "low"),
        ([event("a", 0), event("b", 0)], 0, (40, 30, 0, 28), "B1"),
        ([event("a", 0), event("b", 0), written(0, title="CEO")], 0, (70, 30, 30, 37), "top"),
        ([written(0, title="CEO"), event("b", 0, "buy")], 0, (30, 0, 30, 9), "A3"),
        ([event("a", 0), event("b", 0, "buy"), written(0, customer="yes")], 0, (0, None, 0, 0), None),
        ([event("a", 0), written(0, title="CEO"), written(1, customer="yes")], 1, (30, None, 30, 9), None),
    ],
)
def test_sums_are_of_what_is_neither_rounded_nor_clamped_and_leave_nulls_out(
    facts: list[Fact], day: float, numbers: tuple[float | None, ...], label: str | None
) -> None:
    t_ms = START_MS + round(day * DAY_MS)
    for order in (facts, facts[::-1]):
        record = SCORER.blank()
        steps_of(record, *order)
        scores = SCORER.scores_at(decode_record(encode_record(record)), t_ms)
        got = [scores[name].presented_nano for name in ("total", "engagement", "fit", "blend")]
        assert [None if nano is None else nano / NANO for nano in got] == list(numbers)
        assert scores["grade"].stage == label
    oracles = score_at(MODEL, facts, t_ms)
    assert [number and number[0] for number in (oracles[name] for name in ("total", "engagement"))] == got[:2]  # type: ignore[index]


def test_a_sum_of_nulls_is_null_and_a_matrix_is_where_one_side_is() -> None:
    both = replace(TOTAL, combine=Weighted((("engagement", NANO),)))
    scorer = Scorer(replace(MODEL, scores=(both, ENGAGEMENT, FIT, GRADE), hot_leads=()))
    record = scorer.blank()
    scorer.apply_in_place(record, [written(0, customer="yes"), event("a", 0)])
    scores = scorer.scores_at(record, record.at_ms)
    assert [scores[name][1:] for name in ("total", "engagement", "grade")] == [(None, None, None, None)] * 3
    assert scorer.next_step(record, record.at_ms) is None
    assert record.holds_until_ms is None
    assert scorer.explain(record, "total", record.at_ms) == []


def test_leaving_and_coming_are_steps_and_coming_into_the_hot_stage_is_an_entry() -> None:
    record = SCORER.blank()
    steps_of(record, event("a", 0), event("b", 0))
    steps = steps_of(record, written(1, customer="yes"), written(2, customer=None))
    left, came = (step for step in steps if step.cause == "attributes")
    engagement = next(score for score in left.scores if score.name == "engagement")
    assert (engagement.presented_nano, engagement.stage, engagement.changed) == (None, None, True)
    assert (engagement.previous_nano, engagement.previous_stage) == (30 * NANO, "1")
    back = next(score for score in came.scores if score.name == "engagement")
    assert (back.presented_nano, back.stage, back.previous_nano) == (30 * NANO, "1", None)
    assert [(lead.score, lead.episode) for lead in came.hot_leads] == [("engagement", 2)]


def test_a_matrix_changes_with_the_stages_of_its_sides_and_is_hot_at_one_label() -> None:
    record = SCORER.blank()
    steps = steps_of(record, event("a", 0), event("b", 0), written(0, title="CEO"))
    assert [shown(step)["grade"] for step in steps] == [(None, "low"), (None, "B1"), (None, "top")]
    leads = {lead.score: lead for lead in steps[-1].hot_leads}
    assert (leads["grade"].presented_nano, leads["grade"].previous_stage) == (None, "B1")
    assert [(part.rule, part.count) for part in steps[-1].strongest] == [("engagement/click", 2), ("fit/boss", 1)]
    falls = SCORER.next_step_of(record, "grade", record.at_ms)
    assert falls is not None
    later = SCORER.advance_in_place(record, START_MS + 60 * DAY_MS)
    moved = [step for step in later if any(s.name == "grade" and s.changed for s in step.scores)]
    assert [shown(step)["grade"][1] for step in moved] == ["A2"]
    assert moved[0].at_ms == falls
    assert shown(moved[0])["engagement"] == (24, "2")  # held down to leave_below


def test_the_parts_of_a_sum_are_those_of_its_components_times_their_weights() -> None:
    record = SCORER.blank()
    steps_of(record, event("a", 0), event("b", 30), event("c", 30, "buy"), written(30, title="CEO"))
    parts = SCORER.explain(record, "blend", record.at_ms)
    assert [(part.rule, part.event_id, part.points_nano / NANO, part.of_nano) for part in parts] == [
        ("engagement/click", "a", 7, 14 * NANO),
        ("engagement/click", "b", 14, 14 * NANO),
        ("fit/boss", None, 9, None),
        ("fit/buy", "c", 0.03, 30_000_000),
    ]
    assert sum(part.points_nano for part in parts) == SCORER.scores_at(record, record.at_ms)["blend"].unrounded_nano
    assert SCORER.explain(record, "grade", record.at_ms) == []


def test_each_component_is_cut_where_no_score_is_larger() -> None:
    huge = EventRule("huge", ("click",), 900_000 * E15)
    capped = EventRule("capped", ("click",), 10 * E15, limit=Limit(points_nano=5 * NANO))
    sides = Score("large", (huge,)), Score("small", (capped,))
    half = Score("half", (), combine=Weighted((("large", NANO // 2), ("small", -NANO))))
    scorer = Scorer(Model("m", "v", (*sides, half)))
    record = scorer.blank()
    scorer.apply_in_place(record, [event(f"e{n}", 0) for n in range(5)])
    assert scorer.scores_at(record, START_MS)["half"].presented_nano == (2_000_000 - 5) * NANO
    parts = scorer.explain(record, "half", START_MS)
    cuts = {part.rule or part.group: part.points_nano // NANO for part in parts if part.kind == "cut"}
    assert cuts == {"large": -250_000, "small/capped": 45}


def test_opposite_components_that_cancel_out_do_not_hold_the_search() -> None:
    up = Score("up", (EventRule("up", ("click",), 10 * E15, decay=HalfLife(30.0 * DAY_MS)),))
    rest = Score("rest", (EventRule("almost", ("click",), E15 // 2 - 10**6),))
    same = Score("same", (), combine=Weighted((("up", NANO // 2), ("down", -NANO), ("rest", NANO))))
    down = Score("down", (EventRule("down", ("click",), 5 * E15, decay=HalfLife(30.0 * DAY_MS)),))
    scorer = Scorer(Model("m", "v", (up, down, rest, same)))
    record = scorer.blank()
    scorer.apply_in_place(record, [event("a", 0)])
    assert scorer.next_step_of(record, "same", START_MS) is None


def test_a_component_that_is_taken_off_wakes_the_record_as_it_fades() -> None:
    less = Score("less", (), combine=Weighted((("engagement", -NANO), ("fit", NANO))))
    scorer = Scorer(replace(MODEL, scores=(ENGAGEMENT, FIT, less), hot_leads=()))
    alone = Scorer(Model("m", "v", (replace(ENGAGEMENT, precision_nano=30 * NANO, stages=()), FIT, less)))
    for each in (scorer, alone):
        record = each.blank()
        each.apply_in_place(record, [event("a", 0)])
        step_ms = each.next_step_of(record, "less", START_MS)
        assert step_ms is not None
        assert record.holds_until_ms is not None
        assert START_MS < record.holds_until_ms <= step_ms
        (step,) = each.advance_in_place(record, step_ms)
        assert (step.at_ms, shown(step)["less"]) == (step_ms, (-19, None))
