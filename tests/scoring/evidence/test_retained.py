"""Events read again from their topics: evidence gets what a new model asks for, and the score is that of all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.contract.events.transfers import (
    MisplacedRecord,
    RetainedRecord,
    decode_transfer,
    transfer_message,
)
from streamprocessor.scoring.events.acts import FORM_SUBMISSION
from streamprocessor.scoring.evidence.retained import ADDED, ENRICHED, FOLDED, KNOWN, OBJECTED, UNASKED
from streamprocessor.scoring.model.model import DAY_MS, E15, NANO, HotLead, Model, Score, Stage, Suppression
from streamprocessor.scoring.model.rules import Comparison, EventRule, Limit, PointsFrom, Rule
from streamprocessor.scoring.plan.coverage import covered_since
from streamprocessor.scoring.record.facts import Erased, Event, Fact, Merged, ObjectionChanged, RetainedEvent
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.record.transfers import LinkFact, OutgoingTransfer, SecondRecord
from streamprocessor.scoring.scorer import Scorer
from tests.harness.example_share import share
from tests.scoring.against_oracle import assert_scores_are_the_oracles, unrounded_nano
from tests.scoring.histories import histories, split
from tests.scoring.models import START_MS, Taste, models, summable_rules

NOW_MS = 1_800_000_000_000
FEW_STEPS = Taste(precisions_nano=(5 * NANO, 10 * NANO))
PURCHASE = EventRule("purchase", ("purchase",), E15)
AMOUNT = EventRule("amount", ("purchase",), PointsFrom("properties.amount", 1.0))
OPEN = EventRule("open", ("email_open",), E15)


def scorer_of(*rules: Rule, revision: int, before: Model | None = None, since_ms: int = NOW_MS) -> Scorer:
    scores = (Score("s", rules, (Stage("cold", 0), Stage("hot", 41 * NANO))),)
    model = Model("m", "v", scores, (HotLead("s", "hot"),), revision, scanners=None)
    return Scorer(replace(model, covered_since_ms=covered_since(model, before, since_ms)))


def purchase(number: int, at_ms: int, amount: int = 50) -> Event:
    return Event(f"p{number}", "purchase", at_ms, at_ms, {"amount": amount}, {})


def read_again(event: Event, offset: int, at_ms: int = NOW_MS + 10_000) -> RetainedEvent:
    return RetainedEvent(event.id, event.occurred_at_ms, at_ms, event, 5, 1, offset)


def points(scorer: Scorer, record: Record) -> float:
    return unrounded_nano(scorer.scores_at(record, record.at_ms)["s"]) / NANO


# ---- the law ---------------------------------------------------------------------------------------------------


@share(60)
@given(data=st.data())
def test_with_retained_events_read_again_the_score_is_the_oracles_over_the_whole_history(data: st.DataObject) -> None:
    before = replace(data.draw(models(FEW_STEPS)), revision=1)
    drawn = data.draw(models(FEW_STEPS))
    since_ms = START_MS + data.draw(st.integers(0, 120)) * DAY_MS
    after = replace(
        drawn,
        revision=2,
        scanners=before.scanners,
        suppression=before.suppression,
        covered_since_ms=covered_since(replace(drawn, scanners=before.scanners), before, since_ms),
    )
    history = data.draw(histories(after))
    arrived = sorted(history, key=lambda fact: fact.arrival_ms)
    early = [fact for fact in arrived if fact.arrival_ms < since_ms]
    late = arrived[len(early) :]

    record = Scorer(before).blank()
    for facts in data.draw(split(early)):
        Scorer(before).apply_in_place(record, facts)
    scorer = Scorer(after)
    scorer.migrate_in_place(record, since_ms)
    retained = [
        RetainedEvent(fact.id, fact.occurred_at_ms, since_ms, fact, 5, 0, offset)
        for offset, fact in enumerate(early)
        if isinstance(fact, Event)
    ]
    resumed_at = data.draw(st.integers(0, len(retained)))
    killed_at = data.draw(st.integers(resumed_at, len(retained)))
    sent = [*retained[:killed_at], *retained[resumed_at:]]
    for batch in data.draw(interleaved(late, sent)):
        scorer.apply_in_place(record, batch)
        record = decode_record(encode_record(record))

    complete = Scorer(replace(after, revision=3, covered_since_ms={}))
    complete.migrate_in_place(record, record.at_ms)
    t_ms = record.at_ms + data.draw(st.integers(0, 40)) * DAY_MS
    assert_scores_are_the_oracles(after, complete.scores_at(record, t_ms), history, t_ms)


@st.composite
def interleaved(draw: st.DrawFn, live: Sequence[Fact], retained: Sequence[Fact]) -> list[Sequence[Fact]]:
    """Both in batches of their own, each in its order."""
    left = [list(draw(split(live))) if live else [], list(draw(split(retained))) if retained else []]
    batches: list[Sequence[Fact]] = []
    while any(left):
        chosen = left[draw(st.integers(0, 1))] or left[0] or left[1]
        batches.append(chosen.pop(0))
    return batches


@share(30)
@given(data=st.data())
def test_what_is_old_enough_to_be_folded_counts_once_though_it_is_sent_again(data: st.DataObject) -> None:
    drawn = data.draw(models(Taste(summable_rules, precisions_nano=(5 * NANO, 10 * NANO), scanners=st.none())))
    history = data.draw(histories(drawn, most_events=20))
    # A form that repeats one that is folded at once can't be told from another act: forms tell nothing here.
    events = [fact for fact in history if isinstance(fact, Event) and fact.type != FORM_SUBMISSION]
    early = sorted(
        (fact._replace(id=f"{fact.id}-{n}") for n, fact in enumerate(events)),
        key=lambda event: event.arrival_ms,
    )
    since_ms = max((event.arrival_ms for event in early), default=START_MS) + 30 * DAY_MS
    unlimited = tuple(
        replace(
            score,
            rules=tuple(replace(rule, limit=Limit()) if isinstance(rule, EventRule) else rule for rule in score.rules),
        )
        for score in drawn.scores
    )
    after = replace(drawn, scores=unlimited, revision=2, correction_window_ms=DAY_MS, suppression=Suppression((), ()))
    before = replace(after, scores=(Score("none", ()),), hot_leads=(), revision=1, derivations=())
    after = replace(after, covered_since_ms=covered_since(after, before, since_ms))

    scorer, record = Scorer(after), Scorer(before).blank()
    for facts in data.draw(split(early)):
        Scorer(before).apply_in_place(record, facts)
    scorer.migrate_in_place(record, since_ms)
    retained: list[Fact] = [
        RetainedEvent(event.id, event.occurred_at_ms, since_ms, event, 5, 0, offset)
        for offset, event in enumerate(early)
    ]
    killed_at = data.draw(st.integers(0, len(retained)))
    for sent in (retained[:killed_at], retained):
        for batch in data.draw(split(sent)) if sent else ():
            scorer.apply_in_place(record, batch)
            record = decode_record(encode_record(record))
    complete = Scorer(replace(after, revision=3, covered_since_ms={}))
    complete.migrate_in_place(record, record.at_ms)
    assert_scores_are_the_oracles(after, complete.scores_at(record, since_ms), early, since_ms)


# ---- case by case ----------------------------------------------------------------------------------------------


def kept(*events: Event, rules: tuple[Rule, ...] = (PURCHASE,)) -> tuple[Scorer, Record]:
    """What the model before has stored of these, taken one by one."""
    scorer = scorer_of(*rules, revision=1)
    record = scorer.blank()
    for event in events:
        scorer.apply_in_place(record, [event])
    return scorer, record


@pytest.mark.parametrize(
    ("events", "again", "outcome", "expected"),
    [
        ([purchase(1, NOW_MS - 5)], purchase(1, NOW_MS - 5), ENRICHED, 51),
        ([], purchase(1, NOW_MS - 5), FOLDED, 0),  # purchases were stored always: one that is not there was folded
        ([purchase(1, NOW_MS - 5)], purchase(1, NOW_MS - 4, 90), KNOWN, 1),  # another one under its id came later
        ([purchase(1, NOW_MS - 5)], purchase(1, NOW_MS - 6, 90), ENRICHED, 91),
        ([], Event("d", "demo", NOW_MS - 5, NOW_MS - 5, {}, {}), UNASKED, 0),
        ([], Event("o", "email_open", NOW_MS - 5, NOW_MS - 5, {}, {}), ADDED, 1),
    ],
)
def test_an_event_that_is_read_again(events: list[Event], again: Event, outcome: str, expected: float) -> None:
    before, record = kept(*events)
    scorer = scorer_of(PURCHASE, AMOUNT, OPEN, revision=2, before=before.model)
    scorer.migrate_in_place(record, NOW_MS)
    first = scorer.apply_in_place(record, [read_again(again, 7)])
    second = scorer.apply_in_place(record, [read_again(again, 7)])
    assert (first.retained, points(scorer, record)) == ({outcome: 1}, expected)
    assert (second.retained, second.steps) == ({KNOWN if outcome in (ADDED, ENRICHED) else outcome: 1}, [])


def test_events_that_occurred_in_another_order_than_they_lie_are_all_added() -> None:
    before, record = kept()
    scorer = scorer_of(PURCHASE, OPEN, revision=2, before=before.model)
    scorer.migrate_in_place(record, NOW_MS)
    opens = [Event(f"o{n}", "email_open", NOW_MS - 50 - n, NOW_MS - 20, {}, {}) for n in range(3)]
    outcome = scorer.apply_in_place(record, [read_again(event, offset) for offset, event in enumerate(opens)])
    assert (outcome.retained, points(scorer, record)) == ({ADDED: 3}, 3)


def test_a_second_rebuild_for_another_rule_does_not_take_the_first_one_for_its_own() -> None:
    before, record = kept(purchase(1, NOW_MS - 5))
    second = scorer_of(PURCHASE, AMOUNT, revision=2, before=before.model)
    second.migrate_in_place(record, NOW_MS)
    second.apply_in_place(record, [read_again(purchase(1, NOW_MS - 5), 7)])
    currency = EventRule("eur", ("purchase",), E15, Comparison("properties.currency", "exists", operand=False))
    third = scorer_of(PURCHASE, AMOUNT, currency, revision=3, before=second.model, since_ms=NOW_MS + DAY_MS)
    third.migrate_in_place(record, NOW_MS + DAY_MS)
    assert points(third, record) == 51  # whether it had a currency is not known: absent is not the same
    third.apply_in_place(record, [read_again(purchase(1, NOW_MS - 5), 7, NOW_MS + 2 * DAY_MS)])
    assert points(third, record) == 52


@pytest.mark.parametrize("announced", [False, True])
def test_nobody_is_announced_by_what_is_read_again_unless_the_model_says_so(announced: bool) -> None:
    before, record = kept(purchase(1, NOW_MS - 5))
    scorer = scorer_of(PURCHASE, AMOUNT, revision=2, before=before.model)
    scorer = Scorer(replace(scorer.model, announce_hot_leads=announced))
    scorer.migrate_in_place(record, NOW_MS)
    (step,) = scorer.apply_in_place(record, [read_again(purchase(1, NOW_MS - 5), 7)]).steps
    assert (step.cause, step.sequence, record.shown["s"][1], record.episodes["s"][0]) == ("model", 2, "hot", 1)
    assert len(step.hot_leads) == announced
    assert step.at_ms == NOW_MS + 10_000
    assert [part.event_id for part in step.because] == ["p1", "p1"]


def test_what_an_objection_dropped_is_not_brought_back_by_reading_again() -> None:
    before, record = kept(purchase(1, NOW_MS - 50))
    for place, objected in ((40, True), (30, False)):
        said = ObjectionChanged(f"u{place}", NOW_MS - place, NOW_MS - place, objected)
        before.apply_with_links_in_place("c", record, [said], [])
    scorer = scorer_of(PURCHASE, AMOUNT, OPEN, revision=2, before=before.model)
    scorer.migrate_in_place(record, NOW_MS)
    early, later = (Event(f"o{n}", "email_open", NOW_MS - n, NOW_MS - n, {}, {}) for n in (45, 20))
    facts = [read_again(purchase(1, NOW_MS - 50), 0), read_again(early, 1), read_again(later, 2)]
    outcome = scorer.apply_with_links_in_place("c", record, [], facts)
    assert outcome.retained == {FOLDED: 1, OBJECTED: 1, ADDED: 1}
    assert points(scorer, record) == 1


def test_who_was_erased_gets_nothing_back_by_reading_again() -> None:
    before, record = kept(purchase(1, NOW_MS - 50))
    before.apply_with_links_in_place("c", record, [Erased("u", NOW_MS - 40, NOW_MS - 40)], [])
    scorer = scorer_of(PURCHASE, AMOUNT, OPEN, revision=2, before=before.model)
    scorer.migrate_in_place(record, NOW_MS)
    again = read_again(Event("o", "email_open", NOW_MS - 45, NOW_MS - 45, {}, {}), 0)
    outcome = scorer.apply_with_links_in_place("c", record, [], [again])
    assert (outcome.dropped["erased"], len(record.evidence), points(scorer, record)) == (1, 0, 0)


@pytest.mark.parametrize("is_new_to_evidence", [True, False])
def test_what_is_read_again_of_a_merged_contact_goes_to_the_survivor_and_announces_nobody(
    is_new_to_evidence: bool,
) -> None:
    rules = (OPEN,) if is_new_to_evidence else (OPEN, PURCHASE)
    before, child = kept(purchase(1, NOW_MS - 5), rules=rules)
    survivor = before.blank()
    merge = Merged("m", NOW_MS - 4, NOW_MS - 4, "anon:7")
    claims = before.apply_with_links_in_place("jane", survivor, [merge], []).sends
    sends = before.apply_with_links_in_place("anon:7", child, [as_link(each, NOW_MS - 3) for each in claims], []).sends
    before.apply_with_links_in_place("jane", survivor, [as_link(each, NOW_MS - 2) for each in sends], [])
    scorer = scorer_of(OPEN, PURCHASE, AMOUNT, revision=2, before=before.model)
    for record in (survivor, child):
        scorer.migrate_in_place(record, NOW_MS)

    outcome = scorer.apply_with_links_in_place("anon:7", child, [], [read_again(purchase(1, NOW_MS - 5), 7)])
    links = [as_link(each, NOW_MS + 20_000) for each in outcome.sends]
    (step,) = scorer.apply_with_links_in_place("jane", survivor, links, []).steps

    assert (step.cause, survivor.shown["s"][1], step.hot_leads) == ("model", "hot", ())
    assert points(scorer, survivor) == 51


def as_link(sending: OutgoingTransfer, arrival_ms: int) -> LinkFact:
    """What the other contact gets: as bytes, so that nothing is shared."""
    fact = decode_transfer(sending.to, transfer_message(sending).value, None, arrival_ms)
    assert not isinstance(fact, SecondRecord | MisplacedRecord | RetainedRecord)
    return fact
