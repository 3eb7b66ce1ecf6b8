"""A `by` score: a number for each value, the strongest shown, the weakest forgotten; small whatever comes."""

from __future__ import annotations

import pytest

from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.scoring.model.model import DAY_MS, E15, NANO, Model, Score, Stage
from streamprocessor.scoring.model.rules import (
    AttributeRule,
    Comparison,
    EventRule,
    HalfLife,
    InactivityRule,
    Limit,
    Rule,
)
from streamprocessor.scoring.record.facts import SCANNER, AttributesWritten, Event, Fact, Verdict
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.steps.steps import Step
from streamprocessor.scoring.terms.decay_laws import ExpiresAfter

START_MS = 1_790_000_000_000 // DAY_MS * DAY_MS
VISIT = EventRule("visit", ("visit",), 10 * E15)
FADING = EventRule("visit", ("visit",), 10 * E15, decay=HalfLife(30.0 * DAY_MS))
BRIEF = EventRule("visit", ("visit",), 10 * E15, decay=ExpiresAfter(5 * DAY_MS))
BOSS = AttributeRule("boss", Comparison("title", "equals", "CEO"), 7 * E15)
QUIET = InactivityRule("quiet", ("visit",), 10 * DAY_MS, -3 * E15)


def scorer_of(*rules: Rule, most_shown: int = 20, stages: tuple[Stage, ...] = ()) -> Scorer:
    score = Score("interest", rules, stages, by="properties.product", max_values=most_shown)
    return Scorer(Model("m", "v", (score,)))


def visit(event_id: str, day: float, product: object = "crm", **properties: object) -> Event:
    at_ms = START_MS + round(day * DAY_MS)
    return Event(event_id, "visit", at_ms, at_ms, {"product": product, **properties}, {})


def titled(day: float, value: str | None) -> AttributesWritten:
    at_ms = START_MS + round(day * DAY_MS)
    return AttributesWritten(f"t{day}", at_ms, at_ms, {"title": value})


def steps_of(scorer: Scorer, record: Record, *facts: Fact) -> list[Step]:
    return [step for fact in facts for step in scorer.apply_in_place(record, [fact]).steps]


def points(scorer: Scorer, record: Record, day: float) -> dict[str, float]:
    values = scorer.scores_at(record, START_MS + round(day * DAY_MS))["interest"].values
    assert values is not None
    return {value.name: (value.unrounded_nano or 0) / NANO for value in values}


@pytest.mark.parametrize(
    ("rules", "facts", "day", "shown"),
    [
        ((VISIT,), [visit("a", 0), visit("b", 0), visit("c", 0, "mail")], 0, {"crm": 20, "mail": 10}),
        ((VISIT,), [visit("a", 0, 7), visit("b", 0, "7"), visit("c", 0, [1, {}])], 0, {"7": 20, "[1,{}]": 10}),
        ((VISIT,), [visit("a", 0, None), Event("b", "visit", START_MS, START_MS, {}, {})], 0, {"null": 10}),
        ((FADING,), [visit("a", 0), visit("b", 30, "mail")], 30, {"mail": 10, "crm": 5}),
        ((VISIT, BOSS), [titled(0, "CEO"), visit("a", 1)], 1, {"crm": 17}),
        ((VISIT, BOSS), [visit("a", 0), titled(1, "CEO"), titled(2, None)], 2, {"crm": 10}),
        ((VISIT, BOSS), [titled(0, "CEO")], 1, {}),
        ((VISIT, QUIET), [visit("a", 0), visit("b", 5, "mail")], 10, {"mail": 10, "crm": 7}),
        ((BRIEF, QUIET), [visit("a", 0), visit("b", 5, "mail")], 10, {"crm": -3}),
        (
            (EventRule("once", ("visit",), 10 * E15, limit=Limit(count=1)),),
            [visit("a", 0), visit("b", 1), visit("c", 0, "mail"), visit("d", 1, "mail")],
            1,
            {"crm": 10, "mail": 10},
        ),
        (
            (VISIT,),
            [visit("a", 0), Verdict("v", START_MS, START_MS, "a", SCANNER), visit("b", 1, "mail")],
            1,
            {"mail": 10},
        ),
    ],
)
def test_each_value_has_its_own_number(
    rules: tuple[Rule, ...], facts: list[Fact], day: float, shown: dict[str, float]
) -> None:
    scorer = scorer_of(*rules)
    for order in (facts, facts[::-1]):
        record = scorer.blank()
        steps_of(scorer, record, *order)
        assert points(scorer, decode_record(encode_record(record)), day) == shown


def test_inactivity_of_a_value_without_such_an_event_is_counted_from_the_contacts_first() -> None:
    calls = InactivityRule("no-calls", ("call",), 10 * DAY_MS, -3 * E15)
    scorer, record = scorer_of(VISIT, calls), scorer_of(VISIT, calls).blank()
    steps_of(scorer, record, visit("a", 0, "mail"), visit("b", 9))
    assert points(scorer, record, 9.9) == {"crm": 10, "mail": 10}
    assert points(scorer, record, 10) == {"crm": 7, "mail": 7}
    assert scorer.next_step(record, record.at_ms) == START_MS + 10 * DAY_MS


def test_the_strongest_are_shown_and_equal_ones_by_their_names() -> None:
    scorer = scorer_of(VISIT, most_shown=2)
    record = scorer.blank()
    first, second, third, fourth = steps_of(
        scorer, record, visit("a", 0, "b"), visit("b", 1, "c"), visit("c", 2, "a"), visit("d", 3, "c")
    )
    names = [[value.name for value in step.scores[0].values or ()] for step in (first, second, third, fourth)]
    assert names == [["b"], ["b", "c"], ["a", "b"], ["c", "a"]]
    assert record.values["interest"] == {"c": (20 * NANO, None), "a": (10 * NANO, None)}


def test_a_value_hidden_by_stronger_ones_moves_unseen_until_it_is_among_the_strongest() -> None:
    scorer = scorer_of(BRIEF, most_shown=1)
    record = scorer.blank()
    steps_of(scorer, record, visit("a", 0, "mail"), visit("b", 1), visit("c", 1), visit("d", 4, "site"))
    assert list(points(scorer, record, 4)) == ["crm"]
    assert scorer.next_step(record, record.at_ms) == START_MS + 6 * DAY_MS  # mail ends at 5, unseen
    steps = scorer.advance_in_place(record, START_MS + 20 * DAY_MS)
    assert [(step.at_ms - START_MS) // DAY_MS for step in steps] == [6, 9]
    assert list(points(scorer, record, 8)) == ["site"]


def test_a_value_that_is_back_to_what_nobody_has_is_told_once() -> None:
    scorer = scorer_of(BRIEF, stages=(Stage("cold", 0), Stage("warm", 5 * NANO)))
    record = scorer.blank()
    steps_of(scorer, record, visit("a", 0), visit("b", 1, "mail"))
    first, last = scorer.advance_in_place(record, START_MS + 9 * DAY_MS)
    crm = next(value for value in first.scores[0].values or () if value.name == "crm")
    assert (crm.presented_nano, crm.stage, crm.previous_nano, crm.previous_stage) == (0, "cold", 10 * NANO, "warm")
    assert [value.name for value in last.scores[0].values or ()] == ["mail"]
    assert record.values["interest"] == {}


def test_a_score_by_value_that_does_not_apply_is_null_and_comes_back_as_it_would_be() -> None:
    score = Score(
        "interest", (VISIT,), by="properties.product", applies_when=Comparison("title", "exists", operand=True)
    )
    scorer = Scorer(Model("m", "v", (score,)))
    record = scorer.blank()
    assert steps_of(scorer, record, visit("a", 0)) == []
    came, left = steps_of(scorer, record, titled(1, "CEO"), titled(2, None))
    assert [value.name for value in came.scores[0].values or ()] == ["crm"]
    assert (left.scores[0].changed, left.scores[0].values, record.values) == (True, None, {"interest": None})
    assert scorer.next_step(record, record.at_ms) is None


def test_an_explanation_is_of_one_value() -> None:
    scorer = scorer_of(FADING, BOSS)
    record = scorer.blank()
    steps_of(scorer, record, visit("a", 0), visit("b", 30), visit("c", 30, "mail"), titled(30, "CEO"))
    parts = scorer.explain(record, "interest", record.at_ms, value="crm")
    assert [(part.rule, part.event_id, part.points_nano // NANO) for part in parts] == [
        ("visit", "a", 5),
        ("visit", "b", 10),
        ("boss", None, 7),
    ]
    assert scorer.explain(record, "interest", record.at_ms, value="never seen") == []
    with pytest.raises(ValueError, match=r"wanted one of its values by properties\.product; got None"):
        scorer.explain(record, "interest", record.at_ms)


def test_compacted_events_of_a_value_count_on() -> None:
    link = EventRule("link", ("visit",), 1 * E15, limit=Limit(count=1, per="properties.url"))
    scorer = scorer_of(FADING, link, QUIET)
    record = scorer.blank()
    steps_of(scorer, record, visit("a", 0, url="u"), visit("b", 0, "mail", url="u"), visit("c", 60, url="u"))
    record = decode_record(encode_record(record))
    assert {stored.id for stored in record.evidence.events()} == {"c"}
    assert points(scorer, record, 60) == {"crm": 13.5, "mail": 0.5}
    assert points(scorer, record, 90)["crm"] == 10 / 8 + 10 / 2 + 1 - 3
    parts = scorer.explain(record, "interest", START_MS + 60 * DAY_MS, value="mail")
    assert {(part.rule, part.kind) for part in parts} == {
        ("visit", "earlier"),
        ("link", "earlier"),
        ("quiet", "inactivity"),
    }
    steps_of(scorer, record, visit("d", 400, "site"))
    assert points(scorer, record, 60 + 340)["mail"] < -1


def test_of_too_many_values_the_weakest_are_forgotten_and_begin_again() -> None:
    scorer = scorer_of(VISIT, most_shown=1)
    record = scorer.blank()
    steps_of(scorer, record, *(visit(f"{name}{n}", n / 9, name) for name in "abcde" for n in range(ord(name) - 96)))
    outcome = scorer.apply_in_place(record, [visit("f", 2, "f")])
    assert outcome.forgotten == 2
    assert set(record.derived.by_value["interest@properties.product"]) == {"b", "c", "d", "e"}
    record = decode_record(encode_record(record))
    assert steps_of(scorer, record, visit("a0", 0, "a")) == []  # known already
    scorer.apply_in_place(record, [visit("a9", 3, "a"), Verdict("v", START_MS, START_MS, "e0", SCANNER)])
    assert points(scorer, record, 3) == {"d": 40}
    parts = scorer.explain(record, "interest", record.at_ms, value="a")
    assert [part.event_id for part in parts] == ["a9"]


@pytest.mark.parametrize(("most_shown", "values", "at_once"), [(20, 6_000, 100), (100, 1_500, 30), (100, 500, 2)])
def test_a_record_stays_small_with_thousands_of_values(most_shown: int, values: int, at_once: int) -> None:
    link = EventRule("link", ("visit",), 1 * E15, limit=Limit(count=1, per="properties.url"))
    brief = EventRule("brief", ("visit",), E15, decay=ExpiresAfter(90 * DAY_MS))
    scorer = scorer_of(FADING, link, brief, QUIET, most_shown=most_shown)
    record = scorer.blank()
    forgotten, largest = 0, 0
    for first in range(0, values, at_once):
        facts = [visit(f"e{n}", n / 1_440, f"product {n}", url=f"u{n}") for n in range(first, first + at_once)]
        forgotten += scorer.apply_in_place(record, facts).forgotten
        value = encode_record(record)
        record = decode_record(value)
        largest = max(largest, len(value))
    stored = record.derived.by_value["interest@properties.product"]
    assert len(stored) == values - forgotten
    assert most_shown <= len(stored) <= 5 * most_shown
    assert len(points(scorer, record, values / 1_440)) == most_shown
    assert largest < 64 * 1024


def test_a_stage_of_a_value_is_held_down_to_leave_below() -> None:
    scorer = scorer_of(FADING, stages=(Stage("cold", 0), Stage("warm", 10 * NANO, 6 * NANO)))
    record = scorer.blank()
    steps_of(scorer, record, visit("a", 0))
    ahead = [scorer.scores_at(record, START_MS + day * DAY_MS)["interest"].values for day in (20, 30)]
    assert [[value.stage for value in values or ()] for values in ahead] == [["warm"], ["cold"]]
    steps = scorer.advance_in_place(record, START_MS + 30 * DAY_MS)
    stages = [
        (value.presented_nano or 0) // NANO
        for step in steps
        for value in step.scores[0].values or ()
        if value.stage == "warm"
    ]
    assert stages == [9, 8, 7, 6]


def test_inactivity_of_a_value_is_counted_from_its_last_event_when_that_is_compacted() -> None:
    quiet = InactivityRule("quiet", ("visit",), 10 * DAY_MS, -E15, every_ms=10 * DAY_MS, max_times=100)
    anything = InactivityRule("nothing", None, 10 * DAY_MS, -100 * E15, every_ms=10 * DAY_MS, max_times=100)
    scorer = scorer_of(quiet, anything)
    record = scorer.blank()
    steps_of(scorer, record, visit("a", 0), visit("b", 5, "mail"), visit("c", 64))
    assert {stored.id for stored in record.evidence.events()} == {"c"}
    assert points(scorer, record, 64) == {"mail": -505}
