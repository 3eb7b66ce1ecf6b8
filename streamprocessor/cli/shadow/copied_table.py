"""A table copied while its workers go on, for a candidate that is to score on from where each contact is.

The inputs are the same topics under both applications, so what a contact's record says of them stays true. Messages
between contacts have a topic of their own in each: those that wait at the live one's end are copied, too. Some of them
may have left after their sender was copied, and the shadow's sender sends them once more: they say which state of their
sender they are, so the second one changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from streamprocessor.cli.kafka.broker_source import BrokerSource
from streamprocessor.cli.kafka.stored_partition import StoredPartition, TableContact
from streamprocessor.cli.kafka.topic_reader import records_of
from streamprocessor.cli.rebuild.acknowledged_writer import AcknowledgedWriter, acknowledged_writer
from streamprocessor.cli.shadow.shadow_application import ShadowApplication
from streamprocessor.contract.changelog.entry import IDENTITY_KEY, encode_entry, encode_identity, new_incarnation
from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.model_file.revisions import (
    ModelRevision,
    encode_revision,
    new_key,
    newest_of,
    revision_after,
)
from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG, EVIDENCE_TRANSFERS, MODELS
from streamprocessor.contract.topics.topics import topic_named
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.admin.consumer_group import committed_offsets
from streamprocessor.kafka.admin.reconcile import apply, end_offsets
from streamprocessor.process.clock import now_ms
from streamprocessor.scoring.record.record import topic_number_of
from streamprocessor.stream.partition.partition import HANDED_OVER

_APPLIED = dict[bytes, int]


class CopiedTable:
    """Makes the table of a shadow."""

    def __init__(self, application: ShadowApplication, say: Callable[[str], None]) -> None:
        """say: told what was done."""
        self._live, self._own, self._say = application.live, application.own, say
        self._transfers_number = topic_named(self._live.layout.topics, EVIDENCE_TRANSFERS).number or 0
        self._changelog = self._own.layout.full_name(CONTACTS_CHANGELOG)
        self._transfers = self._own.layout.full_name(EVIDENCE_TRANSFERS)
        self._contacts = 0

    async def copy(self, text: str) -> ModelRevision:
        """The candidate of this text, in force in the shadow's application, whose table is the live one as it is.

        The candidate is written last: without it there is no whole table.

        Raises OperatorError where the live application has no table, or no model.
        """
        await apply(self._own.clients, self._own.layout)
        names = [self._changelog, self._transfers, self._own.layout.full_name(MODELS)]
        async with acknowledged_writer(self._own.clients, names) as writer:
            # What is committed is in the table: read before it, it is a place from which nothing is missed.
            committed = await committed_offsets(self._live.clients, self._live.group)
            applied = await self._copy_contacts(writer)
            await self._copy_transfers(writer, committed, applied)
            await writer.flush()
            inputs = self._live.layout.input_names()
            await self._own.commit({place: offset for place, offset in committed.items() if place[0] in inputs})
            candidate = await self._put_in_force(writer, text)
        self._say(f"{self._contacts} contacts copied as they are; {candidate.name} is scored on from there")
        return candidate

    async def _copy_contacts(self, writer: AcknowledgedWriter) -> dict[int, _APPLIED]:
        """Up to which message each contact had taken over what others told it, by partition."""
        source, topic = BrokerSource(self._live.clients), self._live.layout.full_name(CONTACTS_CHANGELOG)
        ids = await self._own.input_ids()
        found: dict[int, _APPLIED] = {}
        for _, number in sorted(await source.ends([topic])):
            stored = await StoredPartition.read(source, topic, number)
            if stored.identity is None:
                message = f"{topic}[{number}]: no worker ever had it; wanted a table to begin with: start the workers"
                raise OperatorError(message)
            found[number] = await self._write_partition(writer, stored)
            identity = msgspec.structs.replace(stored.identity, incarnation=new_incarnation(), topic_ids=ids)
            await writer.send((self._changelog, number), IDENTITY_KEY, encode_identity(identity))
        return found

    async def _write_partition(self, writer: AcknowledgedWriter, stored: StoredPartition) -> _APPLIED:
        place = (self._changelog, stored.number)
        for key, value in stored.erased.items():
            await writer.send(place, key, value)
        applied: _APPLIED = {}
        for contact in stored.contacts():
            offset = contact.record.offsets.get(self._transfers_number)
            if offset is not None:
                applied[contact.key] = offset
            copied = self._value_of(contact)
            if copied is not None:
                await writer.send(place, contact.key, copied)
                self._contacts += 1
        return applied

    def _value_of(self, contact: TableContact) -> bytes | None:
        """The contact's value in the shadow's table; None: it was handed over to another partition.

        Announcements that it owes are the live one's; messages to other contacts are sent in the shadow, too.
        """
        record = contact.record
        if encode_record(record) == HANDED_OVER:
            return None
        record.offsets = {
            number: offset
            for number, offset in record.offsets.items()
            if topic_number_of(number) != self._transfers_number
        }
        owed = [message for message in contact.owed if message.topic == EVIDENCE_TRANSFERS]
        return encode_entry(encode_record(record), contact.order if owed else 0, owed)

    async def _copy_transfers(
        self, writer: AcknowledgedWriter, committed: Mapping[tuple[str, int], int], applied: Mapping[int, _APPLIED]
    ) -> None:
        topic = self._live.layout.full_name(EVIDENCE_TRANSFERS)
        for place, end in (await end_offsets(self._live.clients, [topic])).items():
            number, known = place[1], applied.get(place[1], {})
            if committed.get(place, 0) >= end:
                continue
            async for record in records_of(self._live.clients, topic, [number]):
                is_waiting = record.offset >= committed.get(place, 0) and record.offset > known.get(record.key, -1)
                if is_waiting:
                    await writer.send((self._transfers, number), record.key, record.value, record.headers)

    async def _put_in_force(self, writer: AcknowledgedWriter, text: str) -> ModelRevision:
        """Write the candidate as the revision after the one in force, under which contacts were copied."""
        topic = self._live.layout.full_name(MODELS)
        before = newest_of([record async for record in records_of(self._live.clients, topic)])
        if before is None:
            message = f"{topic}: holds no model; wanted one in force: run `streamprocessor model apply` first"
            raise OperatorError(message)
        candidate = msgspec.structs.replace(
            revision_after(before, parse_model(text, "the candidate"), text, now_ms()), origin="shadow"
        )
        place = (self._own.layout.full_name(MODELS), 0)
        await writer.send(place, new_key(candidate), encode_revision(candidate))
        return candidate
