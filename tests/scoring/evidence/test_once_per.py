"""An order that is told twice counts once, where a rule's amounts say per which property: the earliest telling."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.scoring.kinds.monetary import MonetaryRule
from streamprocessor.scoring.model.model import DAY_MS, E15, NANO, Model, Score
from streamprocessor.scoring.model.rules import Band, Comparison, EventRule, HalfLife, Limit, NoDecay, PointsFrom
from streamprocessor.scoring.record.facts import HUMAN, SCANNER, Event, Fact, Verdict
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.terms.decay_laws import ExpiresAfter
from tests.scoring.against_oracle import record_of, record_of_batches, unrounded_nano
from tests.scoring.models import START_MS
from tests.scoring.oracle.scores import explain_parts, one_number, score_at

ORDER = "properties.order_id"
SPENT = PointsFrom("properties.amount", 1.0, per=ORDER)
RULES = (
    EventRule("spent", ("purchase",), SPENT),
    EventRule("fading", ("purchase",), SPENT, decay=HalfLife(30.0 * DAY_MS)),
    EventRule("lately", ("purchase",), SPENT, decay=ExpiresAfter(100 * DAY_MS)),
    EventRule("twice", ("purchase",), SPENT, limit=Limit(count=2)),
    EventRule("large", ("purchase",), SPENT, where=Comparison("properties.amount", "at_least", 50)),
)
MONEY = MonetaryRule("money", ("purchase",), "properties.amount", 365 * DAY_MS, (Band(100 * NANO, E15),), per=ORDER)
SCORES = (*(Score(rule.id, (rule,)) for rule in RULES), Score("money", (MONEY,)))
BY_SHOP = Score("by-shop", RULES[:1], by="properties.shop")
MODEL = Model("m", "v", (*SCORES, BY_SHOP), correction_window_ms=1_000 * DAY_MS)
SCORER = Scorer(MODEL)


def order(event_id: str, day: float, amount: object, order_id: object = ..., **more: object) -> Event:
    at_ms = START_MS + round(day * DAY_MS)
    properties: dict[str, Any] = {"amount": amount, "shop": "a", **more}
    return Event(
        event_id, "purchase", at_ms, at_ms, properties if order_id is ... else properties | {"order_id": order_id}, {}
    )


def scanner(event_id: str) -> Verdict:
    return Verdict(f"v-{event_id}", START_MS, START_MS, event_id, SCANNER)


def points(record: Record, name: str, day: float = 50) -> float:
    return unrounded_nano(SCORER.scores_at(record, START_MS + round(day * DAY_MS))[name]) / NANO


@pytest.mark.parametrize(
    ("facts", "spent", "money", "twice", "large"),
    [
        ([order("a", 0, 60, "o-1"), order("b", 1, 60, "o-1")], 60, 0, 60, 60),
        ([order("a", 0, 60, "o-1"), order("b", 0, 60, "o-1")], 60, 0, 60, 60),
        ([order("a", 0, 60, "o-1"), order("b", 1, 60, "o-2")], 120, 1, 120, 120),
        ([order("a", 0, 60), order("b", 1, 60)], 120, 1, 120, 120),
        ([order("a", 0, 60, None), order("b", 1, 60, None)], 120, 1, 120, 120),
        ([order("a", 0, 60, 1), order("b", 1, 60, "1"), order("c", 2, 60, 1.0)], 120, 1, 120, 120),
        ([order("a", 0, 40, "o-1"), order("b", 1, 70, "o-1")], 40, 0, 40, 70),
        ([order("a", 0, "none", "o-1"), order("b", 1, 70, "o-1")], 70, 0, 70, 70),
        ([order("a", 0, "60.0", "o-1"), order("b", 1, 60, "o-1")], 60, 0, 60, 60),
        ([order("a", 0, 60, "o-1"), order("b", 1, 50, "o-1"), scanner("a")], 50, 0, 50, 50),
        (
            [order("a", 0, 10, "o-1"), order("b", 1, 10, "o-1"), order("c", 2, 20, "o-2"), order("d", 3, 40, "o-3")],
            *(70, 0, 30, 0),
        ),
    ],
)
def test_of_each_order_the_earliest_counts_whatever_comes_first(
    facts: list[Fact], spent: float, money: float, twice: float, large: float
) -> None:
    t_ms = START_MS + 50 * DAY_MS
    expected = {"spent": spent, "money": money, "twice": twice, "large": large, "lately": spent}
    judged = score_at(MODEL, facts, t_ms)
    assert {name: one_number(judged[name])[1] / NANO for name in expected} == expected
    counted = [part.event_id for part in explain_parts(MODEL, facts, "spent", t_ms)]
    for delivered in itertools.islice(itertools.permutations(facts), 12):
        for record in (record_of(SCORER, delivered), record_of_batches(SCORER, [[fact] for fact in delivered])[0]):
            assert {name: points(record, name) for name in expected} == expected, delivered
            assert [part.event_id for part in SCORER.explain(record, "spent", t_ms)] == counted
            assert (
                SCORER.scores_at(record, t_ms)["fading"] == SCORER.scores_at(record_of(SCORER, facts), t_ms)["fading"]
            )


def test_an_order_counts_once_for_each_value_of_a_score_by_value() -> None:
    facts = [order("a", 0, 60, "o-1"), order("b", 1, 60, "o-1"), order("c", 1, 60, "o-1", shop="b")]
    values = SCORER.scores_at(record_of(SCORER, facts), START_MS + DAY_MS)["by-shop"].values
    assert [(value.name, unrounded_nano(value) // NANO) for value in values or ()] == [("a", 60), ("b", 60)]


@pytest.mark.parametrize("decay", [NoDecay(), ExpiresAfter(400 * DAY_MS)])
def test_an_order_that_is_told_again_after_it_was_compacted_counts_no_more(decay: NoDecay | ExpiresAfter) -> None:
    rule = EventRule("spent", ("purchase",), SPENT, decay=decay, limit=Limit(count=3))
    scorer = Scorer(Model("m", "v", (Score("s", (rule,)),)))
    record = scorer.blank()
    told = [
        order("a", 0, 60, "o-1"),
        order("b", 60, 5, "o-2"),
        order("c", 61, 60, "o-1"),
        order("d", 62, 7),
        order("e", 63, 9),
    ]
    for event in told:
        scorer.apply_in_place(record, [event])
        record = decode_record(encode_record(record))
    assert record.compacted is not None or isinstance(decay, ExpiresAfter)
    assert unrounded_nano(scorer.scores_at(record, record.at_ms)["s"]) // NANO == 60 + 5 + 7


def test_who_did_the_first_telling_decides_which_one_counts() -> None:
    record = record_of(SCORER, [order("a", 0, 60, "o-1"), order("b", 1, 50, "o-1")])
    for number, (actor, expected) in enumerate([(SCANNER, 50), (HUMAN, 60), (SCANNER, 50)]):
        at_ms = START_MS + number
        SCORER.apply_in_place(record, [Verdict(f"v{number}", at_ms, at_ms, "a", actor)])
        assert points(record, "spent") == expected
