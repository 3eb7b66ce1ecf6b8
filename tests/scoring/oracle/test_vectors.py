"""The vectors of SCORING.md hold for the oracle: what judges the scorer is itself judged by the written law."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from streamprocessor.scoring.kinds.frequency import FrequencyRule
from streamprocessor.scoring.kinds.monetary import MonetaryRule
from streamprocessor.scoring.kinds.recency import RecencyRule
from streamprocessor.scoring.model.model import DAY_MS, E15, NANO, Group, HotLead, Model, Score, Stage
from streamprocessor.scoring.model.rules import (
    AttributeRule,
    Band,
    Comparison,
    Decay,
    EventRule,
    HalfLife,
    InactivityRule,
    Limit,
    NoDecay,
    PointsFrom,
    Rule,
)
from streamprocessor.scoring.record.facts import HUMAN, PROXY, SCANNER, AttributesWritten, Event, Fact, Verdict
from streamprocessor.scoring.terms.decay_laws import ExpiresAfter, Linear, PercentPerDayEvery, StepDecay
from tests.scoring.oracle.scores import explain_parts, one_number, oracle_scores, score_at

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
    return one_number(score_at(model, facts, START_MS + round(day * DAY_MS))["s"])[1] / NANO


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
    assert one_number(score_at(model_of(clicks(tenths * 10**14)), facts, START_MS + DAY_MS)["s"])[0] == shown * NANO


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
        ("click", "event", Decimal(30)),
        ("open", "event", Decimal(30)),
        (None, "cut", Decimal(-20)),
    ]


def test_of_two_events_with_one_id_the_smaller_counts() -> None:
    model = model_of(EventRule("r", ("click",), 10 * E15, where=Comparison("properties.path", "equals", "/a")))
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


@pytest.mark.parametrize(
    ("actor", "event_type", "proxy_opens_count", "result"),
    [
        (SCANNER, "email_click", True, 0),
        (PROXY, "email_click", False, 10),
        (PROXY, "email_open", False, 0),
        (PROXY, "email_open", True, 10),
        (HUMAN, "email_open", False, 10),
    ],
)
def test_who_did_it_decides_whether_it_counts(
    actor: str, event_type: str, proxy_opens_count: bool, result: int
) -> None:
    rule = EventRule("r", ("email_open", "email_click"), 10 * E15)
    model = replace(model_of(rule), proxy_opens_count=proxy_opens_count)
    assert unrounded(model, [event("a", 0, event_type)._replace(actor=actor)], 0) == result


def test_amounts_without_a_number_match_nothing_and_large_ones_are_cut() -> None:
    model = model_of(EventRule("r", ("click",), PointsFrom("properties.amount", 10.0, min_e15=-(10**17))))
    amounts: list[object] = ["1,2", True, None, 0.1, -300, 10**9]
    assert [unrounded(model, [event("a", 0, amount=amount)], 0) for amount in amounts] == [0, 0, 0, 1, -100, 10**6]
    assert unrounded(model, [event("a", 0)], 0) == 0
    assert unrounded(model, [event(f"e{n}", 0, amount=10**9) for n in range(5)], 0) == 4_000_000


def test_the_last_write_of_an_attribute_holds_and_null_deletes() -> None:
    model = model_of(AttributeRule("boss", Comparison("title", "contains", "CEO"), 10 * E15))
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


def test_the_scores_of_many_contacts_are_each_their_own() -> None:
    facts = {"c-1": [event("a", 0)], "c-2": [event("a", 0), event("b", 0)], "c-3": []}
    scores = oracle_scores(model_of(clicks(3 * E15)), facts, START_MS)
    assert {contact: one_number(score["s"])[0] // NANO for contact, score in scores.items()} == {
        "c-1": 3,
        "c-2": 6,
        "c-3": 0,
    }
