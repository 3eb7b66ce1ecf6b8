"""The oracle's next step and its replay of a history keep the sentences of SCORING.md."""

from __future__ import annotations

import math

import pytest

from streamprocessor.scoring.kinds.frequency import FrequencyRule
from streamprocessor.scoring.kinds.recency import RecencyRule
from streamprocessor.scoring.model.model import DAY_MS, E15, NANO, Model, Stage
from streamprocessor.scoring.model.rules import Band, EventRule, HalfLife, InactivityRule, Rule
from streamprocessor.scoring.terms.decay_laws import ExpiresAfter, PercentPerDayEvery
from tests.scoring.oracle.replay import in_order_of_occurrence, replay, stages_along
from tests.scoring.oracle.scores import one_number, score_at
from tests.scoring.oracle.stages import Shown, possible_stages
from tests.scoring.oracle.steps import next_step
from tests.scoring.oracle.test_vectors import STAGES, START_MS, STEP_15, clicks, event, model_of


def engagement_table() -> Model:
    table = {"open": 1, "click": 5, "homepage": 2, "pricing": 10, "download": 8, "form": 25, "unsubscribed": -50}
    return model_of(*(EventRule(name, (name,), points * E15) for name, points in table.items()), stages=STAGES)


def _points_and_stage(shown: Shown) -> tuple[int, str | None]:
    assert isinstance(shown, tuple)
    assert shown[0] is not None
    return shown[0] // NANO, shown[1]


def test_the_engagement_table_is_warm_at_40_and_hot_at_41() -> None:
    batches = [[event("a", 1, "click")], [event("b", 2, "pricing")], [event("c", 3, "form")], [event("d", 4, "open")]]
    history = replay(engagement_table(), batches)
    assert [step.shown["s"] for step in history.steps] == [
        (5 * NANO, "cold"),
        (15 * NANO, "cold"),
        (40 * NANO, "warm"),
        (41 * NANO, "hot"),
    ]
    assert history.steps[-1].hot_leads == (("s", 1, True),)


def test_the_next_step_of_a_half_life_is_where_the_rounding_turns() -> None:
    model = model_of(clicks(16 * E15, HalfLife(14.0 * DAY_MS)))
    found_ms = next_step(model, [event("a", 0)], START_MS)
    assert found_ms is not None
    # 16 presents as 16 down to 15.5 (half up): a = 14 d · log2(16 / 15.5)
    assert (found_ms - START_MS) / DAY_MS == pytest.approx(14 * math.log2(16 / 15.5), abs=1e-7)
    assert [one_number(score_at(model, [event("a", 0)], found_ms - back)["s"])[0] // NANO for back in (0, 1)] == [
        15,
        16,
    ]


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
    history = replay(model, [[event("a", 0)], [event("b", 14)]], START_MS + 40 * DAY_MS)
    shown = [_points_and_stage(step.shown["s"]) for step in history.steps]
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
    assert [lead for step in history.steps for lead in step.hot_leads] == [("s", 1, True), ("s", 2, True)]
    assert stages_along(model.scores[0], [41 * NANO, 35 * NANO, 34 * NANO, 35 * NANO], "cold") == [
        "hot",
        "hot",
        "warm",
        "warm",
    ]
    assert possible_stages(model.scores[0], 35 * NANO) == {"hot", "warm"}


def test_the_offline_replay_goes_in_order_of_occurrence() -> None:
    batches = in_order_of_occurrence([event("b", 2), event("a", 1)._replace(arrival_ms=START_MS + 9 * DAY_MS)])
    assert [(fact.id, fact.arrival_ms - fact.occurred_at_ms) for [fact] in batches] == [("a", 0), ("b", 0)]
