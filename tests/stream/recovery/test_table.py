"""What a worker writes of a recovered partition before it scores: what is owed, over what came too late, in slices."""

from __future__ import annotations

from collections.abc import Awaitable
from types import SimpleNamespace
from typing import Any

import pytest

from streamprocessor.contract.changelog.entry import (
    IDENTITY_KEY,
    MARKER_KEY,
    TableIdentity,
    encode_entry,
    encode_identity,
    encode_marker,
)
from streamprocessor.contract.changelog.pseudonyms import salt_check
from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.contract.messages.message import Message
from streamprocessor.contract.model_file.read_model import read_model
from streamprocessor.errors import OperatorError
from streamprocessor.scoring.record.record import Record
from streamprocessor.stream.metrics import Metrics
from streamprocessor.stream.partition.hot_stages import HotStages
from streamprocessor.stream.partition.outbox import Outbox
from streamprocessor.stream.partition.partition import Partition
from streamprocessor.stream.recovery.table import SLICE, Table
from tests.harness.system import DEFAULT_MODEL
from tests.stream.partition.raw_records import Raw
from tests.stream.partition.test_outbox import Batch, Changelog

OWING = 2 * SLICE + 200
HOT_STAGES = HotStages(read_model(DEFAULT_MODEL))


class Broker:
    """A producer of two topics, each of one partition.

    batches: the sizes and stamps of those that were sent, by topic.
    """

    def __init__(self) -> None:
        self.topics = {"changelog": Changelog(), "score-updated": Changelog()}
        self.batches: dict[str, list[tuple[int, int]]] = {"changelog": [], "score-updated": []}

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, partition: int) -> Awaitable[Any]:
        self.batches[topic].append((len(batch.rows), batch.rows[0][2]))
        return await self.topics[topic].send_batch(batch, topic, partition)

    def put(self, key: bytes, value: bytes) -> None:
        rows = self.topics["changelog"].records
        rows.append(Raw(len(rows), 0, key, value, []))


class Plane:
    """A data plane whose one partition is read off the broker."""

    def __init__(self, broker: Broker) -> None:
        self.partitions: dict[int, Partition] = {}
        self.tasks: dict[int, object] = {}
        self.closed_at_seconds = None
        self.stamps = 0
        self._broker = broker
        self.context = SimpleNamespace(
            partition_of=lambda _: 0,
            hot_stages=HOT_STAGES,
            lease=SimpleNamespace(stamp=self._stamp),
            outbox=Outbox(broker, "changelog", {"score-updated": "score-updated"}, lambda _: 0),
            contact_ids=SimpleNamespace(address=lambda _: "check"),
            consumer=SimpleNamespace(input_states=self._no_inputs),
            scorer=SimpleNamespace(model=SimpleNamespace(revision=1)),
        )

    async def _stamp(self, after_ms: int) -> int:
        self.stamps += 1
        return after_ms + self.stamps

    async def _no_inputs(self, _: set[int]) -> dict[Any, Any]:
        return {}

    async def finish_microbatches(self) -> None:
        """Nothing is under way."""

    def drop_tasks(self) -> None:
        """There are none."""

    def open(self, numbers: set[int]) -> None:
        self.tasks = dict.fromkeys(numbers)

    def hold(self, numbers: set[int], new_partition: Any) -> None:
        self.partitions = {number: new_partition(number) for number in numbers}

    async def catch_up(self, partitions: dict[int, Partition], stages: Any) -> None:
        for partition in partitions.values():
            partition.read_changelog(self._broker.topics["changelog"].records[partition.changelog_offset :])
            partition.finish_recovery(stages)


def _entry(contact: bytes, microbatch: int, sequence: int = 1) -> bytes:
    record = encode_record(Record(sequence=sequence))
    return encode_entry(record, microbatch, [Message("score-updated", contact, b"%d" % sequence, [])])


@pytest.fixture
def broker() -> Broker:
    """One that holds a table with micro-batch 7 announced."""
    broker = Broker()
    identity = TableIdentity("incarnation", {}, salt_check(_pseudonym), "check")
    broker.put(IDENTITY_KEY, encode_identity(identity))
    broker.put(b"ada", _entry(b"ada", 7))
    broker.put(MARKER_KEY, encode_marker(7))
    return broker


async def _recovered(broker: Broker) -> Plane:
    plane: Any = Plane(broker)
    await Table(plane, plane, {}, _pseudonym, Metrics()).recover({0})
    assert isinstance(plane, Plane)
    return plane


def _pseudonym(key: bytes) -> bytes:
    return key


async def test_what_is_owed_is_sent_a_slice_under_a_stamp_and_not_again_once_it_is_through(broker: Broker) -> None:
    owing = [b"contact-%04d" % number for number in range(OWING)]
    for contact in owing:
        broker.put(contact, _entry(contact, 8))

    assert (await _recovered(broker)).partitions[0].was_interrupted

    announced = broker.topics["score-updated"].records
    assert sorted(record.key or b"" for record in announced) == owing
    sizes, stamps = zip(*broker.batches["score-updated"], strict=True)
    assert sizes == (SLICE, SLICE, 200)
    assert len(set(stamps)) == 3
    assert not (await _recovered(broker)).partitions[0].was_interrupted
    assert len(announced) == OWING


async def test_what_came_too_late_is_written_over_and_who_is_known_by_nothing_else_taken_out(broker: Broker) -> None:
    await _recovered(broker)
    for contact in (b"ada", b"bob"):
        broker.put(contact, _entry(contact, 8, sequence=2))

    plane = await _recovered(broker)

    assert plane.partitions[0].awaiting_tombstone == {b"bob"}
    assert plane.partitions[0].overwritten == set()
    assert broker.topics["score-updated"].records == []
    again = await _recovered(broker)
    assert again.partitions[0].records == plane.partitions[0].records == {b"ada": encode_record(Record(sequence=1))}
    last = {row.key: row.value for row in broker.topics["changelog"].records}[b"ada"]
    assert last is not None
    assert last.endswith(encode_record(Record(sequence=1)))


async def test_what_was_written_between_reading_and_beginning_is_read_counts_and_is_sent(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = Plane.catch_up

    async def read_and_let_others_write(plane: Plane, partitions: dict[int, Partition], stages: Any) -> None:
        await reading(plane, partitions, stages)
        monkeypatch.undo()
        broker.put(b"bob", _entry(b"bob", 8))

    monkeypatch.setattr(Plane, "catch_up", read_and_let_others_write)

    plane = await _recovered(broker)

    assert plane.partitions[0].records.keys() == {b"ada", b"bob"}
    assert [record.key for record in broker.topics["score-updated"].records] == [b"bob"]


async def test_a_table_whose_contacts_go_on_in_another_is_begun_by_no_worker(broker: Broker) -> None:
    identity = TableIdentity("incarnation", {}, salt_check(_pseudonym), "check", successor="second")
    broker.put(IDENTITY_KEY, encode_identity(identity))
    rows = len(broker.topics["changelog"].records)

    with pytest.raises(OperatorError, match="go on in the table of group second, which `streamprocessor rebuild"):
        await _recovered(broker)

    assert len(broker.topics["changelog"].records) == rows
