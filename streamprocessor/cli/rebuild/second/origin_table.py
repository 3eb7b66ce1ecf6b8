"""The table that another one is made in place of: followed by its changelog while its workers write on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from aiokafka import TopicPartition

from streamprocessor.cli.rebuild.second.table_builder import BuildPlan
from streamprocessor.contract.changelog.entry import RESERVED, TableIdentity
from streamprocessor.contract.changelog.record_codec import decode_record
from streamprocessor.contract.messages.message import Message
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.admin.reconcile import end_offsets
from streamprocessor.kafka.clients import ClientSettings, new_reader
from streamprocessor.kafka.partitioner import partition_of
from streamprocessor.kafka.reader import read_to
from streamprocessor.scoring.record.record import Record, number_elsewhere, topic_number_of
from streamprocessor.stream.partition.partition import HANDED_OVER, Partition


class OriginTable:
    """All partitions of a table, in memory."""

    def __init__(self, clients: ClientSettings, changelog: str, plan: BuildPlan) -> None:
        """changelog: its full name. plan: of the table that goes on in its place."""
        self._clients, self._changelog, self._plan = clients, changelog, plan
        self._partitions: dict[int, Partition] = {}
        self._changed: set[bytes] = set()

    async def catch_up(self) -> None:
        """Read all that the changelog holds by now, as a worker does that recovers.

        Raises OperatorError where it was made anew meanwhile, or contacts lie in the wrong partitions.
        """
        ends = await end_offsets(self._clients, [self._changelog])
        belongs_to = partial(partition_of, partitions=len(ends))
        for _, number in ends.keys() - {(self._changelog, number) for number in self._partitions}:
            self._partitions[number] = Partition(number, self._plan.pseudonym, belongs_to)
        behind = {TopicPartition(*place): end for place, end in ends.items() if self._is_behind(place, end)}
        changed = await self._read(behind)
        misplaced = sum(belongs_to(key) != number for number, key in changed if self._has(number, key))
        if misplaced:
            message = (
                f"{self._changelog}: {misplaced} contacts lie in partitions where they do not belong; wanted each in "
                "its own: let a worker of this release start on it first, which brings them there"
            )
            raise OperatorError(message)
        self._changed |= {key for _, key in changed}

    async def _read(self, ends: Mapping[TopicPartition, int]) -> set[tuple[int, bytes]]:
        """The partition numbers and keys of the contacts that were read."""
        changed: set[tuple[int, bytes]] = set()
        if not ends:
            return changed
        consumer = new_reader(self._clients)
        await consumer.start()
        try:
            consumer.assign(list(ends))
            for where in ends:
                consumer.seek(where, self._partitions[where.partition].changelog_offset)
            async for fetched in read_to(consumer, ends):
                for where, rows in fetched.items():
                    self._partitions[where.partition].read_changelog(rows)
                    keys = {row.key for row in rows if row.key is not None and not row.key.startswith(RESERVED)}
                    changed |= {(where.partition, key) for key in keys}
            for where in ends:
                self._partitions[where.partition].note_read_to(await consumer.position(where))
        finally:
            await consumer.stop()
        return changed

    def _is_behind(self, where: tuple[str, int], end: int) -> bool:
        """Whether there is more than was read; raises OperatorError where there is less."""
        topic, number = where
        known = self._partitions[number].changelog_offset
        if known > end:
            message = (
                f"{topic}[{number}] ends at {end}, but {known} was read before: the changelog was deleted or made anew "
                "meanwhile; wanted the table that is in force: begin again once it is there"
            )
            raise OperatorError(message)
        return known < end

    def _has(self, number: int, key: bytes) -> bool:
        return self._partitions[number].records.get(key, HANDED_OVER) != HANDED_OVER

    def take_changed(self) -> set[bytes]:
        """The keys of contacts that changed since this was asked last."""
        changed, self._changed = self._changed, set()
        return changed

    def record_of(self, key: bytes) -> Record | None:
        """What is stored of a contact, with offsets as the second table has them; None: nothing."""
        record, number = self._stored(key)
        if record is None:
            return None
        is_elsewhere = partition_of(key, self._plan.partitions) != number
        record.offsets = {
            number_elsewhere(each, number) if is_elsewhere and each == topic_number_of(each) else each: offset
            for each, offset in record.offsets.items()
            if topic_number_of(each) != self._plan.transfers_number  # whose topic is another one there
        }
        return record

    def is_applied(self, topic_number: int, record: Any) -> bool:
        """Whether a record of the input topic of this number was applied to its contact."""
        stored, number = (None, 0) if record.key is None else self._stored(record.key)
        if stored is None:
            return False
        place = topic_number if record.partition == number else number_elsewhere(topic_number, record.partition)
        return bool(record.offset <= stored.offsets.get(place, -1))

    def is_applied_message(self, record: Any) -> bool:
        """Whether a message between contacts was applied to the contact that it is for."""
        return self.is_applied(self._plan.transfers_number, record)

    def owed(self) -> Iterator[tuple[int, Message]]:
        """Announcements that may not be acknowledged, in their order, with their partitions."""
        for number, each in self._partitions.items():
            for message in each.owed_after_recovery():
                yield number, message

    def identity(self) -> TableIdentity | None:
        """Whose table it is; None: no worker ever had it."""
        return next((each.identity for each in self._partitions.values() if each.identity is not None), None)

    def identities(self) -> dict[int, TableIdentity]:
        """What each partition says of whose table it is, by number."""
        return {number: each.identity for number, each in self._partitions.items() if each.identity is not None}

    def erased(self) -> dict[bytes, int]:
        """The instants of erasures in epoch milliseconds, by pseudonym."""
        return {key: at_ms for each in self._partitions.values() for key, at_ms in each.erased.items()}

    def _stored(self, key: bytes) -> tuple[Record | None, int]:
        """The contact's record, and the partition that it is in."""
        number = partition_of(key, len(self._partitions))
        stored = self._partitions[number].records.get(key)
        return None if stored is None or stored == HANDED_OVER else decode_record(stored), number
