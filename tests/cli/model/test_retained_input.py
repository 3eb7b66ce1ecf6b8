"""What input topics still hold, and since when evidence is complete by it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import pytest

from streamprocessor.cli.model.retained import input as retained_input
from streamprocessor.cli.model.retained.forecast import print_forecast
from streamprocessor.cli.model.retained.input import Extent, retained_since_ms, topics_with
from streamprocessor.cli.model.retained.inventory import Inventory, StoredRecords
from streamprocessor.cli.model.retained.rebuild import Reading, covered_after
from streamprocessor.cli.model.retained.report import duration_sentence, print_reading, reading_as_json, topics_as_json
from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.topics.topics import Topic, read_topics
from streamprocessor.kafka.admin.reconcile import Layout
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.record.facts import Event, RetainedEvent
from streamprocessor.scoring.scorer import Scorer
from tests.harness.system import ROOT

LAYOUT = Layout(read_topics(ROOT / "topics"), "", "app", 0, 1)
SINCE_MS = 1_790_000_000_000
WHOLE, GONE, EMPTY = Extent(0, 10, 0), Extent(5, 10, SINCE_MS - 100), Extent(5, 5, None)
TEXT = """
scores:
  s:
    rules:
      - {id: buy, on: purchase, points_from: {property: properties.amount}}
      - {id: large, on: purchase, points: 5, where: {properties.amount: {at_least: 100}}}
"""


class Oldest(NamedTuple):
    timestamp: int


def model() -> Model:
    covered = {"purchase": {"properties.amount": SINCE_MS}, "email_open": {"": SINCE_MS}}
    return replace(parse_model(TEXT, "m"), covered_since_ms=covered)


def names(topics: list[Topic]) -> set[str]:
    return {topic.name for topic in topics}


@pytest.mark.parametrize(
    ("types", "topics"),
    [
        (["purchase"], {"activities"}),
        (["email_open", "purchase"], {"activities", "email-opens"}),
        (["any"], {"activities", "email-opens", "email-clicks", "page-visits", "form-submissions"}),
    ],
)
def test_the_topics_that_may_hold_events_of_a_type(types: list[str], topics: set[str]) -> None:
    assert names(topics_with(LAYOUT, types)) & {*topics, "contact-updates", "evidence-transfers"} == topics
    if "any" not in types:
        assert names(topics_with(LAYOUT, types)) == topics


@pytest.mark.parametrize(
    ("first", "committed", "oldest", "extent"),
    [
        (0, 10, Oldest(7), Extent(0, 10, 0)),
        (5, 10, Oldest(7), Extent(5, 10, 7)),
        (5, 0, Oldest(7), Extent(5, 5, 7)),
        (5, 10, None, Extent(5, 10, None)),
        (0, 0, None, Extent(0, 0, 0)),
    ],
)
def test_what_a_partition_holds(first: int, committed: int, oldest: Oldest | None, extent: Extent) -> None:
    assert retained_input._extent(first, committed, oldest) == extent


@pytest.mark.parametrize(
    ("of_partitions", "since_ms", "kept_since"),
    [
        ([WHOLE, WHOLE], 0, None),
        ([WHOLE, GONE], SINCE_MS - 100, SINCE_MS - 100),
        ([GONE, EMPTY], None, SINCE_MS),  # what was in the empty one is gone, and nobody knows since when
    ],
)
def test_evidence_is_complete_since_all_partitions_hold_all(
    of_partitions: list[Extent], since_ms: int | None, kept_since: int | None
) -> None:
    extents = {("activities", number): extent for number, extent in enumerate(of_partitions)}
    extents |= {("email-opens", number): WHOLE for number in (0, 1)}
    activities = topics_with(LAYOUT, ["purchase"])
    assert retained_since_ms(extents, activities) == since_ms

    reading = Reading(Inventory(model()), extents, 1.0)
    covered = covered_after(model(), reading, lambda _: activities)
    expected = {} if kept_since is None else {"properties.amount": kept_since}
    assert covered.get("purchase", {}) == expected


def fact(event_id: str, amount: int, offset: int = 0) -> RetainedEvent:
    at_ms = SINCE_MS - 1_000
    event = Event(event_id, "purchase", at_ms, at_ms, {"amount": amount}, {})
    return RetainedEvent(event_id, at_ms, SINCE_MS, event, 5, 0, offset)


def test_what_is_folded_already_is_counted_by_each_rule_that_misses_it() -> None:
    before = Scorer(parse_model("scores: {s: {rules: [{id: any, on: purchase, points: 1}]}}", "m"))
    record = before.blank()
    before.apply_in_place(record, [fact("known", 0).event])
    inventory, records = Inventory(model()), StoredRecords({b"jane": encode_record(record)})

    more = [
        inventory.brings_more(records.of(b"jane"), each) for each in (fact("known", 3), fact("a", 3), fact("b", 300))
    ]

    assert more == [True, False, False]
    assert inventory.by_type["purchase"] == Counter(enriched=1, folded=2)
    assert inventory.folded == Counter({"s/buy": 2, "s/large": 1})
    assert inventory.to_send == 1


def test_the_answer_names_topics_whose_head_is_gone_and_rules_that_miss_something(
    capsys: pytest.CaptureFixture[str],
) -> None:
    inventory = Inventory(model())
    inventory.brings_more(StoredRecords({}).of(b"jane"), fact("gone", 300))
    answer = reading_as_json(Reading(inventory, {("activities", 0): GONE, ("email-opens", 0): WHOLE}, 1.0))

    print_reading(answer)

    out = capsys.readouterr().out
    assert "activities: its head is gone, it holds 5 records since 2026-09-21T14:13:19.900Z" in out
    assert "email-opens" not in out
    assert [(row["rule"], row["matches"]) for row in answer["folded"]] == [("s/buy", 1), ("s/large", 1)]
    assert "s/large" in out


def test_a_topic_that_holds_nothing_any_more_says_since_when_it_is_not_known() -> None:
    (topic,) = topics_as_json({("activities", 0): EMPTY})
    assert (topic["head_is_gone"], topic["held_since"], topic["empty_partitions"]) == (True, None, 1)


def test_how_long_it_takes_is_said_to_be_an_estimate() -> None:
    assert duration_sentence(8_000, is_counted=False) == (
        "at most 8000 records to read again: about 4 s beside live events, estimated"
    )


def test_before_it_is_counted_a_rebuild_is_told_by_what_the_topics_hold(capsys: pytest.CaptureFixture[str]) -> None:
    topics = topics_as_json({("activities", 0): GONE})
    print_forecast({"is_counted": False, "to_send": 5, "topics": topics})
    out = capsys.readouterr().out
    assert "would bring them what is retained; --rebuild counts it" in out
    assert "at most 5 records to read again: about 1 s beside live events, estimated" in out


def test_a_counted_rebuild_is_told_by_type(capsys: pytest.CaptureFixture[str]) -> None:
    inventory = Inventory(model())
    inventory.by_type["purchase"].update(enriched=3, folded=1)
    print_forecast({"is_counted": True, **reading_as_json(Reading(inventory, {("activities", 0): WHOLE}, 1.0))})
    out = capsys.readouterr().out
    assert "A rebuild (`model apply --rebuild`) would bring evidence what it has not kept of:" in out
    assert out.splitlines()[-2].split() == ["purchase", "4", "0", "3", "0", "1", "0"]
    assert out.splitlines()[-1].startswith("3 records to read again: about 1 s")
