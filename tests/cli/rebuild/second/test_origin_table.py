"""The first table as its changelog has it: what its workers owe, how far each contact was applied, who changed."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any, NamedTuple

import pytest
from aiokafka import TopicPartition

from streamprocessor.cli.rebuild.second import origin_table
from streamprocessor.cli.rebuild.second.origin_table import OriginTable
from streamprocessor.cli.rebuild.second.topics_reading import build_plan
from streamprocessor.contract.changelog.entry import (
    EPOCH_KEY,
    MARKER_KEY,
    Epoch,
    encode_entry,
    encode_epoch,
    encode_marker,
)
from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.messages.message import Message
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.topics.topics import read_topics
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.admin.reconcile import Layout
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.partitioner import partition_of
from streamprocessor.scoring.record.record import Record, number_elsewhere
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.stream.partition.partition import HANDED_OVER
from tests.cli.rebuild.second.topics_at_hand import TopicsAtHand
from tests.harness.system import ROOT
from tests.stream.partition.raw_records import Raw

SCORER = Scorer(parse_model("scores: {s: {rules: [{id: buy, on: purchase, points: 10}]}}", "m", revision=1))
LAYOUT = Layout(read_topics(ROOT / "topics"), "", "app", 0)
ACTIVITIES, TRANSFERS = 5, 7
PLACED = encode_marker(0, is_placed=True)


class Changelog:
    """A changelog of some partitions that can be read on."""

    def __init__(self, partitions: int) -> None:
        self.rows: dict[int, list[Raw]] = {number: [] for number in range(partitions)}

    def put(self, key: bytes, value: bytes | None, number: int = 0) -> None:
        rows = self.rows[number]
        rows.append(Raw(len(rows), 0, key, value, []))


def table_on(changelog: Changelog, monkeypatch: pytest.MonkeyPatch) -> OriginTable:
    async def ends(_: ClientSettings, names: Iterable[str]) -> dict[tuple[str, int], int]:
        return {(name, number): len(rows) for name in names for number, rows in changelog.rows.items()}

    places = {TopicPartition("changelog", number): rows for number, rows in changelog.rows.items()}
    monkeypatch.setattr(origin_table, "end_offsets", ends)
    monkeypatch.setattr(origin_table, "new_reader", lambda _: TopicsAtHand(places, random.Random(1)))
    plan = build_plan(LAYOUT, SCORER, ContactIds("salt"), "salt")
    return OriginTable(ClientSettings("nowhere:1"), "changelog", plan)


def entry(microbatch: int, *owed: Message, **fields: Any) -> bytes:
    return encode_entry(encode_record(Record(revision=1, **fields)), microbatch, owed)


def announcement(text: bytes) -> Message:
    return Message("score-updated", b"ada", text, [])


class Placed(NamedTuple):
    """A record of an input topic, as far as it is asked where it lies."""

    partition: int
    offset: int
    key: bytes


async def test_owed_is_what_no_marker_says_was_announced_and_not_what_a_worker_before_wrote_too_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changelog = Changelog(1)
    table = table_on(changelog, monkeypatch)
    changelog.put(b"ada", entry(1, announcement(b"1")))
    changelog.put(MARKER_KEY, encode_marker(1))
    changelog.put(b"ada", entry(2, announcement(b"2")))
    changelog.put(EPOCH_KEY, encode_epoch(Epoch(3, 3)))
    changelog.put(b"bob", entry(3, announcement(b"late")))
    await table.catch_up()

    assert [message.value for _, message in table.owed()] == [b"2"]
    assert table.record_of(b"bob") is None
    changelog.put(MARKER_KEY, encode_marker(4))
    await table.catch_up()
    assert list(table.owed()) == []


async def test_offsets_are_those_of_the_same_topics_in_whichever_partition_the_contact_is_from_now_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changelog = Changelog(1)
    table = table_on(changelog, monkeypatch)
    changelog.put(MARKER_KEY, PLACED)
    contacts = [b"c-%d" % number for number in range(40)]
    for key in contacts:
        changelog.put(key, entry(1, offsets={ACTIVITIES: 7, TRANSFERS: 3}))
    await table.catch_up()

    numbers = {partition_of(key, 12) for key in contacts}
    assert len(numbers) > 1
    for key in contacts:
        known = table.record_of(key)
        assert known is not None
        is_moved = partition_of(key, 12) != 0
        assert known.offsets == {number_elsewhere(ACTIVITIES, 0) if is_moved else ACTIVITIES: 7}
        assert [table.is_applied(ACTIVITIES, Placed(0, offset, key)) for offset in (7, 8)] == [True, False]
        assert [table.is_applied_message(Placed(0, offset, key)) for offset in (3, 4)] == [True, False]
        assert not table.is_applied(ACTIVITIES, Placed(1, 7, key))
    assert not table.is_applied(ACTIVITIES, Placed(0, 0, b"stranger"))


async def test_who_changed_is_said_once_and_who_left_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    changelog = Changelog(1)
    table = table_on(changelog, monkeypatch)
    changelog.put(b"ada", entry(1))
    changelog.put(b"bob", encode_entry(HANDED_OVER, 1, ()))
    await table.catch_up()
    assert (table.take_changed(), table.take_changed()) == ({b"ada", b"bob"}, set())
    assert table.record_of(b"bob") is None
    changelog.put(b"ada", None)
    await table.catch_up()
    assert table.take_changed() == {b"ada"}
    assert table.record_of(b"ada") is None


async def test_contacts_in_wrong_partitions_are_brought_where_they_belong_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changelog = Changelog(2)
    table = table_on(changelog, monkeypatch)
    changelog.put(b"ada", entry(1), number=1 - partition_of(b"ada", 2))
    with pytest.raises(OperatorError, match="1 contacts lie in partitions where they do not belong"):
        await table.catch_up()


async def test_a_changelog_that_became_shorter_is_no_more_the_one_that_was_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changelog = Changelog(1)
    table = table_on(changelog, monkeypatch)
    changelog.put(b"ada", entry(1))
    await table.catch_up()
    changelog.rows[0].clear()
    with pytest.raises(OperatorError, match="ends at 0, but 1 was read before"):
        await table.catch_up()
