"""Events read again from their topics: evidence gets what a new model asks for, and the score is that of all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.scoring.model.model import DAY_MS, E15, NANO, HotLead, Model, Score, Stage
from streamprocessor.scoring.model.rules import EventRule, PointsFrom, Rule
from streamprocessor.scoring.plan.coverage import covered_since
from streamprocessor.scoring.record.facts import Event, Fact, RetainedEvent
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from tests.harness.example_share import share
from tests.scoring.against_oracle import assert_scores_are_the_oracles, unrounded_nano
from tests.scoring.histories import histories, split
from tests.scoring.models import START_MS, Taste, models

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
