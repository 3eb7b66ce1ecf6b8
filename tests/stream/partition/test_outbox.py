"""What a partition knows of the changelog after each kind of write to it, and reading it from there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest

from streamprocessor.contract.changelog.entry import TableIdentity
from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.contract.messages.message import Headers
from streamprocessor.errors import MustRestartError
from streamprocessor.scoring.record.record import Record
from streamprocessor.stream.partition.outbox import Outbox
from streamprocessor.stream.partition.partition import Change, Partition
from tests.stream.partition.raw_records import Raw

RECORD = encode_record(Record(sequence=1))
CHANGE = Change(b"ada", RECORD, None, (), None)
IDENTITY = TableIdentity("incarnation", {})
Write = Callable[[Outbox, Partition], Awaitable[None]]
WRITES: dict[str, Write] = {
    "changes": lambda outbox, partition: outbox.write_changes(partition, [CHANGE], 5),
    "marker": lambda outbox, partition: outbox.write_marker(partition, 5),
    "tombstones": lambda outbox, partition: outbox.write_tombstones(partition, 5),
    "identity": lambda outbox, partition: outbox.write_identity(partition, IDENTITY, 5),
}


class Batch:
    """An aiokafka batch that holds any number of records."""

    def __init__(self) -> None:
        self.rows: list[tuple[bytes | None, bytes | None, int, Headers]] = []

    def append(self, *, key: bytes | None, value: bytes | None, timestamp: int, headers: Headers) -> object:
        self.rows.append((key, value, timestamp, headers))
        return self

    def record_count(self) -> int:
        return len(self.rows)


class Changelog:
    """A producer that keeps what it is given as the changelog would; without Kafka it acknowledges nothing."""

    def __init__(self) -> None:
        self.records: list[Raw] = []
        self.has_kafka = True

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, partition: int) -> Awaitable[Any]:  # noqa: ARG002
        acknowledgement: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self.has_kafka:
            acknowledgement.set_result(Acknowledged(len(self.records)))
            for key, value, timestamp, headers in batch.rows:
                self.records.append(Raw(len(self.records), timestamp, key, value, headers))
        else:
            acknowledgement.set_exception(ConnectionError("away"))
        return acknowledgement


class Acknowledged(NamedTuple):
    offset: int


def knowledge(partition: Partition) -> tuple[object, ...]:
    return (
        partition.changelog_offset,
        partition.microbatch,
        partition.marked_microbatch,
        partition.identity,
        partition.records,
    )


@pytest.mark.parametrize("kind", WRITES)
async def test_a_partition_knows_after_each_write_what_another_reads_of_the_changelog(kind: str) -> None:
    changelog, partition = Changelog(), new_partition()
    outbox = Outbox(changelog, "changelog", {}, lambda _: 0)
    await outbox.write_changes(partition, [CHANGE, CHANGE._replace(key=b"bob", is_nothing_left=True)], 1)
    partition.apply([CHANGE, CHANGE._replace(key=b"bob", is_nothing_left=True)], 1)

    await WRITES[kind](outbox, partition)
    partition.apply([CHANGE], 1)

    successor = new_partition()
    successor.read_changelog(changelog.records)
    assert knowledge(partition) == knowledge(successor)
    assert partition.changelog_offset == len(changelog.records)


@pytest.mark.parametrize("kind", WRITES)
async def test_what_is_not_acknowledged_leaves_the_partition_as_it_was(kind: str) -> None:
    changelog, partition = Changelog(), new_partition()
    outbox = Outbox(changelog, "changelog", {}, lambda _: 0)
    await outbox.write_changes(partition, [CHANGE], 1)
    before = knowledge(partition)
    changelog.has_kafka = False

    with pytest.raises(MustRestartError):
        await WRITES[kind](outbox, partition)

    assert knowledge(partition) == before


def new_partition() -> Partition:
    return Partition(0, lambda key: key, lambda _: 0)
