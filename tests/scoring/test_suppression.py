"""Who may not be written to: corners of the law, each with the answer that is written here, of scorer and oracle."""

from __future__ import annotations

import itertools
from dataclasses import replace

import msgspec
import pytest

from streamprocessor.contract.changelog.record_codec import VERSION, decode_record, encode_record
from streamprocessor.contract.changelog.record_layout import Head
from streamprocessor.scoring.evidence.size_limits import MOST_EVENTS
from streamprocessor.scoring.evidence.union import is_suppressed, suppression_of
from streamprocessor.scoring.identity.erasure import nothing_left
from streamprocessor.scoring.model.model import DAY_MS, E15, Model, Suppression
from streamprocessor.scoring.plan.coverage import covered_since
from streamprocessor.scoring.record.facts import (
    HUMAN,
    PROXY,
    SCANNER,
    Erased,
    Event,
    Fact,
    Merged,
    ObjectionChanged,
    SuppressionChanged,
    Unmerged,
    Verdict,
)
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.record.suppression import UNSAID, SuppressionWord
from streamprocessor.scoring.record.transfers import EvidenceTransfer, SecondRecord
from streamprocessor.scoring.scorer import Scorer
from tests.scoring.against_oracle import record_of
from tests.scoring.oracle.suppression import is_suppressed as oracles_is_suppressed
from tests.scoring.oracle.test_vectors import START_MS, clicks, event, model_of

MODEL = model_of(clicks(E15))
SCORER = Scorer(MODEL)
OWN_WORDS = replace(MODEL, suppression=Suppression(("stop", "email_bounce"), ("start",)))
EXPLICIT_ALONE = replace(MODEL, suppression=Suppression((), ()))


def unsubscribe(event_id: str, day: float, actor: str = HUMAN) -> Event:
    return event(event_id, day, "unsubscribe")._replace(actor=actor)


def resubscribe(event_id: str, day: float) -> Event:
    return event(event_id, day, "resubscribe")


def bounce(day: float, **properties: object) -> Event:
    return event("b", day, "email_bounce", **properties)


def said(day: float, *, suppressed: bool, fact_id: str = "x") -> SuppressionChanged:
    at_ms = START_MS + round(day * DAY_MS)
    return SuppressionChanged(fact_id, at_ms, at_ms, suppressed)


def verdict(day: float, event_id: str, actor: str) -> Verdict:
    at_ms = START_MS + round(day * DAY_MS)
    return Verdict(f"v{day}", at_ms, at_ms, event_id, actor)


@pytest.mark.parametrize(
    ("model", "facts", "suppressed"),
    [
        (MODEL, [event("a", 1)], False),
        (MODEL, [unsubscribe("u", 1)], True),
        (MODEL, [event("c", 1, "spam_complaint")], True),
        (MODEL, [event("h", 1, "hard_bounce")], True),
        (MODEL, [bounce(1, kind="hard")], True),
        (MODEL, [bounce(1, kind="Hard")], True),
        (MODEL, [bounce(1, kind="soft")], False),
        (MODEL, [bounce(1, kind=True)], False),
        (MODEL, [bounce(1)], False),
        (MODEL, [unsubscribe("u", 1), resubscribe("r", 2)], False),
        (MODEL, [resubscribe("r", 2), unsubscribe("u", 3)], True),
        (MODEL, [unsubscribe("a", 1), resubscribe("b", 1)], False),
        (MODEL, [unsubscribe("b", 1), resubscribe("a", 1)], True),
        (MODEL, [unsubscribe("u", 1), said(2, suppressed=False)], False),
        (MODEL, [said(2, suppressed=False), unsubscribe("u", 3)], True),
        (MODEL, [said(2, suppressed=True), resubscribe("r", 3)], False),
        (MODEL, [resubscribe("r", 1), said(2, suppressed=True)], True),
        (MODEL, [said(1, suppressed=True, fact_id="same"), resubscribe("same", 1)], True),
        (MODEL, [unsubscribe("u", 1, SCANNER)], False),
        (MODEL, [unsubscribe("u", 1, PROXY)], True),
        (MODEL, [unsubscribe("u", 1), verdict(2, "u", SCANNER)], False),
        (MODEL, [unsubscribe("u", 1, SCANNER), verdict(2, "u", HUMAN)], True),
        (MODEL, [unsubscribe("u", 1), verdict(2, "u", SCANNER), verdict(3, "u", HUMAN)], True),
        (MODEL, [unsubscribe("u", 1), resubscribe("r", 2), verdict(3, "r", SCANNER)], True),
        (OWN_WORDS, [unsubscribe("u", 1)], False),
        (OWN_WORDS, [event("s", 1, "stop")], True),
        (OWN_WORDS, [event("s", 1, "stop"), event("t", 2, "start")], False),
        (OWN_WORDS, [bounce(1, kind="soft")], True),
        (EXPLICIT_ALONE, [unsubscribe("u", 1)], False),
        (EXPLICIT_ALONE, [unsubscribe("u", 1), said(0, suppressed=True)], True),
    ],
)
def test_the_last_word_holds_in_whatever_order_and_however_often_it_comes(
    model: Model, facts: list[Fact], suppressed: bool
) -> None:
    assert oracles_is_suppressed(model, facts) is suppressed
    scorer = Scorer(model)
    for order in itertools.permutations(facts):
        assert is_suppressed(record_of(scorer, [*order, *order])) is suppressed
        record = scorer.blank()
        for fact in order:
            scorer.apply_in_place(record, [fact])
            record = decode_record(encode_record(record))
        assert is_suppressed(record) is suppressed


def test_a_scanners_burst_unsubscribes_nobody_and_a_verdict_gives_it_back() -> None:
    deeds = [event(f"c{n}", n / 100_000, "email_click", message="m", url=f"u{n}") for n in range(6)]
    facts = [*deeds, event("u", 3 / 100_000, "unsubscribe", message="m")]
    assert not is_suppressed(record_of(SCORER, facts))
    assert oracles_is_suppressed(MODEL, facts) is False
    assert is_suppressed(record_of(SCORER, [*facts, verdict(1, "u", HUMAN)]))


def test_the_word_is_kept_when_its_event_is_not_by_itself_any_more() -> None:
    record = record_of(SCORER, [unsubscribe("u", 0), event("a", 0)])
    SCORER.apply_in_place(record, [event("b", 60)])
    record = decode_record(encode_record(record))
    assert [stored.id for stored in record.evidence.events()] == ["b"]
    word = SuppressionWord(True, START_MS, "u", "unsubscribe")
    assert (record.suppressed, suppression_of(record)) == (word, word)

    SCORER.apply_in_place(record, [unsubscribe("u", 0)])  # delivered once more, long after
    assert suppression_of(record) == word
    SCORER.apply_in_place(record, [resubscribe("r", 61)])
    assert not is_suppressed(decode_record(encode_record(record)))


def test_who_was_found_a_scanner_in_time_is_none_when_its_event_is_compacted() -> None:
    record = record_of(SCORER, [unsubscribe("u", 0), verdict(1, "u", SCANNER)])
    SCORER.apply_in_place(record, [event("b", 60)])
    assert record.evidence.find("u") is None
    assert suppression_of(record) == UNSAID


def test_the_word_is_kept_when_there_is_too_much_of_everything_else() -> None:
    record = record_of(SCORER, [unsubscribe("u", 0)])
    SCORER.apply_in_place(record, [event(f"c{n}", 1 + n / 1e6, url=f"{n}") for n in range(MOST_EVENTS + 5)])
    assert record.evidence.find("u") is None
    assert suppression_of(record).id == "u"


def linked(*facts: Fact) -> Record:
    """The record of jane, to whom the visitor's evidence came who unsubscribed."""
    visitor = record_of(SCORER, [unsubscribe("u", 1)])
    merge = Merged("m", START_MS, START_MS, "jane")
    [sending] = SCORER.apply_with_links_in_place("anon:v", visitor, [merge], []).sends
    assert isinstance(sending.transfer, EvidenceTransfer)
    jane = SCORER.blank()
    SCORER.apply_with_links_in_place("jane", jane, [Merged("m", START_MS, START_MS, "anon:v")], list(facts))
    SCORER.apply_with_links_in_place("jane", jane, [sending.transfer._replace(arrival_ms=START_MS + DAY_MS)], [])
    return decode_record(encode_record(jane))


def test_the_words_of_all_who_turned_out_to_be_one_are_told_together() -> None:
    assert suppression_of(linked()).id == "u"
    assert not is_suppressed(linked(resubscribe("r", 2)))
    assert is_suppressed(linked(resubscribe("r", 0)))
    jane = linked()
    parted = Unmerged("p", START_MS + 2 * DAY_MS, START_MS + 2 * DAY_MS, "anon:v")
    SCORER.apply_with_links_in_place("jane", jane, [parted], [])
    assert not is_suppressed(jane)


def test_a_word_in_sums_stays_with_its_source() -> None:
    visitor = record_of(SCORER, [unsubscribe("u", 1)])
    SCORER.apply_in_place(visitor, [event("b", 60)])
    at_ms = START_MS + 60 * DAY_MS
    [sending] = SCORER.apply_with_links_in_place("anon:v", visitor, [Merged("m", at_ms, at_ms, "jane")], []).sends
    assert isinstance(sending.transfer, EvidenceTransfer)
    [source] = sending.transfer.sources
    assert source.suppressed == SuppressionWord(True, START_MS + DAY_MS, "u", "unsubscribe")
    jane = SCORER.blank()
    SCORER.apply_with_links_in_place("jane", jane, [Merged("m", at_ms, at_ms, "anon:v")], [])
    SCORER.apply_with_links_in_place("jane", jane, [sending.transfer._replace(arrival_ms=at_ms)], [])
    assert suppression_of(decode_record(encode_record(jane))) == source.suppressed


def test_erasure_and_objection_leave_no_word_behind_and_what_is_said_later_holds() -> None:
    at_ms = START_MS + 5 * DAY_MS
    for forgotten in (Erased("x", at_ms, at_ms), ObjectionChanged("x", at_ms, at_ms, True)):
        record = record_of(SCORER, [unsubscribe("u", 1), said(2, suppressed=True)])
        SCORER.apply_with_links_in_place("jane", record, [forgotten], [])
        assert suppression_of(record) == UNSAID
    record = record_of(SCORER, [unsubscribe("u", 1)])
    SCORER.apply_with_links_in_place("jane", record, [Erased("x", at_ms, at_ms)], [])
    assert nothing_left(record)
    SCORER.apply_with_links_in_place("jane", record, [], [said(6, suppressed=True)])
    assert is_suppressed(record)
    assert not nothing_left(record)


def test_two_records_of_one_contact_have_one_last_word() -> None:
    for first, second in itertools.permutations([[unsubscribe("u", 1)], [resubscribe("r", 2)]]):
        record, other = record_of(SCORER, first), record_of(SCORER, second)
        SCORER.apply_with_links_in_place("c", record, [SecondRecord(other.at_ms, 7, other)], [])
        assert suppression_of(record).id == "r"


def test_another_models_words_are_read_in_the_evidence_that_is_there() -> None:
    record = record_of(Scorer(replace(OWN_WORDS, revision=1)), [event("s", 1, "stop")])
    assert is_suppressed(record)
    Scorer(replace(MODEL, revision=2)).migrate_in_place(record, record.at_ms)
    assert not is_suppressed(record)
    Scorer(replace(OWN_WORDS, revision=3)).migrate_in_place(record, record.at_ms)
    assert is_suppressed(record)


def test_a_record_of_a_program_before_keeps_its_word_and_says_no_other_bytes() -> None:
    record = record_of(SCORER, [event("a", 0), said(1, suppressed=True)])
    fields = msgspec.msgpack.decode(encode_record(record)[1:])
    place = Head.__struct_fields__.index("suppressed")
    assert fields[place] == [True, START_MS + DAY_MS, "x"]
    assert len(fields) == Head.__struct_fields__.index("bonds")
    again = decode_record(bytes([VERSION]) + msgspec.msgpack.encode(fields))
    assert suppression_of(again) == SuppressionWord(True, START_MS + DAY_MS, "x")


def test_what_suppression_alone_needs_is_no_evidence_that_a_later_rule_can_count_on() -> None:
    later = model_of(replace(clicks(E15), types=("spam_complaint",)))
    assert covered_since(later, MODEL, START_MS)["spam_complaint"] == {"": START_MS}
    assert covered_since(MODEL, MODEL, START_MS) == {}
