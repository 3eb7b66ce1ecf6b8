"""A contact's record stays below 64 KiB, whatever comes and under any model, and says what it gave up for that."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path

import pytest

from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.contract.model_file.read_model import read_model
from streamprocessor.scoring.evidence.size_limits import MOST_ATTRIBUTES, MOST_EVENTS
from streamprocessor.scoring.model.model import E15, NANO, Model, Score
from streamprocessor.scoring.model.rules import EventRule, PointsFrom
from streamprocessor.scoring.record.facts import BROWSER_RANK, HUMAN, SCANNER, AttributesWritten, Event, Fact, Verdict
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from tests.harness.long_histories import FORTY_RULES, START_MS, long_history
from tests.harness.system import DEFAULT_MODEL
from tests.scoring.against_oracle import unrounded_nano

MOST_RECORD_BYTES = 64 * 1024
CLICKS = Scorer(Model("m", "v", (Score("s", (EventRule("click", ("click",), E15),)),)))


def points(scorer: Scorer, record: Record) -> float:
    return unrounded_nano(scorer.scores_at(record, record.at_ms)["s"]) / NANO


@pytest.mark.parametrize(
    ("model", "events", "at_once"),
    [
        (DEFAULT_MODEL, 10_000, 400),
        pytest.param(DEFAULT_MODEL, 100_000, 400, marks=pytest.mark.nightly),
        (FORTY_RULES, 10_000, 400),
        (DEFAULT_MODEL, 2_000, 1),
        (FORTY_RULES, 1_000, 1),
    ],
)
def test_a_contact_that_does_not_stop_stays_small(model: Path, events: int, at_once: int) -> None:
    scorer = Scorer(read_model(model))
    record, capped, largest = scorer.blank(), 0, 0
    history = long_history(events)
    while facts := list(islice(history, at_once)):
        capped += scorer.apply_in_place(record, facts).capped
        written = encode_record(record)
        largest = max(largest, len(written))
        record = decode_record(written)
        assert len(record.evidence) <= MOST_EVENTS
    assert largest < MOST_RECORD_BYTES
    assert capped == events - len(record.evidence)
    for name, score in scorer.scores_at(record, record.at_ms).items():
        parts = scorer.explain(record, name, record.at_ms)
        assert sum(part.points_nano for part in parts) == score.unrounded_nano


def test_long_ids_values_and_names_of_every_kind_at_once_stay_small() -> None:
    scorer = Scorer(read_model(FORTY_RULES))
    record, chance, largest = scorer.blank(), random.Random(1), 0
    for round_ in range(60):
        at_ms = START_MS + round_ * 3_600_000
        facts: list[Fact] = []
        for number in range(40):
            id_ = f"{round_}-{number}".ljust(128, "i")
            kind = chance.choice(["page_visit", "email_click", "purchase", f"type-{round_}-{number}".ljust(128, "t")])
            properties = {"url": f"{id_}".ljust(1_000, "u"), "path": "/pricing".ljust(1_000, "p"), "amount": 7}
            facts.append(Event(id_, kind, at_ms, at_ms, properties, {}))
            facts.append(Verdict(f"v{id_}"[:128], at_ms, at_ms, id_, HUMAN))
            facts.append(AttributesWritten(f"a{id_}"[:128], at_ms, at_ms, {f"name-{id_}": "x" * 1_000}))
        scorer.apply_in_place(record, facts)
        written = encode_record(record)
        largest = max(largest, len(written))
        record = decode_record(written)
    assert largest < MOST_RECORD_BYTES


# ---- attributes ------------------------------------------------------------------------------------------------


def test_of_too_many_attributes_the_newest_writes_stay_in_whatever_order_they_came() -> None:
    writes = [AttributesWritten(f"u{n}", START_MS + n, START_MS + 999, {f"name-{n}": n}) for n in range(400)]
    names = []
    for order in (writes, writes[::-1], random.Random(3).sample(writes, len(writes))):
        record = CLICKS.blank()
        capped = sum(CLICKS.apply_in_place(record, [write]).capped for write in order)
        names.append(set(record.attributes))
        assert capped == 400 - MOST_ATTRIBUTES
    assert names == [{f"name-{n}" for n in range(400 - MOST_ATTRIBUTES, 400)}] * 3


@pytest.mark.parametrize("value", ["junk", "x" * 1_000, None])
def test_what_browsers_write_pushes_out_nothing_that_anybody_else_wrote(value: str | None) -> None:
    record = CLICKS.blank()
    CLICKS.apply_in_place(record, [AttributesWritten("u", START_MS, START_MS, {"title": "CEO", "country": "DE"})])
    for n in range(MOST_ATTRIBUTES + 9):
        at_ms = START_MS + 1 + n
        CLICKS.apply_in_place(record, [AttributesWritten(f"j{n}", at_ms, at_ms, {f"junk-{n}": value}, BROWSER_RANK)])
    assert (record.attributes["title"][0], record.attributes["country"][0]) == ("CEO", "DE")
    assert len(record.attributes) <= MOST_ATTRIBUTES


def test_attributes_that_are_long_go_before_they_are_many() -> None:
    record = CLICKS.blank()
    outcome = CLICKS.apply_in_place(
        record, [AttributesWritten(f"u{n}", START_MS + n, START_MS + 999, {f"n{n}": "x" * 1_000}) for n in range(50)]
    )
    assert outcome.capped == 50 - len(record.attributes)
    assert "n49" in record.attributes
    assert len(encode_record(record)) < 20 * 1024


# ---- verdicts --------------------------------------------------------------------------------------------------


def test_verdicts_that_wait_are_bounded_and_events_stay_as_they_were_judged() -> None:
    record = CLICKS.blank()
    CLICKS.apply_in_place(record, [Event("e", "click", START_MS, START_MS, {}, {})])
    assert points(CLICKS, record) == 1
    CLICKS.apply_in_place(record, [Verdict("v", START_MS, START_MS, "e", SCANNER)])
    capped = 0
    for n in range(3_000):
        at_ms = START_MS + 1 + n
        capped += CLICKS.apply_in_place(record, [Verdict(f"v{n}", at_ms, at_ms, f"never-{n}", SCANNER)]).capped
    assert capped == 3_001 - len(record.verdicts)
    assert "e" not in record.verdicts
    assert points(CLICKS, record) == 0
    assert len(encode_record(record)) < 12 * 1024


# ---- numbers ---------------------------------------------------------------------------------------------------


def test_matches_that_are_too_large_are_cut_and_counted() -> None:
    rule = EventRule("buy", ("buy",), PointsFrom("properties.amount", 1.0))
    scorer = Scorer(Model("m", "v", (Score("s", (rule,)),)))
    record = scorer.blank()
    amounts = (999_999, 1_000_001, -5_000_000, 7)
    facts = [Event(f"e{n}", "buy", START_MS, START_MS, {"amount": a}, {}) for n, a in enumerate(amounts)]
    assert scorer.apply_in_place(record, facts).cut == 2
    assert points(scorer, record) == 999_999 + 7
    assert scorer.apply_in_place(record, facts).cut == 0
