"""What the input topics hold that a table has not applied, as messages to the contacts of another table."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from aiokafka import TopicPartition

from streamprocessor.contract.changelog.entry import TableIdentity
from streamprocessor.contract.events.event_fields import contact_of
from streamprocessor.contract.events.transfers import MisplacedRecord, misplaced_message
from streamprocessor.contract.messages.message import Message
from streamprocessor.contract.topic_names import EVIDENCE_TRANSFERS
from streamprocessor.contract.topics.topics import inputs
from streamprocessor.errors import OperatorError, RecordError
from streamprocessor.kafka.admin.consumer_group import committed_offsets
from streamprocessor.kafka.admin.reconcile import Layout, end_offsets, topic_ids
from streamprocessor.kafka.clients import ClientSettings, new_reader
from streamprocessor.kafka.reader import read_to

Starts = dict[tuple[str, int], int]
"""From which offset on, by the input topic's short name and partition."""


class UnreadInput:
    """The input topics of an application, against its table."""

    def __init__(self, clients: ClientSettings, layout: Layout, group: str) -> None:
        """group: the workers'."""
        self._clients, self._group = clients, group
        self._numbers = {topic.name: topic.number or 0 for topic in inputs(layout.topics)}
        self._names = {layout.full_name(short): short for short in self._numbers}
        self._applied: dict[tuple[int, int], int] = {}

    def note_applied(self, partition: int, offsets: Mapping[int, int]) -> None:
        """Note what a contact's record says that was applied of its partition."""
        for number, offset in offsets.items():
            place = (number, partition)
            self._applied[place] = max(offset, self._applied.get(place, -1))

    async def refuse_copies(self, identity: TableIdentity) -> None:
        """Raise OperatorError where a table of this identity has offsets of other topics, as of those mirrored here."""
        known, ids = identity.topic_ids, await topic_ids(self._clients, self._names)
        others = sorted(name for name, id_ in ids.items() if known.get(self._names[name], id_) != id_)
        if others:
            message = (
                f"{', '.join(others)}: are other topics than the table was made from, such as copies: what it has "
                "applied of them can't be told by offsets; wanted --since TIME, some minutes before the table's last "
                "record: events that are known by then are told by their ids"
            )
            raise OperatorError(message)

    async def after_applied(self) -> Starts:
        """Where what the table has not applied begins."""
        committed = await committed_offsets(self._clients, self._group)
        return {
            (name, number): max(
                committed.get((name, number), 0), self._applied.get((self._numbers[self._names[name]], number), -1) + 1
            )
            for name, number in await end_offsets(self._clients, self._names)
        }

    async def since(self, instant_ms: int) -> Starts:
        """Where what arrived from the instant on begins."""
        ends = await end_offsets(self._clients, self._names)
        consumer = new_reader(self._clients)
        try:
            await consumer.start()
            found = await consumer.offsets_for_times({TopicPartition(*place): instant_ms for place in ends})
        finally:
            await consumer.stop()
        return {place: ends[place] if at is None else at.offset for place, at in found.items()}

    async def records(self, starts: Starts) -> AsyncIterator[tuple[str, Any, Message | None]]:
        """The short name of each record's topic, the record, and the message that brings it to its contact.

        None: it names no contact, or is such a message. Messages come first: what they brought is skipped after them.
        """
        ends = await end_offsets(self._clients, self._names)
        for name, short in sorted(self._names.items(), key=lambda item: item[1] != EVIDENCE_TRANSFERS):
            behind = {
                TopicPartition(*place): end for place, end in ends.items() if place[0] == name and starts[place] < end
            }
            if behind:
                async for record in self._read(behind, starts):
                    yield short, record, self._message(short, record)

    async def _read(self, ends: Mapping[TopicPartition, int], starts: Starts) -> AsyncIterator[Any]:
        consumer = new_reader(self._clients)
        try:
            await consumer.start()
            consumer.assign(list(ends))
            for where in ends:
                consumer.seek(where, starts[where])
            async for fetched in read_to(consumer, ends):
                for where, records in fetched.items():
                    for record in records:
                        if record.offset < ends[where]:
                            yield record
        finally:
            await consumer.stop()

    def _message(self, short: str, record: Any) -> Message | None:
        if short == EVIDENCE_TRANSFERS:
            return None
        try:
            contact_of(record.key)
        except RecordError:
            return None
        where = (self._numbers[short], record.partition, record.offset, record.timestamp)
        return misplaced_message(MisplacedRecord(*where, record.key, record.value, list(record.headers)))
