"""Evidence made complete: retained events read again, and sent to workers where evidence lacks something of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from streamprocessor.cli.kafka.broker_source import BrokerSource
from streamprocessor.cli.kafka.stored_partition import StoredPartition
from streamprocessor.cli.model.retained.input import Extent, RetainedInput, event_topics, retained_since_ms, topics_with
from streamprocessor.cli.model.retained.inventory import Inventory, StoredRecords
from streamprocessor.cli.model.retained.sending import RetainedSender
from streamprocessor.contract.changelog.entry import RESERVED, decode_entry
from streamprocessor.contract.events.events import value_decoder_for
from streamprocessor.contract.events.transfers import MisplacedRecord, RetainedRecord, retained_events
from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG
from streamprocessor.contract.topics.topics import Topic
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.kafka.connection import client_settings
from streamprocessor.kafka.partitioner import partition_of
from streamprocessor.process.clock import now_ms
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.record.facts import RetainedEvent
from streamprocessor.settings import Settings

MOST_HELD = 20_000
"""Records to send are held so long, to come contact by contact: each contact's score is made anew once."""


class Reading(NamedTuple):
    """What was read again.

    extents: what the input topics held, by short name and partition.
    seconds: how long it took.
    """

    inventory: Inventory
    extents: Mapping[tuple[str, int], Extent]
    seconds: float


class RetainedReading:
    """Reads what is retained against what evidence has, a partition after the other."""

    def __init__(self, settings: Settings, model: Model, contacts: Collection[str] = ()) -> None:
        """Look at what this model asks for, which may not be in force yet. contacts: of these alone; empty: of all."""
        self._clients, self._layout = client_settings(settings), layout_of(settings)
        self._model = model
        self._contacts = {contact.encode() for contact in contacts}
        self._input = RetainedInput(self._clients, self._layout)
        self._decoders = {
            topic.number: value_decoder_for(topic) for topic in event_topics(self._layout) if topic.number is not None
        }

    @property
    def topics(self) -> list[Topic]:
        """The topics that may hold events of which evidence lacks something."""
        return topics_with(self._layout, self._model.covered_since_ms)

    async def extents(self) -> dict[tuple[str, int], Extent]:
        """What those topics hold."""
        return await self._input.extents(self.topics)

    async def read(self, sender: RetainedSender | None, one_more: Callable[[], None] = lambda: None) -> Reading:
        """Read all of it, and send what brings evidence more; sender None: only count.

        one_more: called for each partition.
        """
        began_seconds = time.monotonic()
        extents, inventory = await self.extents(), Inventory(self._model)
        source, changelog = BrokerSource(self._clients), self._layout.full_name(CONTACTS_CHANGELOG)
        numbers = sorted({number for _, number in extents})
        for number in numbers:
            stored = await StoredPartition.read(source, changelog, number)
            values = {
                key: decode_entry(value).record for key, value in stored.values.items() if not key.startswith(RESERVED)
            }
            records = StoredRecords(values)
            held: dict[bytes, list[RetainedRecord]] = {}
            count = 0
            for topic in self.topics:
                extent = extents.get((topic.name, number))
                if extent is None:
                    continue
                async for raw in self._input.records(topic.name, number, extent):
                    for retained in self._wanted(topic, raw, inventory, records, len(numbers)):
                        held.setdefault(retained.record.key or b"", []).append(retained)
                        count += 1
                    if count >= MOST_HELD:
                        await _send(sender, held)
                        count = 0
            await _send(sender, held)
            one_more()
        return Reading(inventory, extents, time.monotonic() - began_seconds)

    def _wanted(
        self, topic: Topic, raw: Any, inventory: Inventory, records: StoredRecords, partitions: int
    ) -> list[RetainedRecord]:
        """The record, where workers are to look at it again."""
        key = raw.key
        if not key or topic.number is None or (self._contacts and key not in self._contacts):
            return []
        where = (topic.number, raw.partition, raw.offset, raw.timestamp)
        record = MisplacedRecord(*where, key, raw.value, list(raw.headers))
        try:
            events = retained_events(record, self._decoders, raw.timestamp)
        except UnicodeDecodeError:  # its key names nobody
            return []
        for fact in events:
            if not isinstance(fact, RetainedEvent) or not inventory.is_missing(fact):
                continue
            if partition_of(key, partitions) != raw.partition:
                inventory.elsewhere += 1
                return [RetainedRecord(self._model.revision, record)]
            if inventory.brings_more(records.of(key), fact):
                return [RetainedRecord(self._model.revision, record)]
        return []


def covered_after(model: Model, reading: Reading, topics_of: Callable[[str], list[Topic]]) -> dict[str, dict[str, int]]:
    """The model's covered_since_ms when all that was read again is applied. topics_of: where events of a type are."""
    covered: dict[str, dict[str, int]] = {}
    for type_, paths in model.covered_since_ms.items():
        retained_ms = retained_since_ms(reading.extents, topics_of(type_))
        for path, since_ms in paths.items():
            after_ms = since_ms if retained_ms is None else min(since_ms, retained_ms)
            if after_ms:
                covered.setdefault(type_, {})[path] = after_ms
    return covered


async def until_kept(model: Model) -> None:
    """Return when all workers keep what the model asks for: what arrives from then on has not to be read again."""
    since_ms = max((at for paths in model.covered_since_ms.values() for at in paths.values()), default=0)
    await asyncio.sleep(max(0, since_ms - now_ms()) / 1_000)


async def _send(sender: RetainedSender | None, held: dict[bytes, list[RetainedRecord]]) -> None:
    if sender is not None and held:
        await sender.send([record for of_contact in held.values() for record in of_contact])
    held.clear()
