"""A table moved to other topics, of another prefix, application or Kafka, with as many partitions as those have.

What a contact is goes along: record, sequence, episodes, links, attributes. What the old input topics hold that the
table has not applied yet comes after it, with the arrival that it had. Ids of what is announced from then on are new
ones; what was announced before is copied as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from streamprocessor.cli.kafka.broker_source import BrokerSource
from streamprocessor.cli.kafka.stored_partition import StoredPartition
from streamprocessor.cli.kafka.system_state import differences, table_state
from streamprocessor.cli.kafka.topic_reader import records_of
from streamprocessor.cli.rebuild.acknowledged_writer import AcknowledgedWriter, acknowledged_writer
from streamprocessor.cli.rebuild.application import Application
from streamprocessor.cli.rebuild.unread_input import UnreadInput
from streamprocessor.contract.changelog.entry import (
    IDENTITY_KEY,
    TableIdentity,
    decode_identity,
    encode_identity,
    new_incarnation,
)
from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.contract.events.transfers import second_record_message
from streamprocessor.contract.topic_names import (
    BECAME_HOT_LEAD,
    CONTACTS_CHANGELOG,
    DEAD_LETTERS,
    EVIDENCE_TRANSFERS,
    MODELS,
    SCORE_UPDATED,
    SUBSCRIPTIONS,
)
from streamprocessor.errors import NotAllowedError, NotAsItWasError, OperatorError, TopicError
from streamprocessor.kafka.admin.reconcile import apply, end_offsets
from streamprocessor.kafka.partitioner import is_misplaced, partition_of
from streamprocessor.process.clock import now_ms
from streamprocessor.stream.partition.partition import HANDED_OVER

COPIED = (SCORE_UPDATED, BECAME_HOT_LEAD, DEAD_LETTERS)
WHOLE = (MODELS, SUBSCRIPTIONS)


class MovedTable:
    """Moves a table, once."""

    def __init__(self, origin: Application, target: Application, say: Callable[[str], None]) -> None:
        """From the one application to the other; say: told what was done."""
        self._origin, self._target, self._say = origin, target, say
        self._source = BrokerSource(origin.clients)
        self._partitions = next(topic.partitions for topic in target.layout.input_names().values())
        self._counts: Counter[str] = Counter()

    async def move(self, since_ms: int | None) -> None:
        """Write the table and all that belongs to it into new topics, and compare.

        since_ms: from when on old input is brought along; None: what the table has not applied.

        Raises:
            OperatorError: workers run, the new topics are not empty, or offsets don't tell what was applied.
            NotAsItWasError: the new table is not the old one.
        """
        await self._origin.refuse_workers()
        await self._target.refuse_workers()
        former = await self._identity()
        await apply(self._target.clients, self._target.layout)
        await self._refuse_records()
        unread = UnreadInput(self._origin.clients, self._origin.layout, self._origin.group)
        if since_ms is None:
            await unread.refuse_copies(former)
        topics = list(self._target.layout.names())
        async with acknowledged_writer(self._target.clients, topics) as writer:
            identity = await self._move_table(writer, unread)
            for topic in (*WHOLE, *COPIED):
                await self._copy(writer, topic)
            starts = await (unread.after_applied() if since_ms is None else unread.since(since_ms))
            await self._bring_input(writer, unread, starts)
            await writer.flush()
            await self._compare()
            await self._write_identity(writer, identity)
        self._say(
            f"{self._counts['contacts']} contacts moved into {self._partitions} partitions, with "
            f"{self._counts['unread']} records of input that they had not applied"
        )

    async def _refuse_records(self) -> None:
        ends = await end_offsets(self._target.clients, self._target.layout.names())
        filled = sorted({name for (name, _), end in ends.items() if end})
        if filled:
            message = (
                f"topics {', '.join(filled)}: hold records; wanted new topics for a table that is moved: name another "
                "--topic-prefix, or delete them"
            )
            raise OperatorError(message)

    async def _identity(self) -> TableIdentity:
        """What the table says of the topics that it was made from."""
        changelog = self._origin.layout.full_name(CONTACTS_CHANGELOG)
        try:
            places = sorted(await self._source.ends([changelog]))
        except NotAllowedError:
            raise
        except TopicError:  # its sentence says to create it
            places = []
        for topic, number in places:
            async for record in self._source.records(topic, number):
                if record.key == IDENTITY_KEY and record.value is not None:
                    return decode_identity(record.value)
        message = (
            f"{changelog}: no worker ever had it; wanted a table to move, by --from-prefix, --from-app-id and "
            "--from-bootstrap"
        )
        raise OperatorError(message)

    async def _move_table(self, writer: AcknowledgedWriter, unread: UnreadInput) -> TableIdentity:
        """The former table's identity."""
        changelog = self._origin.layout.full_name(CONTACTS_CHANGELOG)
        places = sorted(await self._source.ends([changelog]))
        erased: dict[bytes, bytes] = {}
        identity = TableIdentity("", {})
        for topic, number in places:
            stored = await StoredPartition.read(self._source, topic, number)
            identity = stored.identity or identity
            erased |= stored.erased
            await self._write_contacts(writer, stored, unread, len(places))
        changelog = self._target.layout.full_name(CONTACTS_CHANGELOG)
        for number in range(self._partitions):  # of a pseudonym nobody can tell the partition
            for key, value in erased.items():
                await writer.send((changelog, number), key, value)
        return identity

    async def _write_contacts(
        self, writer: AcknowledgedWriter, stored: StoredPartition, unread: UnreadInput, partitions: int
    ) -> None:
        layout = self._target.layout
        for contact in stored.contacts():
            unread.note_applied(stored.number, contact.record.offsets)
            record = encode_record(contact.record)
            if record == HANDED_OVER:
                continue
            value = contact.value_without_offsets()
            if is_misplaced(contact.key, stored.number, partitions):  # the rest of it lies where it belongs
                message = second_record_message(contact.key, stored.number, encode_record(contact.record))
                await self._send(writer, layout.full_name(EVIDENCE_TRANSFERS), message.key, message.value)
                continue
            await self._send(writer, layout.full_name(CONTACTS_CHANGELOG), contact.key, value)
            self._counts["contacts"] += 1

    async def _write_identity(self, writer: AcknowledgedWriter, former: TableIdentity) -> None:
        """Say in each partition, last, whose table it is: without that no worker takes it for a whole one."""
        ids = await self._target.input_ids()
        changelog = self._target.layout.full_name(CONTACTS_CHANGELOG)
        for number in range(self._partitions):
            identity = msgspec.structs.replace(
                former, incarnation=new_incarnation(), topic_ids=ids, successor=msgspec.UNSET
            )
            await writer.send((changelog, number), IDENTITY_KEY, encode_identity(identity))

    async def _copy(self, writer: AcknowledgedWriter, topic: str) -> None:
        name, old_name = self._target.layout.full_name(topic), self._origin.layout.full_name(topic)
        async for record in records_of(self._origin.clients, old_name):
            if topic == MODELS and record.value is None:
                continue  # a worker asked for the time
            placed = 0 if topic in WHOLE else self._partition_of(record)
            await writer.send((name, placed), record.key, record.value, record.headers)

    async def _bring_input(
        self, writer: AcknowledgedWriter, unread: UnreadInput, starts: dict[tuple[str, int], int]
    ) -> None:
        layout = self._target.layout
        async for topic, record, message in unread.records(starts):
            self._counts["unread"] += 1
            if message is None:
                where = layout.full_name(topic), self._partition_of(record)
                await writer.send(where, record.key, record.value, record.headers)
            else:
                await self._send(writer, layout.full_name(EVIDENCE_TRANSFERS), message.key, message.value)

    async def _send(self, writer: AcknowledgedWriter, topic: str, key: bytes | None, value: bytes | None) -> None:
        await writer.send((topic, partition_of(key or b"", self._partitions)), key, value)

    def _partition_of(self, record: Any) -> int:
        return partition_of(record.key or b"", self._partitions)

    async def _compare(self) -> None:
        at_ms = now_ms()
        target = BrokerSource(self._target.clients)
        old = await table_state(self._source, self._origin.layout, at_ms)
        new = await table_state(target, self._target.layout, at_ms)
        names = ("contacts", "sequences", "owed", "scores")
        differing = differences({name: old[name] for name in names}, new)
        if differing:
            message = "the new table is not the old one:\n" + "\n".join(differing)
            raise NotAsItWasError(message)
