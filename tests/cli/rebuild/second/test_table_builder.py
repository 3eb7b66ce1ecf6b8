"""A table made of raw input, with contacts that are linked across partitions, erased, or lie in a wrong partition."""

from __future__ import annotations

from typing import Any

import orjson

from streamprocessor.cli.rebuild.second.table_builder import TableBuilder
from streamprocessor.cli.rebuild.second.topics_reading import build_plan
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.topics.topics import read_topics
from streamprocessor.kafka.admin.reconcile import Layout
from streamprocessor.kafka.partitioner import partition_of
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from tests.harness.system import ROOT
from tests.stream.partition.raw_records import Raw

AT_MS = 1_790_000_000_000
SCORER = Scorer(parse_model("scores: {s: {rules: [{id: buy, on: purchase, points: 10}]}}", "m", revision=1))
LAYOUT = Layout(read_topics(ROOT / "topics"), "", "app", 0)
ACTIVITIES, UPDATES = 5, 6


class Inputs:
    """Raw records, put where their contacts belong."""

    def __init__(self, erased: dict[bytes, int] | None = None) -> None:
        self.plan = build_plan(LAYOUT, SCORER, ContactIds("salt"), "salt")
        self.builder = TableBuilder(self.plan, erased or {})
        self._count = 0

    def put(self, topic: int, contact: str, value: dict[str, Any], partition: int | None = None) -> None:
        self._count += 1
        key = contact.encode()
        raw = Raw(self._count, AT_MS + self._count, key, orjson.dumps(value), [])
        where = partition_of(key, self.plan.partitions) if partition is None else partition
        self.builder.add(where, [(topic, raw)])

    def buy(self, contact: str, event_id: str, occurred_at_ms: int = AT_MS, partition: int | None = None) -> None:
        event = {"id": event_id, "type": "purchase", "occurred_at": occurred_at_ms}
        self.put(ACTIVITIES, contact, event, partition)

    def record_of(self, contact: str) -> Record | None:
        self.builder.settle()
        return self.builder.reading_of(contact.encode())

    def score_of(self, contact: str) -> int | None:
        record = self.record_of(contact)
        return None if record is None else SCORER.scores_at(record, AT_MS + 10_000)["s"].presented_nano


def test_who_is_merged_has_the_events_of_both_in_whichever_partitions_they_are() -> None:
    inputs = Inputs()
    inputs.buy("anon:1", "e-1")
    inputs.put(UPDATES, "ada", {"id": "m", "update": "merge", "from": "anon:1", "occurred_at": AT_MS})
    inputs.buy("ada", "e-2")
    inputs.record_of("ada")
    inputs.buy("anon:1", "e-3")

    assert inputs.score_of("ada") == 30 * 10**9
    merged = inputs.record_of("anon:1")
    assert merged is not None
    assert merged.links is not None
    assert merged.links.parent is not None
    assert merged.offsets.keys() == {ACTIVITIES}  # what it was told by messages is of no topic that workers read


def test_who_was_erased_begins_anew_with_what_occurred_later() -> None:
    inputs = Inputs()
    inputs.buy("ada", "e-1")
    inputs.put(UPDATES, "ada", {"id": "x", "update": "erase", "occurred_at": AT_MS})
    assert inputs.record_of("ada") is None
    inputs.buy("ada", "e-2", AT_MS)
    assert inputs.record_of("ada") is None
    inputs.buy("ada", "e-3", AT_MS + 3)
    assert inputs.score_of("ada") == 10 * 10**9

    again = Inputs(inputs.builder.erased)  # of a table that knows it, though the topics hold the erasure no more
    again.buy("ada", "e-1")
    assert again.record_of("ada") is None


def test_records_of_a_partition_where_their_contact_does_not_belong_reach_it_all_the_same() -> None:
    inputs = Inputs()
    here = partition_of(b"ada", inputs.plan.partitions)
    inputs.buy("ada", "e-1", partition=(here + 1) % inputs.plan.partitions)
    inputs.buy("ada", "e-2")

    assert inputs.score_of("ada") == 20 * 10**9
    assert inputs.builder.take_changed() == {b"ada"}
    assert inputs.builder.take_changed() == set()
