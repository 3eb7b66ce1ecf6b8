"""A dead worker's last write that the broker takes late: it counts before its successor begins, and not afterwards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.contract.messages.message import Message
from streamprocessor.errors import MustRestartError
from streamprocessor.scoring.record.record import Record
from streamprocessor.stream.partition.outbox import Outbox
from streamprocessor.stream.partition.partition import Change, Partition
from tests.stream.partition.raw_records import Raw
from tests.stream.partition.test_outbox import Changelog, new_partition

KEYS = st.sets(st.sampled_from([b"ada", b"bob", b"cyd"]), min_size=1)
STEPS = st.lists(KEYS, max_size=4)


class Worker:
    """One that owns the partition, and whose announcements are acknowledged after each of its micro-batches."""

    def __init__(self, name: str, changelog: Changelog) -> None:
        self.name = name
        self.changelog = changelog
        self.partition = new_partition()
        self._outbox = Outbox(changelog, "changelog", {}, lambda _: 0)

    async def recover(self) -> None:
        """Read to the end and begin; what is owed is sent."""
        while True:
            self.read()
            if await self._outbox.write_epoch(self.partition, 1):
                break
        self.partition.note_owed_sent()
        await self._outbox.write_marker(self.partition, 1)

    def read(self) -> None:
        self.partition.read_changelog(self.changelog.records[self.partition.changelog_offset :])

    async def write(self, keys: set[bytes], to: Changelog | None = None) -> None:
        """Make one micro-batch; to: where it lands instead, as long as it is under way."""
        changes = [self._change(key) for key in sorted(keys)]
        outbox = self._outbox if to is None else Outbox(to, "changelog", {}, lambda _: 0)
        await outbox.write_changes(self.partition, changes, 1)
        self.partition.apply(changes, 1)

    async def bury(self, key: bytes, to: Changelog) -> None:
        self.partition.awaiting_tombstone.add(key)
        await Outbox(to, "changelog", {}, lambda _: 0).write_tombstones(self.partition, 1)

    def _change(self, key: bytes) -> Change:
        record = encode_record(Record(sequence=self.partition.microbatch, attributes={"by": (self.name, 0)}))
        return Change(key, record, None, [Message("score-updated", key, self.name.encode(), [])], None)


class UnderWay(Changelog):
    """What a worker has sent and the broker has not taken yet."""

    def __init__(self, first: int) -> None:
        super().__init__()
        self.records = [Raw(offset, 0, None, None, []) for offset in range(first)]
        self._first = first

    def arrive_in(self, changelog: Changelog) -> None:
        append_to(changelog, self.records[self._first :])


def append_to(changelog: Changelog, rows: list[Raw]) -> None:
    for row in rows:
        changelog.records.append(row._replace(offset=len(changelog.records)))


async def last_of(worker: Worker, keys: set[bytes] | None) -> UnderWay:
    """The worker's last write, under way; keys: of its contacts, None: it takes ada out."""
    under_way = UnderWay(worker.partition.changelog_offset)
    if keys is None:
        await worker.bury(b"ada", under_way)
    else:
        await worker.write(keys, under_way)
    return under_way


def contents(partition: Partition) -> tuple[object, ...]:
    return partition.records, partition.owed_after_recovery()


@given(STEPS, KEYS, STEPS, KEYS)
async def test_what_comes_after_the_successor_began_changes_nothing_and_lets_no_write_of_it_pass_unnoticed(
    before: list[set[bytes]], late: set[bytes], since: list[set[bytes]], then: set[bytes]
) -> None:
    changelog = Changelog()
    dead, heir = Worker("dead", changelog), Worker("heir", changelog)
    await dead.recover()
    for keys in before:
        await dead.write(keys)
    under_way = await last_of(dead, late)
    await heir.recover()
    for keys in since:
        await heir.write(keys)
    alone = Worker("alone", changelog)
    alone.read()
    wanted = contents(alone.partition)

    under_way.arrive_in(changelog)

    third = Worker("third", changelog)
    third.read()
    assert contents(third.partition) == wanted
    assert third.partition.overwritten == late
    with pytest.raises(MustRestartError, match="another worker wrote there, too"):
        await heir.write(then)
    third.read()
    assert third.partition.overwritten == late - then
    assert {message.key for message in third.partition.owed_after_recovery()} >= then


@given(STEPS, KEYS)
async def test_what_comes_before_the_successor_begins_counts_and_is_owed(
    before: list[set[bytes]], late: set[bytes]
) -> None:
    changelog = Changelog()
    dead, heir = Worker("dead", changelog), Worker("heir", changelog)
    await dead.recover()
    for keys in before:
        await dead.write(keys)
    under_way = await last_of(dead, late)
    heir.read()

    under_way.arrive_in(changelog)
    assert not await Outbox(changelog, "changelog", {}, lambda _: 0).write_epoch(heir.partition, 1)

    heir.read()
    assert heir.partition.records == dead.partition.records
    assert {message.key for message in heir.partition.owed_after_recovery()} == late
    assert await Outbox(changelog, "changelog", {}, lambda _: 0).write_epoch(heir.partition, 1)


async def test_a_tombstone_that_comes_late_takes_nobody_out() -> None:
    changelog = Changelog()
    dead, heir = Worker("dead", changelog), Worker("heir", changelog)
    await dead.recover()
    await dead.write({b"ada"})
    under_way = await last_of(dead, None)
    await heir.recover()
    await heir.write({b"ada"})

    under_way.arrive_in(changelog)

    third = Worker("third", changelog)
    third.read()
    assert third.partition.records == heir.partition.records
    assert third.partition.overwritten == {b"ada"}


async def test_an_epoch_that_was_copied_elsewhere_says_nothing() -> None:
    changelog, copy = Changelog(), Changelog()
    worker = Worker("first", changelog)
    await worker.recover()
    await worker.write({b"ada"})
    append_to(copy, [changelog.records[-1], *changelog.records])

    reader = Worker("reader", copy)
    reader.read()

    assert reader.partition.records == worker.partition.records
    assert reader.partition.overwritten == set()
