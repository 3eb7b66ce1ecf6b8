"""Scanners that look like browsers are recognised by what they do, whatever comes late, twice or is taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.scoring.model.model import DAY_MS, E15, NANO, HotLead, Model, Scanners, Score, Stage
from streamprocessor.scoring.model.rules import EventRule, HalfLife, InactivityRule, Limit
from streamprocessor.scoring.record.facts import HUMAN, SCANNER, Event, Fact, Verdict
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from tests.scoring.against_oracle import (
    assert_scores_are_the_oracles,
    presented_nano,
    record_of,
    record_of_batches,
    unrounded_nano,
)
from tests.scoring.histories import bursts, redelivered
from tests.scoring.models import CENTURY_MS, START_MS
from tests.scoring.oracle.scores import one_number, score_at

THREE_A_SECOND = Scanners(links=3, within_ms=1_000, after_delivery_ms=0, clock_tolerance_ms=0)
CLICKS = EventRule("click", ("email_click",), E15)
UNSUBSCRIBED = EventRule("unsubscribed", ("unsubscribe",), -50 * E15)


def model_of(scanners: Scanners | None = THREE_A_SECOND, *rules: EventRule | InactivityRule) -> Model:
    scores = (Score("s", rules or (CLICKS, UNSUBSCRIBED)),)
    return Model("m", "v", scores, correction_window_ms=10 * DAY_MS, scanners=scanners)


def act(event_id: str, after_ms: float, event_type: str, **properties: object) -> Event:
    at_ms = START_MS + round(after_ms)
    return Event(event_id, event_type, at_ms, at_ms, {"message": "m", **properties}, {})


def click(event_id: str, after_ms: float, url: object = None, **properties: object) -> Event:
    return act(event_id, after_ms, "email_click", url=url or event_id, **properties)


def visit(event_id: str, after_ms: float, **properties: object) -> Event:
    return act(event_id, after_ms, "page_visit", **properties)


def nameless(event: Event) -> Event:
    return event._replace(properties={"url": event.properties["url"]})


def delivered(event_id: str, after_ms: float, message: object = "m") -> Event:
    return act(event_id, after_ms, "email_delivered", message=message)


def verdict_on(number: int, event_id: str, actor: str) -> Verdict:
    at_ms = START_MS + DAY_MS + number
    return Verdict(f"v{number}", at_ms, at_ms, event_id, actor)


BURST = [click("a", 0), click("b", 500), click("c", 999)]


@pytest.mark.parametrize(
    ("facts", "points"),
    [
        (BURST, 0),
        ([click("a", 0), click("b", 500), click("c", 1_000)], 3),
        ([click("a", 0), click("b", 0), click("c", 0)], 0),
        ([click("a", 0, "x"), click("b", 1, "y"), click("c", 2, "x"), click("d", 3, "y")], 4),
        ([click("a", 0), click("b", 900), click("c", 1_800)], 3),
        ([*BURST, click("d", 1_499, "a")], 0),
        ([*BURST, click("d", 1_500, "a")], 1),
        ([*BURST, click("d", 1_998)], 1),
        ([*BURST[:2], act("c", 1, "email_click")], 0),
        ([click("a", 0, 1), click("b", 0, True), click("c", 0, "1")], 0),
        ([click("a", 0, 1), click("b", 0, 1.0), click("c", 0, "1")], 3),
        ([click("a", 0), click("b", 1), click("d", 2, message="n"), click("e", 3, message="n")], 4),
        ([click("d", 0, message="n"), *BURST, click("e", 3, message="n")], 2),
        ([click("a", 0, message=1), click("b", 1, message="1"), click("c", 2, message=1)], 3),
        ([nameless(event) for event in BURST], 3),
        ([click(event_id, 0, message=None) for event_id in "abc"], 3),
        ([event._replace(type="page_visit") for event in BURST] + BURST[:1], 1),
        ([act("u", 500, "unsubscribe"), *BURST], 0),
        ([act("u", 0, "unsubscribe"), click("a", 0), click("b", 999), click("c", 1_000)], -47),
        ([act("u", 0, "unsubscribe", url="z"), *BURST[:2]], -48),
        ([act("u", 1_500, "unsubscribe"), *BURST], -50),
        ([act("u", 500, "unsubscribe", message="n"), *BURST], -50),
    ],
)
def test_many_links_in_a_moment_are_a_scanners(facts: list[Fact], points: int) -> None:
    assert_worth(model_of(), facts, points)


@pytest.mark.parametrize(
    ("facts", "points"),
    [
        ([click("a", 0, honeypot=True)], 0),
        ([click("a", 0, honeypot="true"), click("b", 0, honeypot=1), click("c", 9_000, honeypot=False)], 3),
        ([click("a", 0, honeypot=True), click("b", 999), click("c", 1_000)], 1),
        ([click("a", 1_000, honeypot=True), click("b", 1), click("c", 0)], 1),
        ([click("a", 0, honeypot=True), click("b", 0, message="n")], 1),
        ([click("a", 0, honeypot=True), act("u", 999, "unsubscribe")], 0),
        ([nameless(click("a", 0))._replace(properties={"honeypot": True}), click("b", 0)], 2),
    ],
)
def test_a_honeypot_shows_a_scanner_and_what_is_near_it(facts: list[Fact], points: int) -> None:
    assert_worth(model_of(), facts, points)


@pytest.mark.parametrize(
    ("facts", "points"),
    [
        ([click("a", 0), delivered("d", 1)], 0),
        ([click("a", 0), delivered("d", 0)], 1),
        ([click("a", 0), delivered("d", DAY_MS)], 0),
        ([click("a", 5), delivered("d", 0), delivered("e", 9)], 1),
        ([click("a", 5), delivered("d", 6), delivered("e", 9)], 0),
        ([click("a", 5), delivered("d", 6, message="n")], 1),
        ([nameless(click("a", 5)), delivered("d", 6)], 1),
        ([act("u", 5, "unsubscribe"), delivered("d", 6)], 0),
    ],
)
def test_a_click_before_the_delivery_is_a_scanners(facts: list[Fact], points: int) -> None:
    assert_worth(model_of(), facts, points)
    acts = [fact for fact in facts if isinstance(fact, Event) and fact.type != "email_delivered"]
    for others in (replace(THREE_A_SECOND, before_delivery=False), None):
        assert_worth(model_of(others), facts, sum(-50 if fact.type == "unsubscribe" else 1 for fact in acts))


@pytest.mark.parametrize(
    ("facts", "points"),
    [
        ([click("a", 0), delivered("d", 0)], 0),
        ([click("a", 1_999), delivered("d", 0)], 0),
        ([click("a", 2_000), delivered("d", 0)], 1),
        ([click("a", 1_999), delivered("d", 0, message="n")], 1),
        ([click("a", 1_000, "x"), click("b", 1_500, "x"), delivered("d", 0)], 0),
        ([click("a", 3_000), delivered("d", 0), delivered("e", 2_000)], 1),
        ([act("u", 1_000, "unsubscribe"), delivered("d", 0)], 0),
        ([click("a", 1_000), delivered("d", 0), verdict_on(1, "a", HUMAN)], 1),
        ([click("a", 1_000), delivered("d", 0), click("p", 7_200_000, "a")], 1),
    ],
)
def test_a_click_right_after_the_delivery_is_a_scanners_however_few_they_are(facts: list[Fact], points: int) -> None:
    assert_worth(model_of(Scanners()), facts, points)


@pytest.mark.parametrize(("early_ms", "points"), [(1, 1), (1_000, 1), (5_000, 1), (5_001, 0), (DAY_MS, 0)])
def test_clocks_that_are_out_of_order_make_nobody_a_scanner(early_ms: int, points: int) -> None:
    assert_worth(model_of(Scanners()), [click("a", -early_ms), delivered("d", 0)], points)


@pytest.mark.parametrize(
    ("visits", "points"),
    [
        ([visit("v", 0)], 0),
        ([visit("v", 1_500), visit("w", 1_998)], 0),
        ([visit("v", 1_999)], 10),
        ([visit("v", -1)], 10),
        ([visit("v", 500), verdict_on(1, "v", HUMAN)], 10),
        ([visit("v", 500)._replace(type="form_submission")], 100),
        ([visit("v", 500, message="n")], 0),
        ([visit("v", 500), click("p", 7_200_000, "a"), visit("w", 7_200_001)], 11),
    ],
)
def test_what_a_scanner_opens_is_its_own(visits: list[Fact], points: int) -> None:
    rules = (
        EventRule("visit", ("page_visit",), 10 * E15),
        EventRule("form", ("form_submission",), 100 * E15),
    )
    assert_worth(model_of(THREE_A_SECOND, CLICKS, *rules), [*BURST, *visits], points)


def test_what_is_opened_by_who_says_to_be_a_scanner_is_its_own() -> None:
    model = model_of(THREE_A_SECOND, CLICKS, EventRule("visit", ("page_visit",), 10 * E15))
    by_agent = click("a", 0)._replace(actor=SCANNER)
    assert_worth(model, [by_agent, visit("v", 999), visit("w", 1_000)], 10)
    assert_worth(model, [by_agent, click("b", 1, message="n"), visit("v", 999), delivered("d", 0)], 1)
    assert_worth(model, [by_agent._replace(properties={}), visit("v", 1)], 10)  # it is of no mail


@pytest.mark.parametrize("others", [None, replace(THREE_A_SECOND, links=4)])
def test_a_person_opens_what_was_clicked(others: Scanners | None) -> None:
    model = model_of(others, CLICKS, EventRule("visit", ("page_visit",), 10 * E15))
    assert_worth(model, [*BURST, visit("v", 1_000)], 13)


def test_a_late_click_that_makes_a_burst_takes_back_what_was_opened() -> None:
    scorer = Scorer(model_of(THREE_A_SECOND, CLICKS, EventRule("visit", ("page_visit",), 10 * E15)))
    record, steps = record_of_batches(scorer, [[BURST[0], BURST[2]], [visit("v", 1_000)], [BURST[1]]])
    assert [presented_nano(step.scores[0]) // NANO for step in steps] == [2, 12, 0]
    assert scorer.uncounted(record)["v"][0].reason == "scanner"


@pytest.mark.parametrize(
    ("facts", "points"),
    [
        ([*BURST, verdict_on(1, "b", HUMAN)], 1),
        ([*BURST, verdict_on(1, "b", HUMAN), verdict_on(2, "b", SCANNER)], 0),
        ([*BURST, verdict_on(1, "b", SCANNER), verdict_on(2, "b", HUMAN)], 1),
        ([*BURST, *(verdict_on(1, event_id, HUMAN) for event_id in "abc")], 3),
        ([click("a", 0), verdict_on(1, "a", SCANNER)], 0),
        ([click("a", 0), verdict_on(1, "a", SCANNER), verdict_on(2, "a", HUMAN)], 1),
        ([click("a", 0, honeypot=True), click("b", 0), verdict_on(1, "a", HUMAN)], 1),
        ([*BURST, *(click(f"{n}", n, message="n") for n in range(3)), verdict_on(1, "b", HUMAN)], 1),
    ],
)
def test_a_verdict_overrules_what_was_done_and_a_later_one_that_verdict(facts: list[Fact], points: int) -> None:
    assert_worth(model_of(), facts, points)


def assert_worth(model: Model, facts: Sequence[Fact], points: int) -> None:
    """To the oracle, and to the scorer in any of these orders, at once or one by one."""
    t_ms = START_MS + 5 * DAY_MS
    assert one_number(score_at(model, facts, t_ms)["s"])[1] == points * NANO
    for delivery in (facts, facts[::-1], sorted(facts, key=lambda fact: fact.id)):
        together = record_of(Scorer(model), delivery)
        one_by_one, _ = record_of_batches(Scorer(model), [[fact] for fact in delivery])
        for record in (together, one_by_one):
            assert Scorer(model).scores_at(record, t_ms)["s"].unrounded_nano == points * NANO


def test_a_late_click_that_makes_a_burst_takes_points_back_and_a_verdict_gives_them_again() -> None:
    scorer = Scorer(model_of())
    record, steps = record_of_batches(scorer, [[BURST[0], BURST[2]], [BURST[1]], [verdict_on(1, "b", HUMAN)]])
    assert [(step.cause, presented_nano(step.scores[0]) // NANO) for step in steps] == [
        ("event", 2),
        ("event", 0),
        ("correction", 1),
    ]
    (part,) = scorer.explain(record, "s", record.at_ms)
    assert (part.event_id, part.actor) == ("b", HUMAN)
    assert scorer.scores_at(record, START_MS + 999)["s"].unrounded_nano == NANO
    assert scorer.scores_at(record, START_MS + 998)["s"].unrounded_nano == 2 * NANO  # no burst was known of then


def test_a_scanner_does_not_end_an_inactivity() -> None:
    model = model_of(THREE_A_SECOND, InactivityRule("quiet", ("email_click",), DAY_MS, -E15))
    early = click("z", -2 * DAY_MS)
    assert_worth(model, [early, *BURST], -1)
    assert presented_nano(Scorer(model).scores_at(record_of(Scorer(model), [early, *BURST]), START_MS + 5_000)["s"]) < 0
    assert (
        Scorer(model).scores_at(record_of(Scorer(model), [early, BURST[0]]), START_MS + 5_000)["s"].presented_nano == 0
    )


def test_a_hot_lead_is_reasoned_by_what_a_person_did() -> None:
    model = model_of(THREE_A_SECOND, CLICKS, EventRule("visit", ("page_visit",), 40 * E15))
    score = replace(model.scores[0], stages=(Stage("cold", 0), Stage("hot", 41 * NANO)))
    scorer = Scorer(replace(model, scores=(score,), hot_leads=(HotLead("s", "hot"),)))
    step = scorer.apply_in_place(
        scorer.blank(), [click("p", -2, message="n"), *BURST, act("w", -1, "page_visit")]
    ).steps[0]
    assert [lead.episode for lead in step.hot_leads] == [1]
    assert [(part.rule, part.event_id, part.count) for part in step.strongest] == [("visit", "w", 1), ("click", "p", 1)]
    assert {part.event_id for part in step.because} == {"p", "w"}


def test_what_no_rule_names_is_kept_for_bursts_only() -> None:
    visits = EventRule("visit", ("page_visit",), E15)
    facts = [*BURST, delivered("d", 0, message="n"), act("u", 1, "unsubscribe", list="x")]
    properties = {
        stored.id: stored.properties
        for stored in record_of(Scorer(model_of(THREE_A_SECOND, visits)), facts).evidence.events()
    }
    assert properties["a"] == {"properties.message": "m", "properties.url": "a"}
    assert (properties["d"], properties["u"]) == ({"properties.message": "n"}, {"properties.message": "m"})
    without = record_of(Scorer(model_of(None, visits)), facts).evidence.events()
    assert [(stored.id, stored.properties) for stored in without] == [("u", {})]  # it tells who is suppressed


# ---- compaction ------------------------------------------------------------------------------------------------


def compacted(facts: Sequence[Fact]) -> tuple[Scorer, Record]:
    """A record whose first day and a half are compacted, but no more."""
    scorer = Scorer(model_of(Scanners(links=3, within_ms=2 * DAY_MS)))
    record, _ = record_of_batches(scorer, [[fact] for fact in facts])
    scorer.apply_in_place(record, [act("x", 11.5 * DAY_MS, "email_delivered", message="other")])
    return scorer, decode_record(encode_record(record))


def worth(scorer: Scorer, record: Record) -> float:
    return unrounded_nano(scorer.scores_at(record, record.at_ms)["s"]) / NANO


def test_what_is_left_of_a_compacted_burst_is_a_scanners_still() -> None:
    last = click("c", 1.9 * DAY_MS)
    scorer, record = compacted([click("a", 0), click("b", 0.7 * DAY_MS), last])
    assert {stored.id for stored in record.evidence.events()} == {"c", "x"}
    assert worth(scorer, record) == 0
    outcome = scorer.apply_in_place(record, [last._replace(arrival_ms=record.at_ms + 1)])
    assert (outcome.duplicates, worth(scorer, record)) == (1, 0)
    scorer.apply_in_place(record, [Verdict("v", 0, record.at_ms, "c", HUMAN)])
    assert worth(scorer, record) == 1


def test_a_click_after_a_delivery_that_is_compacted_is_a_persons_still() -> None:
    scorer, record = compacted([delivered("d", 0), click("a", 1.8 * DAY_MS), delivered("e", 1.9 * DAY_MS)])
    assert {stored.id for stored in record.evidence.events()} == {"a", "e", "x"}
    assert worth(scorer, record) == 1


def test_a_compacted_scanner_gave_nothing_and_ended_no_inactivity() -> None:
    scorer, record = compacted([click("z", -2 * DAY_MS), *(click(f"{n}", n) for n in range(3))])
    assert record.compacted is not None
    assert (worth(scorer, record), record.compacted.last_ms["email_click"]) == (1, START_MS - 2 * DAY_MS)


# ---- any history -----------------------------------------------------------------------------------------------

once_a_link = EventRule("link", ("email_click",), 10 * E15, limit=Limit(count=1, per="properties.url"))
fading = EventRule("fading", ("email_click", "unsubscribe"), 7 * E15, decay=HalfLife(3.0 * DAY_MS))
inactive = InactivityRule("inactive", ("email_click",), 4, 3 * E15)
scanner_settings = st.builds(
    Scanners, st.integers(2, 4), st.integers(1, 9), st.booleans(), st.integers(0, 4), st.integers(0, 4)
)


@settings(max_examples=150)
@given(data=st.data())
def test_no_order_and_no_repetition_of_a_scanners_deeds_changes_who_did_what(data: st.DataObject) -> None:
    model = model_of(data.draw(scanner_settings), CLICKS, UNSUBSCRIBED, once_a_link, fading, inactive)
    model = replace(model, correction_window_ms=CENTURY_MS)
    events = [event._replace(actor=HUMAN) for event in [*data.draw(bursts(0)), *data.draw(bursts(1))]]
    ids = st.sampled_from([event.id for event in events])
    judged = data.draw(st.lists(st.tuples(ids, st.sampled_from([HUMAN, SCANNER])), max_size=2))
    history: list[Fact] = [*events, *(verdict_on(n, event_id, actor) for n, (event_id, actor) in enumerate(judged))]
    scorer = Scorer(model)
    record = scorer.blank()
    for fact in data.draw(redelivered(history)):
        scorer.apply_in_place(record, [fact])
    for t_ms in (record.at_ms, data.draw(st.sampled_from(events)).occurred_at_ms):
        assert_scores_are_the_oracles(model, scorer.scores_at(record, t_ms), history, t_ms)
