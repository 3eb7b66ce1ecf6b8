"""The vectors of SCORING.md hold for the oracle: what judges the scorer is itself judged by the written law."""

from __future__ import annotations

import math

import pytest

from streamprocessor.scoring.facts import SCANNER, AttributesWritten, Event, Fact, SuppressionChanged, Verdict
from streamprocessor.scoring.model import (
    DAY_MS,
    E15,
    NANO,
    AttributeRule,
    Band,
    Decay,
    EventRule,
    ExpiresAfter,
    FrequencyRule,
    Group,
    HalfLife,
    HotLead,
    InactivityRule,
    Limit,
    Linear,
    Model,
    MonetaryRule,
    NoDecay,
    PercentPerDayEvery,
    RecencyRule,
    Rule,
    Score,
    Stage,
    StepDecay,
    Test,
)
from tests.scoring.oracle import explain_parts, oracle_scores, score_at
from tests.scoring.oracle_replay import in_order_of_occurrence, possible_stages, replay, stages_along
from tests.scoring.oracle_steps import next_step

START_MS = 1_790_000_000_000 // DAY_MS * DAY_MS
STAGES = (Stage("cold", 0), Stage("warm", 16 * NANO), Stage("hot", 41 * NANO))


def event(event_id: str, day: float, event_type: str = "click", **properties: object) -> Event:
    at_ms = START_MS + round(day * DAY_MS)
    return Event(event_id, event_type, at_ms, at_ms, properties, {})


def model_of(*rules: Rule, **score: object) -> Model:
    return Model("m", "v", (Score("s", rules, **score),), (HotLead("s", "hot"),) if score.get("stages") else ())  # type: ignore[arg-type]


def clicks(points_e15: int, decay: Decay = NoDecay(), limit: Limit = Limit()) -> EventRule:  # noqa: B008
    return EventRule("click", ("click",), points_e15, decay=decay, limit=limit)


def unrounded(model: Model, facts: list[Fact], day: float) -> float:
    return score_at(model, facts, START_MS + round(day * DAY_MS))["s"][1] / NANO


LINEAR_HALF = Linear(0.5, 30 * DAY_MS)
STEP_15 = StepDecay(0.15, 45 * DAY_MS, compound=False)


@pytest.mark.parametrize(
    ("decay", "points", "day", "result"),
    [
        (LINEAR_HALF, 10, 30, 5),
        (LINEAR_HALF, 10, 60, 0),
        (Linear(1.0, 90 * DAY_MS), 9, 3, 8.7),
        (PercentPerDayEvery(0.02, DAY_MS), 100, 1, 98),
        (PercentPerDayEvery(0.02, DAY_MS), 100, 30, 54.548431938),
        (PercentPerDayEvery(0.02, DAY_MS), 100, 1.99, 98),
        (STEP_15, 40, 44, 40),
        (STEP_15, 40, 45, 34),
        (STEP_15, 40, 90, 28),
        (StepDecay(0.15, 45 * DAY_MS, compound=True), 40, 90, 28.9),
        (ExpiresAfter(30 * DAY_MS), 10, 29, 10),
        (ExpiresAfter(30 * DAY_MS), 10, 30, 0),
        (HalfLife(14.0 * DAY_MS), 16, 14, 8),
        (HalfLife(14.0 * DAY_MS), 16, 28, 4),
        (NoDecay(), 16, 10_000, 16),
    ],
)
def test_each_decay_law_gives_the_written_value(decay: Decay, points: int, day: float, result: float) -> None:
    assert unrounded(model_of(clicks(points * E15, decay)), [event("a", 0)], day) == result


def test_a_slot_stays_taken_after_its_points_expired() -> None:
    model = model_of(clicks(10 * E15, ExpiresAfter(30 * DAY_MS), Limit(count=1)))
    assert unrounded(model, [event("a", 0), event("b", 40)], 41) == 0


@pytest.mark.parametrize(("day", "result"), [(59, 0), (60, -10), (600, -10)])
def test_inactivity_begins_when_the_time_is_up(day: int, result: int) -> None:
    model = model_of(InactivityRule("quiet", ("open",), 60 * DAY_MS, -10 * E15))
    assert unrounded(model, [event("a", 0, "open")], day) == result


@pytest.mark.parametrize(("day", "result"), [(29, 0), (30, -5), (60, -10), (90, -15), (120, -15)])
def test_inactivity_repeats_at_most_max_times(day: int, result: int) -> None:
    rule = InactivityRule("quiet", None, 30 * DAY_MS, -5 * E15, every_ms=30 * DAY_MS, max_times=3)
    assert unrounded(model_of(rule), [event("a", 0)], day) == result


def test_inactivity_counts_from_the_first_event_where_no_human_one_qualifies() -> None:
    model = model_of(InactivityRule("quiet", ("open",), 60 * DAY_MS, -10 * E15))
    robot = event("a", 0, "open")._replace(actor=SCANNER)
    assert unrounded(model, [robot, event("b", 5)], 60) == -10
    assert unrounded(model, [], 60) == 0


@pytest.mark.parametrize(("count", "tenths", "shown"), [(55, 1, 6), (15, 7, 11)])
def test_tenths_add_up_exactly_before_the_one_rounding(count: int, tenths: int, shown: int) -> None:
    facts = [event(f"e{n}", n / 100) for n in range(count)]
    assert score_at(model_of(clicks(tenths * 10**14)), facts, START_MS + DAY_MS)["s"][0] == shown * NANO


def engagement_table() -> Model:
    table = {"open": 1, "click": 5, "homepage": 2, "pricing": 10, "download": 8, "form": 25, "unsubscribed": -50}
    return model_of(*(EventRule(name, (name,), points * E15) for name, points in table.items()), stages=STAGES)


def test_the_engagement_table_is_warm_at_40_and_hot_at_41() -> None:
    batches = [[event("a", 1, "click")], [event("b", 2, "pricing")], [event("c", 3, "form")], [event("d", 4, "open")]]
    life = replay(engagement_table(), batches)
    assert [step.shown["s"] for step in life.steps] == [
        (5 * NANO, "cold"),
        (15 * NANO, "cold"),
        (40 * NANO, "warm"),
        (41 * NANO, "hot"),
    ]
    assert life.steps[-1].hot_leads == (("s", 1, True),)


def test_a_burst_on_two_links_counts_twice() -> None:
    model = model_of(clicks(5 * E15, limit=Limit(count=1, per="properties.url")))
    facts = [event(f"e{n:02}", n / 2400, url=f"/link/{n % 2}") for n in range(94)]
    assert unrounded(model, list(facts), 1) == 10


# ---- sentences of SCORING.md that are no vectors ---------------------------------------------------------------


def test_a_late_event_takes_the_slot_of_a_later_one() -> None:
    model = model_of(EventRule("r", ("click", "open"), 10 * E15, decay=HalfLife(14.0 * DAY_MS), limit=Limit(count=1)))
    assert unrounded(model, [event("b", 14)], 14) == 10
    assert unrounded(model, [event("b", 14), event("a", 0)], 14) == 5


def test_windows_of_a_limit_are_aligned_to_the_epoch() -> None:
    model = model_of(clicks(1 * E15, limit=Limit(count=1, within_ms=7 * DAY_MS)))
    thursday_ms = START_MS // (7 * DAY_MS) * 7 * DAY_MS
    days = [(thursday_ms - START_MS) / DAY_MS + offset for offset in (-0.5, 0, 6.5, 7)]
    assert unrounded(model, [event(f"e{n}", day) for n, day in enumerate(days)], 30) == 3


@pytest.mark.parametrize(("limit", "points", "result"), [(30, 25, 30), (30, -25, -50), (-30, -25, -30), (0, 25, 0)])
def test_a_bound_on_points_holds_the_decayed_sum_from_one_side(limit: int, points: int, result: int) -> None:
    model = model_of(clicks(points * E15, limit=Limit(points_nano=limit * NANO)))
    assert unrounded(model, [event("a", 0), event("b", 1)], 2) == result


def test_a_group_bounds_its_rules_together_and_its_cut_is_a_part() -> None:
    rules = [EventRule(name, (name,), 30 * E15, group="g") for name in ("click", "open")]
    model = model_of(*rules, groups=(Group("g", 40 * NANO),))
    facts: list[Fact] = [event("a", 0, "click"), event("b", 0, "open")]
    assert unrounded(model, facts, 1) == 40
    parts = explain_parts(model, facts, "s", START_MS + DAY_MS)
    assert [(part.rule, part.kind, part.points) for part in parts] == [
        ("click", "event", 30),
        ("open", "event", 30),
        (None, "cut", -20),
    ]


def test_of_two_events_with_one_id_the_smaller_counts() -> None:
    model = model_of(EventRule("r", ("click",), 10 * E15, where=Test("properties.path", "equals", "/a")))
    same_time: list[Fact] = [event("x", 0, path="/b"), event("x", 0, path="/a")]
    assert unrounded(model, same_time, 1) == 10
    assert unrounded(model, [event("x", 0, path="/b"), event("x", 1, path="/a")], 2) == 0


def test_the_later_verdict_wins_and_may_come_before_its_event() -> None:
    model = model_of(clicks(10 * E15))
    robot, human = (
        Verdict(f"v{day}", START_MS + day, START_MS + day, "a", actor) for day, actor in [(1, SCANNER), (2, "human")]
    )
    assert unrounded(model, [robot, event("a", 0)], 1) == 0
    assert unrounded(model, [human, robot, event("a", 0)], 1) == 10


def test_the_last_write_of_an_attribute_holds_and_null_deletes() -> None:
    model = model_of(AttributeRule("boss", Test("title", "contains", "CEO"), 10 * E15))
    write, delete = (
        AttributesWritten(f"w{day}", START_MS + day, START_MS + day, {"title": title})
        for day, title in [(1, "CEO"), (2, None)]
    )
    assert unrounded(model, [write], 0) == 10
    assert unrounded(model, [delete, write], 0) == 0


def test_frequency_recency_and_monetary_look_back_over_half_open_windows() -> None:
    bands = (Band(1, 5 * E15), Band(2, 15 * E15))
    amounts = (Band(100 * NANO, 5 * E15),)
    model = model_of(
        FrequencyRule("f", ("click",), 7 * DAY_MS, bands),
        RecencyRule("r", ("click",), (Band(2 * DAY_MS, 200 * E15), Band(4 * DAY_MS, 100 * E15))),
        MonetaryRule("m", ("click",), "properties.amount", 7 * DAY_MS, amounts),
    )
    facts: list[Fact] = [event("a", 0, amount=99.9), event("b", 1, amount=0.1)]
    assert [unrounded(model, facts, day) for day in (1, 2.9, 3, 5, 7, 8)] == [220, 220, 120, 20, 5, 0]


# ---- time ------------------------------------------------------------------------------------------------------


def test_the_next_step_of_a_half_life_is_where_the_rounding_turns() -> None:
    model = model_of(clicks(16 * E15, HalfLife(14.0 * DAY_MS)))
    found_ms = next_step(model, [event("a", 0)], START_MS)
    assert found_ms is not None
    # 16 presents as 16 down to 15.5 (half up): a = 14 d · log2(16 / 15.5)
    assert (found_ms - START_MS) / DAY_MS == pytest.approx(14 * math.log2(16 / 15.5), abs=1e-7)
    assert [score_at(model, [event("a", 0)], found_ms - back)["s"][0] // NANO for back in (0, 1)] == [15, 16]


@pytest.mark.parametrize(
    ("rule", "day"),
    [
        (clicks(10 * E15, ExpiresAfter(30 * DAY_MS)), 30),
        (clicks(10 * E15, PercentPerDayEvery(0.5, 2 * DAY_MS)), 2),
        (clicks(40 * E15, STEP_15), 45),
        (clicks(10 * E15), None),
        (InactivityRule("quiet", None, 60 * DAY_MS, -10 * E15), 60),
        (RecencyRule("r", ("click",), (Band(2 * DAY_MS, 5 * E15), Band(4 * DAY_MS, 1 * E15))), 2),
        (FrequencyRule("f", ("click",), 7 * DAY_MS, (Band(1, 5 * E15),)), 7),
    ],
)
def test_the_next_step_of_a_jump_is_its_instant(rule: Rule, day: int | None) -> None:
    wanted_ms = None if day is None else START_MS + day * DAY_MS
    assert next_step(model_of(rule), [event("a", 0)], START_MS) == wanted_ms


def test_decay_alone_leaves_the_hot_stage_below_its_hysteresis_and_a_new_event_begins_a_second_episode() -> None:
    stages = (*STAGES[:2], Stage("hot", 41 * NANO, leave_below_nano=35 * NANO))
    model = model_of(clicks(41 * E15, HalfLife(14.0 * DAY_MS)), stages=stages)
    life = replay(model, [[event("a", 0)], [event("b", 14)]], START_MS + 40 * DAY_MS)
    shown = [(step.shown["s"][0] // NANO, step.shown["s"][1]) for step in life.steps]
    assert shown[:8] == [
        (41, "hot"),
        (40, "hot"),
        (39, "hot"),
        (38, "hot"),
        (37, "hot"),
        (36, "hot"),
        (35, "hot"),
        (34, "warm"),
    ]
    assert [lead for step in life.steps for lead in step.hot_leads] == [("s", 1, True), ("s", 2, True)]
    assert stages_along(model.scores[0], [41 * NANO, 35 * NANO, 34 * NANO, 35 * NANO], "cold") == [
        "hot",
        "hot",
        "warm",
        "warm",
    ]
    assert possible_stages(model.scores[0], 35 * NANO) == {"hot", "warm"}


def test_old_news_suppression_and_rearming_keep_an_episode_from_being_announced() -> None:
    table = model_of(clicks(41 * E15, ExpiresAfter(DAY_MS)), stages=STAGES)
    model = Model("m", "v", table.scores, (HotLead("s", "hot", rearm_after_ms=7 * DAY_MS),))
    old = event("a", 0)._replace(arrival_ms=START_MS + DAY_MS + 1, occurred_at_ms=START_MS + 1)
    very_old = old._replace(id="z", occurred_at_ms=START_MS)
    suppressed = SuppressionChanged("x", START_MS + 30 * DAY_MS, START_MS + 30 * DAY_MS, suppressed=True)
    batches: list[list[Fact]] = [[event("b", 2)], [event("c", 8)], [event("d", 9.5)], [suppressed], [event("e", 31)]]
    life = replay(model, batches, START_MS + 40 * DAY_MS)
    assert [lead for step in life.steps for lead in step.hot_leads] == [
        ("s", 1, True),
        ("s", 2, False),
        ("s", 3, True),
        ("s", 4, False),
    ]
    week = model_of(clicks(41 * E15, ExpiresAfter(7 * DAY_MS)), stages=STAGES)
    assert [
        replay(week, [[late]]).steps[0].hot_leads[0][2]
        for late in (old, very_old._replace(arrival_ms=START_MS + DAY_MS + 1))
    ] == [True, False]


def test_the_offline_replay_goes_in_order_of_occurrence() -> None:
    batches = in_order_of_occurrence([event("b", 2), event("a", 1)._replace(arrival_ms=START_MS + 9 * DAY_MS)])
    assert [(fact.id, fact.arrival_ms - fact.occurred_at_ms) for [fact] in batches] == [("a", 0), ("b", 0)]


def test_the_scores_of_many_contacts_are_each_their_own() -> None:
    facts = {"c-1": [event("a", 0)], "c-2": [event("a", 0), event("b", 0)], "c-3": []}
    scores = oracle_scores(model_of(clicks(3 * E15)), facts, START_MS)
    assert {contact: score["s"][0] // NANO for contact, score in scores.items()} == {"c-1": 3, "c-2": 6, "c-3": 0}
