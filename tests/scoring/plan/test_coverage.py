"""Rules of a new model count from the arrival from which on evidence has stored what they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.scoring.kinds.frequency import FrequencyRule
from streamprocessor.scoring.kinds.monetary import MonetaryRule
from streamprocessor.scoring.kinds.recency import RecencyRule
from streamprocessor.scoring.model.model import DAY_MS, E15, NANO, HotLead, Model, Score, Stage
from streamprocessor.scoring.model.rules import Band, Comparison, EventRule, HalfLife, InactivityRule, Limit, Rule
from streamprocessor.scoring.plan.coverage import CoverageGap, coverage_gaps, covered_since
from streamprocessor.scoring.record.facts import Event, Fact
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from tests.harness.example_share import share
from tests.scoring.against_oracle import assert_scores_are_the_oracles, unrounded_nano
from tests.scoring.histories import histories, split
from tests.scoring.models import START_MS, TYPES, Taste, band_rules, event_rules, models

SINCE_MS = 1_800_000_000_000
OPEN = EventRule("open", ("email_open",), E15)
CLICK = EventRule("click", ("email_click",), 5 * E15, limit=Limit(count=1, per="properties.url"))
HOME = EventRule("home", ("page_visit",), 2 * E15, Comparison("properties.path", "equals", "/"))
BUY = MonetaryRule("buy", ("purchase",), "properties.amount", 30 * DAY_MS, (Band(100 * NANO, 5 * E15),))
QUIET = InactivityRule("quiet", None, 30 * DAY_MS, -5 * E15)
NO_DEMO = InactivityRule("no-demo", ("demo",), 30 * DAY_MS, -5 * E15)


def model_of(*rules: Rule, revision: int = 1, since: dict[str, dict[str, int]] | None = None) -> Model:
    scores = (Score("s", rules),)
    return Model("m", "v", scores, revision=revision, scanners=None, covered_since_ms=since or {})


def event(event_id: str, at_ms: int, event_type: str, **properties: object) -> Event:
    return Event(event_id, event_type, at_ms, at_ms, properties, {})


def points(scorer: Scorer, record: Record, t_ms: int) -> float:
    return unrounded_nano(scorer.scores_at(record, t_ms)["s"]) / NANO


# ---- what is stored since when ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "since"),
    [
        (None, [OPEN, CLICK], {}),
        ([OPEN, CLICK], [CLICK, OPEN, EventRule("more", ("email_open",), E15)], {}),
        ([OPEN], [OPEN, CLICK], {"email_click": {"": SINCE_MS, "properties.url": SINCE_MS}}),
        ([EventRule("any-click", ("email_click",), E15)], [CLICK], {"email_click": {"properties.url": SINCE_MS}}),
        ([OPEN], [OPEN, QUIET], {"any": {"": SINCE_MS}}),
        ([OPEN], [NO_DEMO], {"demo": {"": SINCE_MS}}),
        ([QUIET], [NO_DEMO], {}),  # inactivity of any kind stored every event, without its properties
        ([QUIET], [CLICK], {"email_click": {"properties.url": SINCE_MS}}),
    ],
)
def test_what_a_model_needs_and_the_one_before_did_not_is_kept_from_now_on(
    before: Sequence[Rule] | None, after: Sequence[Rule], since: dict[str, dict[str, int]]
) -> None:
    known = None if before is None else model_of(*before)
    assert covered_since(model_of(*after), known, SINCE_MS) == since


def test_what_was_kept_stays_kept_while_it_is_named_and_begins_anew_after_a_gap() -> None:
    first = model_of(OPEN)
    second = model_of(OPEN, CLICK, since=covered_since(model_of(OPEN, CLICK), first, 100))
    third = model_of(CLICK, since=covered_since(model_of(CLICK), second, 200))
    fourth = model_of(CLICK, OPEN, since=covered_since(model_of(CLICK, OPEN), third, 300))
    click = {"": 100, "properties.url": 100}
    assert [each.covered_since_ms for each in (second, third)] == [{"email_click": click}, {"email_click": click}]
    assert fourth.covered_since_ms == {"email_click": click, "email_open": {"": 300}}


def test_the_property_of_a_per_value_score_is_kept_of_events_of_any_type_from_now_on() -> None:
    by_product = Score("by", (QUIET,), by="properties.product")
    known = Model("m", "v", (Score("s", (QUIET,)),), revision=1, scanners=None)
    model = Model("m", "v", (by_product,), revision=2, scanners=None)
    since = covered_since(model, known, SINCE_MS)
    assert since == {"any": {"properties.product": SINCE_MS}}
    gaps = list(coverage_gaps(replace(model, covered_since_ms=since), SINCE_MS))
    assert gaps == [CoverageGap("by", "quiet", "any", ("properties.product",), SINCE_MS)]


def test_rules_that_count_only_from_now_on_are_named_with_what_is_missing() -> None:
    known = EventRule("any-click", ("email_click",), E15)
    model = model_of(OPEN, CLICK, HOME, NO_DEMO, QUIET)
    since = covered_since(model, model_of(OPEN, known), SINCE_MS)
    model = model_of(OPEN, CLICK, HOME, NO_DEMO, QUIET, since=since)
    assert list(coverage_gaps(model, SINCE_MS)) == [
        CoverageGap("s", "click", "email_click", ("properties.url",), SINCE_MS),
        CoverageGap("s", "home", "page_visit", (), SINCE_MS),
        CoverageGap("s", "no-demo", "demo", (), SINCE_MS),
        CoverageGap("s", "quiet", "any", (), SINCE_MS),
    ]
    assert list(coverage_gaps(model, SINCE_MS + 1)) == []


# ---- what counts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "missing", "expected"),
    [
        (HOME, "properties.path", (0, 2)),
        (
            EventRule("none", ("page_visit",), E15, Comparison("properties.path", "exists", False)),
            "properties.path",
            (0, 0),
        ),
        (BUY, "properties.amount", (0, 5)),
        (RecencyRule("r", ("page_visit",), (Band(30 * DAY_MS, 3 * E15),)), "", (0, 3)),
        (FrequencyRule("f", ("page_visit",), 30 * DAY_MS, (Band(2, 4 * E15),)), "", (0, 0)),
        (EventRule("both", ("page_visit", "email_open"), E15), "", (1, 2)),
    ],
)
def test_a_rule_counts_what_arrived_since_its_evidence_is_stored(
    rule: Rule, missing: str, expected: tuple[float, float]
) -> None:
    assert not isinstance(rule, InactivityRule)
    scorer = Scorer(model_of(rule, revision=2, since={rule.types[0]: {missing: SINCE_MS}}))  # type: ignore[union-attr]
    record, later_ms = scorer.blank(), SINCE_MS + DAY_MS
    properties = {"path": "/", "amount": 100}
    early = event("early", SINCE_MS - DAY_MS, rule.types[0], **properties)  # type: ignore[union-attr]
    scorer.apply_in_place(record, [early, event("open", SINCE_MS - DAY_MS, "email_open")])
    before = points(scorer, record, later_ms)
    scorer.apply_in_place(record, [event("late", SINCE_MS, rule.types[0], **properties)])  # type: ignore[union-attr]
    assert (before, points(scorer, record, later_ms)) == expected
    assert sum(part.points_nano for part in scorer.explain(record, "s", later_ms)) == expected[1] * NANO


@pytest.mark.parametrize("rule", [QUIET, NO_DEMO])
def test_an_inactivity_of_which_nothing_was_known_begins_when_evidence_is_stored(rule: InactivityRule) -> None:
    scorer = Scorer(model_of(OPEN, rule, revision=2, since={"any": {"": SINCE_MS}, "demo": {"": SINCE_MS}}))
    record = scorer.blank()
    scorer.apply_in_place(record, [event("o", SINCE_MS - 90 * DAY_MS, "email_open")])
    ends_ms = SINCE_MS + 30 * DAY_MS
    assert [points(scorer, record, t_ms) for t_ms in (SINCE_MS, ends_ms - 1, ends_ms)] == [1, 1, -4]
    assert scorer.next_step(record, SINCE_MS) == ends_ms
    part = next(part for part in scorer.explain(record, "s", ends_ms) if part.kind == "inactivity")
    assert part.occurred_at_ms == SINCE_MS


def test_a_rule_that_needs_more_than_was_stored_drops_what_was_compacted_of_it() -> None:
    bare = EventRule("click", ("email_click",), E15)
    old = Scorer(model_of(bare, OPEN, revision=1))
    record = old.blank()
    old.apply_in_place(record, [event("c1", SINCE_MS - 90 * DAY_MS, "email_click"), event("o1", 1, "email_open")])
    old.apply_in_place(record, [event("c2", SINCE_MS - 10, "email_click")])
    assert record.compacted is not None
    assert points(old, record, SINCE_MS) == 3
    new = Scorer(model_of(CLICK, OPEN, revision=2, since={"email_click": {"properties.url": SINCE_MS}}))
    new.migrate_in_place(record, SINCE_MS - 5)
    assert points(new, record, SINCE_MS) == 1
    again = Scorer(model_of(CLICK, OPEN, revision=3, since={"email_click": {"properties.url": SINCE_MS}}))
    new.apply_in_place(record, [event("c3", SINCE_MS + 1, "email_click", url="u")])
    new.apply_in_place(record, [event("c4", SINCE_MS + 90 * DAY_MS, "email_click", url="v")])
    again.migrate_in_place(record, SINCE_MS + 91 * DAY_MS)
    assert points(again, record, SINCE_MS + 91 * DAY_MS) == 11


GATED = Taste(rules=st.one_of(event_rules(), band_rules), precisions_nano=(5 * NANO, 10 * NANO))  # few steps


@share(50)
@given(data=st.data())
def test_a_model_whose_evidence_begins_late_scores_as_if_nothing_had_come_before(data: st.DataObject) -> None:
    model = replace(data.draw(models(GATED)), scanners=None)  # clicks are looked at whenever they came
    history = [fact._replace(id=f"{fact.id}-{n}") for n, fact in enumerate(data.draw(histories(model)))]
    since_ms = START_MS + data.draw(st.integers(0, 60)) * DAY_MS
    late = model_since(model, since_ms)
    counted: list[Fact] = [f for f in history if not isinstance(f, Event) or f.arrival_ms >= since_ms]
    scorer = Scorer(late)
    record = scorer.blank()
    for batch in data.draw(split(sorted(history, key=lambda fact: fact.arrival_ms))):
        scorer.apply_in_place(record, batch)
    t_ms = record.at_ms + data.draw(st.integers(0, 40)) * DAY_MS
    assert_scores_are_the_oracles(model, scorer.scores_at(record, t_ms), counted, t_ms)


def model_since(model: Model, since_ms: int) -> Model:
    return replace(model, revision=1, covered_since_ms={type_: {"": since_ms} for type_ in TYPES})


# ---- hot leads of a change -------------------------------------------------------------------------------------


@pytest.mark.parametrize("announced", [False, True])
def test_hot_leads_that_a_change_alone_makes_are_announced_only_where_the_revision_says_so(announced: bool) -> None:
    def scorer_of(share: int, revision: int) -> Scorer:
        rule = EventRule("open", ("email_open",), share * E15, decay=HalfLife(30.0 * DAY_MS))
        score = Score("s", (rule,), (Stage("cold", 0), Stage("hot", 41 * NANO)))
        leads = (HotLead("s", "hot"),)
        return Scorer(Model("m", "v", (score,), leads, revision, announce_hot_leads=announced))

    record = scorer_of(1, 1).blank()
    scorer_of(1, 1).apply_in_place(record, [event("o", SINCE_MS, "email_open")])
    (step,) = scorer_of(50, 2).migrate_in_place(record, SINCE_MS)
    assert (step.cause, step.sequence, record.episodes["s"][0]) == ("model", 2, 1)
    assert [lead.episode for lead in step.hot_leads] == ([1] if announced else [])
