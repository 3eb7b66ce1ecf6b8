"""What topics that are read again add to a record: the same score as of one that had all of it from the start."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.scoring.evidence.second_reading import (
    add_reading_in_place,
    has_all_of,
    is_single,
    take_words_in_place,
)
from streamprocessor.scoring.plan.compile import compile_model
from streamprocessor.scoring.record.facts import AttributesWritten, Event, Fact
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer

AT_MS = 1_790_000_000_000
PLAIN = "scores: {s: {decay: {half_life: 7d}, rules: [{id: buy, on: purchase, points: 3}]}}"
AMOUNTS = """
scores:
  s:
    decay: {half_life: 7d}
    rules:
      - {id: buy, on: purchase, points_from: {property: properties.amount}}
      - {id: vip, when: {attributes.plan: gold}, points: 20}
"""


def scorer_of(text: str, revision: int = 1) -> Scorer:
    return Scorer(parse_model(text, "m", revision=revision))


def purchase(number: int, amount: int) -> Event:
    at_ms = AT_MS + number * 3_600_000
    return Event(f"e-{number}", "purchase", at_ms, at_ms + 1_000, {"amount": amount}, {}, "human")


def attributes(number: int, plan: str) -> AttributesWritten:
    at_ms = AT_MS + number * 3_600_000
    return AttributesWritten(f"u-{number}", at_ms, at_ms, {"plan": plan})


def record_of(scorer: Scorer, facts: list[Fact]) -> Record:
    record = scorer.blank()
    scorer.apply_in_place(record, facts)
    return decode_record(encode_record(record))


def scores_after(scorer: Scorer, record: Record) -> object:
    record.revision = 0
    scorer.migrate_in_place(record, record.at_ms)
    return scorer.scores_at(record, AT_MS + 10**9)


@pytest.mark.parametrize("seed", range(12))
def test_two_parts_of_a_history_make_the_scores_of_the_whole(seed: int) -> None:
    chance, scorer = random.Random(seed), scorer_of(AMOUNTS)
    facts: list[Fact] = [purchase(number, chance.randrange(1, 50)) for number in range(20)]
    facts += [attributes(number, chance.choice(["gold", "free"])) for number in range(4)]
    sides = [chance.choice(["kept", "read", "both"]) for _ in facts]
    kept = record_of(scorer, [fact for fact, side in zip(facts, sides, strict=True) if side != "read"])
    read = record_of(scorer, [fact for fact, side in zip(facts, sides, strict=True) if side != "kept"])

    addition = add_reading_in_place("ada", kept, read)

    assert addition.is_missing_some is any(
        side == "kept" and isinstance(fact, Event) for fact, side in zip(facts, sides, strict=True)
    )
    assert scores_after(scorer, kept) == scores_after(scorer, record_of(scorer, facts))


def test_an_event_that_is_known_gets_the_properties_that_are_newly_asked_for() -> None:
    before, after = scorer_of(PLAIN), scorer_of(AMOUNTS, revision=2)
    facts: list[Fact] = [purchase(number, 10 * number) for number in range(5)]
    kept = record_of(before, facts)

    addition = add_reading_in_place("ada", kept, record_of(after, facts))

    assert addition == (True, False)
    assert scores_after(after, kept) == scores_after(after, record_of(after, facts))


def test_a_reading_of_the_same_changes_nothing() -> None:
    scorer = scorer_of(AMOUNTS)
    facts: list[Fact] = [purchase(1, 10), purchase(2, 20), attributes(3, "gold")]
    kept = record_of(scorer, facts)
    as_it_was = encode_record(kept)

    assert add_reading_in_place("ada", kept, record_of(scorer, facts)) == (False, False)
    assert encode_record(kept) == as_it_was


def test_what_is_in_sums_is_not_stored_one_by_one() -> None:
    scorer = scorer_of(AMOUNTS)
    late = purchase(24 * 90, 1)
    record = record_of(scorer, [purchase(1, 10)])
    assert is_single(record)
    scorer.apply_in_place(record, [late])
    assert not is_single(record)


@pytest.mark.parametrize("missing", [None, 0, 5, 11])
def test_a_reading_has_all_that_is_in_sums_where_no_event_of_it_is_missing(missing: int | None) -> None:
    before, after = scorer_of(PLAIN), scorer_of(AMOUNTS, revision=2)
    facts = [purchase(24 * 10 * number, number + 1) for number in range(12)]
    kept = folded(before, facts)
    read = folded(after, [fact for number, fact in enumerate(facts) if number != missing])
    assert kept.compacted is not None

    assert has_all_of(compile_model(after.model), read, kept) is (missing is None)


def test_what_was_read_again_of_sums_makes_the_scores_of_the_whole_with_the_attributes_of_both() -> None:
    before, after = scorer_of(PLAIN), scorer_of(AMOUNTS, revision=2)
    facts: list[Fact] = [purchase(24 * 10 * number, number + 1) for number in range(12)]
    kept, read = folded(before, [attributes(1, "gold"), *facts]), folded(after, facts)

    take_words_in_place("ada", read, kept)

    assert scores_after(after, read) == scores_after(after, folded(after, [attributes(1, "gold"), *facts]))


@pytest.mark.parametrize("seed", range(12))
def test_a_history_that_is_read_again_in_other_batches_makes_the_scores_that_it_made(seed: int) -> None:
    chance, scorer = random.Random(seed), scorer_of(AMOUNTS)
    hours = sorted(chance.sample(range(24 * 300), 40))
    facts = [purchase(hour, chance.randrange(1, 50)) for hour in hours]
    kept, read = folded(scorer, facts), scorer.blank()
    for first in range(0, 40, 7):
        scorer.apply_in_place(read, facts[first : first + 7])
    assert has_all_of(compile_model(scorer.model), read, kept)
    assert scorer.scores_at(read, read.at_ms) == scorer.scores_at(kept, read.at_ms)


def folded(scorer: Scorer, facts: Sequence[Fact]) -> Record:
    """The record that the facts made one after the other, so that the older ones are in sums."""
    record = scorer.blank()
    for fact in facts:
        scorer.apply_in_place(record, [fact])
    return decode_record(encode_record(record))
