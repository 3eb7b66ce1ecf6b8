"""Two records of one contact, united, are the one record that the contact would have had."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.scoring.evidence.union import suppression_of
from streamprocessor.scoring.model.model import DAY_MS, E15, NANO, Model, Score
from streamprocessor.scoring.model.rules import EventRule, HalfLife, Limit
from streamprocessor.scoring.record.facts import Erased, Event, Merged, ObjectionChanged
from streamprocessor.scoring.record.record import Record, number_elsewhere
from streamprocessor.scoring.record.transfers import EvidenceTransfer, SecondRecord
from streamprocessor.scoring.scorer import Outcome, Scorer
from tests.scoring.against_oracle import all_answers, presented_nano, record_of, unrounded_nano
from tests.scoring.histories import histories, instants
from tests.scoring.models import START_MS, models

FORMS = EventRule("form", ("form_submission",), 50 * E15)
HOT = Model("m", "v", (Score("s", (FORMS,)),), revision=3)


def united(scorer: Scorer, contact: str, first: Record, second: Record, partition: int = 7) -> Outcome:
    arrival_ms = max(first.at_ms, second.at_ms)
    return scorer.apply_with_links_in_place(contact, first, [SecondRecord(arrival_ms, partition, second)], [])


def form(event_id: str, at_ms: int = START_MS) -> Event:
    return Event(event_id, "form_submission", at_ms, at_ms, {}, {})


@given(data=st.data())
def test_evidence_in_two_records_gives_the_answers_of_one_whichever_takes_in_the_other(data: st.DataObject) -> None:
    model = data.draw(models())
    history = data.draw(histories(model))
    sides = data.draw(st.lists(st.sampled_from([(1, 0), (0, 1), (1, 1)]), min_size=len(history), max_size=len(history)))
    t_ms = data.draw(instants(model, history))
    scorer = Scorer(model)
    parts = [[fact for fact, side in zip(history, sides, strict=True) if side[number]] for number in (0, 1)]
    records = [decode_record(encode_record(record_of(scorer, part))) for part in parts]
    if data.draw(st.booleans()):
        records.reverse()

    united(scorer, "c", records[0], records[1])

    whole = record_of(scorer, history)
    assert all_answers(scorer, decode_record(encode_record(records[0])), t_ms) == all_answers(scorer, whole, t_ms)
    assert suppression_of(decode_record(encode_record(records[0]))) == suppression_of(whole)
    assert records[0].links is None


def test_what_was_compacted_in_both_is_added() -> None:
    model = Model(
        "m",
        "v",
        (
            Score(
                "s",
                (
                    EventRule("click", ("click",), E15),
                    EventRule("visit", ("visit",), 10 * E15, decay=HalfLife(30.0 * DAY_MS)),
                    EventRule("link", ("click",), E15, limit=Limit(count=1, per="properties.url")),
                ),
            ),
        ),
    )
    scorer = Scorer(model)

    def record_from(day: int) -> Record:
        record = scorer.blank()
        for late_days in (0, 60):
            at_ms = START_MS + (day + late_days) * DAY_MS
            clicks = [Event(f"c{at_ms}", "click", at_ms, at_ms, {"url": f"{day}"}, {})]
            scorer.apply_in_place(record, [*clicks, Event(f"v{at_ms}", "visit", at_ms, at_ms, {}, {})])
        assert record.compacted is not None
        return record

    first, second = record_from(0), record_from(45)
    t_ms = START_MS + 105 * DAY_MS
    apart = [unrounded_nano(scorer.scores_at(record, t_ms)["s"]) for record in (first, second)]

    united(scorer, "c", first, second)

    assert abs(unrounded_nano(scorer.scores_at(first, t_ms)["s"]) - sum(apart)) <= 2


def test_offsets_of_the_other_partition_are_known_from_then_on() -> None:
    scorer = Scorer(HOT)
    first, second = scorer.blank(), scorer.blank()
    first.offsets, second.offsets = {1: 5}, {1: 9, 2: 3}

    united(scorer, "c", first, second, partition=4)

    assert first.offsets == {1: 5, number_elsewhere(1, 4): 9, number_elsewhere(2, 4): 3}


def test_a_contact_that_was_announced_elsewhere_is_announced_here_once_more_and_its_numbers_go_on() -> None:
    scorer = Scorer(HOT)
    second = record_of(scorer, [form("e1")])

    [step] = united(scorer, "c", first := scorer.blank(), second).steps

    assert (step.sequence, step.cause, [presented_nano(score) for score in step.scores]) == (2, "merge", [50 * NANO])
    assert united(scorer, "c", first, scorer.blank()).steps == []


def test_an_erasure_known_to_either_record_takes_what_came_before_it_out_of_both() -> None:
    scorer = Scorer(HOT)
    for erased in (0, 1):
        records = [record_of(scorer, [form(f"old{number}"), form(f"new{number}", START_MS + 10)]) for number in (0, 1)]
        records[erased] = record_of(scorer, [form(f"old{erased}")])
        scorer.apply_with_links_in_place("c", records[erased], [Erased("x", START_MS + 5, START_MS + 5)], [])

        outcome = united(scorer, "c", records[0], records[1])

        assert {event.id for event in records[0].evidence.events()} == {f"new{1 - erased}"}
        assert records[0].links is not None
        assert records[0].links.erased_at_ms == START_MS + 5
        assert outcome.erased_ms == (START_MS + 5 if erased else None)


def test_an_objection_in_the_other_record_leaves_nothing_here() -> None:
    scorer = Scorer(HOT)
    first, second = record_of(scorer, [form("e1")]), scorer.blank()
    scorer.apply_with_links_in_place("c", second, [ObjectionChanged("o", START_MS, START_MS, True)], [])

    [last] = united(scorer, "c", first, second).steps

    assert (last.scores, last.former_scores) == ((), ("s",))
    assert len(first.evidence) == 0


def test_a_merge_that_only_the_other_record_knew_of_sends_the_evidence_of_both_to_the_survivor() -> None:
    scorer = Scorer(HOT)
    first, second = record_of(scorer, [form("e1")]), record_of(scorer, [form("e2")])
    scorer.apply_with_links_in_place("anon:v", second, [Merged("m", START_MS, START_MS, "jane")], [])
    assert second.links is not None
    version = second.links.version

    outcome = united(scorer, "anon:v", first, second)

    [sending] = outcome.sends
    assert isinstance(sending.transfer, EvidenceTransfer)
    assert (sending.to, sending.transfer.version > version) == ("jane", True)
    assert {event.id for source in sending.transfer.sources for event in source.evidence.events()} == {"e1", "e2"}
    assert [step.merged_into for step in outcome.steps] == ["jane"]
