"""The vectors of SCORING.md hold for the scorer."""

from __future__ import annotations

import pytest

from streamprocessor.scoring.model.model import DAY_MS, E15, NANO, Model, Score, Stage
from streamprocessor.scoring.model.rules import (
    Comparison,
    Decay,
    EventRule,
    HalfLife,
    InactivityRule,
    Limit,
    NoDecay,
    Rule,
)
from streamprocessor.scoring.record.facts import Event
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.terms.decay_laws import ExpiresAfter, Linear, PercentPerDayEvery, StepDecay
from tests.scoring.against_oracle import unrounded_nano

START_MS = 1_790_000_000_000 // DAY_MS * DAY_MS


def event(event_id: str, day: float, event_type: str = "click", **properties: object) -> Event:
    at_ms = START_MS + round(day * DAY_MS)
    return Event(event_id, event_type, at_ms, at_ms, properties, {})


def scorer_of(*rules: Rule, stages: tuple[Stage, ...] = ()) -> Scorer:
    return Scorer(Model("m", "v", (Score("s", rules, stages),), correction_window_ms=1_000 * DAY_MS))


def scored(scorer: Scorer, *events: Event) -> Record:
    record = scorer.blank()
    for one in events:
        scorer.apply_in_place(record, [one])
    return record


def clicks(points_e15: int, decay: Decay = NoDecay(), limit: Limit = Limit()) -> EventRule:  # noqa: B008
    return EventRule("click", ("click",), points_e15, decay=decay, limit=limit)


def unrounded(scorer: Scorer, record: Record, day: float) -> float:
    return unrounded_nano(scorer.scores_at(record, START_MS + round(day * DAY_MS))["s"]) / NANO


STEP_15 = StepDecay(0.15, 45 * DAY_MS, compound=False)


@pytest.mark.parametrize(
    ("decay", "points", "day", "result"),
    [
        (Linear(0.5, 30 * DAY_MS), 10, 30, 5),
        (Linear(0.5, 30 * DAY_MS), 10, 60, 0),
        (Linear(1.0, 90 * DAY_MS), 9, 3, 8.7),
        (PercentPerDayEvery(0.02, DAY_MS), 100, 1, 98),
        (PercentPerDayEvery(0.02, DAY_MS), 100, 30, 54.548431938),
        (STEP_15, 40, 44, 40),
        (STEP_15, 40, 45, 34),
        (STEP_15, 40, 90, 28),
        (ExpiresAfter(30 * DAY_MS), 10, 29, 10),
        (ExpiresAfter(30 * DAY_MS), 10, 30, 0),
        (HalfLife(14.0 * DAY_MS), 16, 14, 8),
        (HalfLife(14.0 * DAY_MS), 16, 28, 4),
        (NoDecay(), 7, 3_000, 7),
    ],
)
def test_points_decay_by_their_law(decay: Decay, points: int, day: float, result: float) -> None:
    scorer = scorer_of(clicks(points * E15, decay))
    assert unrounded(scorer, scored(scorer, event("e", 0)), day) == result


def test_a_kept_match_holds_its_slot_after_its_points_are_gone() -> None:
    scorer = scorer_of(clicks(10 * E15, ExpiresAfter(30 * DAY_MS), Limit(count=1)))
    record = scored(scorer, event("e1", 0), event("e2", 40))
    assert unrounded(scorer, record, 29) == 10
    assert unrounded(scorer, record, 41) == 0


@pytest.mark.parametrize(("day", "result"), [(59, 0), (60, -10), (600, -10)])
def test_inactivity_costs_points_from_its_day_on(day: float, result: float) -> None:
    scorer = scorer_of(InactivityRule("quiet", ("email_open",), 60 * DAY_MS, -10 * E15))
    assert unrounded(scorer, scored(scorer, event("e", 0, "email_open")), day) == result


@pytest.mark.parametrize(("matches", "points_e15", "result"), [(55, E15 // 10, 6), (15, 7 * E15 // 10, 11)])
def test_a_sum_of_tenths_is_exact_and_is_rounded_half_up(matches: int, points_e15: int, result: int) -> None:
    scorer = scorer_of(clicks(points_e15))
    record = scored(scorer, *(event(f"e{n}", 0) for n in range(matches)))
    assert scorer.scores_at(record, START_MS)["s"].presented_nano == result * NANO


def test_the_engagement_table_turns_hot_at_41() -> None:
    points = {"email_open": 1, "email_click": 5, "download": 8, "unsubscribe": -50}
    rules: list[Rule] = [EventRule(type_, (type_,), p * E15) for type_, p in points.items()]
    rules += [
        EventRule("homepage", ("page_visit",), 2 * E15, Comparison("properties.path", "equals", "/")),
        EventRule("pricing", ("page_visit",), 10 * E15, Comparison("properties.path", "starts_with", "/pricing")),
        EventRule("contact-us", ("form_submission",), 25 * E15, Comparison("properties.form", "equals", "contact")),
    ]
    scorer = scorer_of(*rules, stages=(Stage("cold", 0), Stage("warm", 16 * NANO), Stage("hot", 41 * NANO)))
    record = scored(
        scorer,
        event("e1", 0, "email_click"),
        event("e2", 0, "page_visit", path="/pricing"),
        event("e3", 0, "form_submission", form="contact"),
    )
    now = scorer.scores_at(record, START_MS)["s"]
    assert (now.presented_nano, now.stage) == (40 * NANO, "warm")
    scorer.apply_in_place(record, [event("e4", 0, "email_open")])
    now = scorer.scores_at(record, START_MS)["s"]
    assert (now.presented_nano, now.stage) == (41 * NANO, "hot")


def test_a_burst_of_clicks_on_two_links_counts_twice() -> None:
    scorer = scorer_of(clicks(5 * E15, limit=Limit(count=1, per="properties.url")))
    burst = [event(f"e{n}", n / 94 / 24, url=f"https://example.com/{n % 2}") for n in range(94)]
    assert unrounded(scorer, scored(scorer, *burst), 1) == 10
