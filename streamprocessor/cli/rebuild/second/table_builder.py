"""Contacts made of input topics by the worker's own micro-batches, which announce nothing to anybody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from streamprocessor.contract.changelog.record_codec import decode_record
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.transfers import Decode
from streamprocessor.contract.messages.announcements import Announcer, AnnouncerIdentity
from streamprocessor.contract.messages.message import Message
from streamprocessor.contract.topic_names import EVIDENCE_TRANSFERS
from streamprocessor.kafka.partitioner import partition_of
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.stream.partition.batch import Batch, Item
from streamprocessor.stream.partition.hot_stages import HotStages
from streamprocessor.stream.partition.microbatch import MicrobatchContext, score_batches

_AT_ONCE = 2_000


class _Transfer(NamedTuple):
    """A message between contacts, as the record that it would be."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """What a table is made by.

    scorer: of the model in force.
    decoders, full_names: of the input topics, by their numbers; transfers_number: that of messages between contacts.
    partitions: how many the inputs have.
    contact_ids: makes the contacts of mail addresses.
    pseudonym: of an erased contact's key.
    """

    scorer: Scorer
    decoders: Mapping[int, Decode]
    full_names: Mapping[int, str]
    transfers_number: int
    partitions: int
    contact_ids: ContactIds
    pseudonym: Callable[[bytes], bytes]


class TableBuilder:
    """A table in the making, in memory.

    records: encoded, by partition number and contact key.
    erased: the instants of erasures in epoch milliseconds, by pseudonym.
    changed: keys of contacts that changed, of which nobody asked yet.
    """

    def __init__(self, plan: BuildPlan, erased: Mapping[bytes, int]) -> None:
        """Begin with nothing but those that are known to be erased."""
        self._plan = plan
        self.erased = dict(erased)
        self.records: list[dict[bytes, bytes]] = [{} for _ in range(plan.partitions)]
        self.changed: set[bytes] = set()
        self._hot_stages = HotStages(plan.scorer.model)
        self._announcer = Announcer(AnnouncerIdentity("", "", "", ""))
        self._transfers: list[list[_Transfer]] = [[] for _ in range(plan.partitions)]
        self._sent = 0

    def take_changed(self) -> set[bytes]:
        """The keys that changed since this was asked last."""
        changed, self.changed = self.changed, set()
        return changed

    def add(self, number: int, items: Sequence[Item]) -> None:
        """Apply these records of the inputs' partition of that number, in their order."""
        for first in range(0, len(items), _AT_ONCE):
            self._apply(number, items[first : first + _AT_ONCE])

    def settle(self) -> None:
        """Deliver the messages between contacts, and those that follow from them."""
        while any(self._transfers):
            for number, transfers in enumerate(self._transfers):
                self._transfers[number] = []
                self.add(number, [(self._plan.transfers_number, transfer) for transfer in transfers])

    def reading_of(self, key: bytes) -> Record | None:
        """The contact's record, but for messages, which came by no topic; None: the inputs hold nothing of it."""
        encoded = self.records[partition_of(key, self._plan.partitions)].get(key)
        if encoded is None:
            return None
        record = decode_record(encoded)
        record.offsets.pop(self._plan.transfers_number, None)
        return record

    def _apply(self, number: int, items: Sequence[Item]) -> None:
        records = self.records[number]
        result = score_batches(self._context(number), records, list(_batches(items)))
        at_ms = max(record.timestamp for _, record in items)
        for change in result.changes:
            self.changed.add(change.key)
            if change.erased_ms is not None:
                self.erased[self._plan.pseudonym(change.key)] = change.erased_ms
            if change.is_nothing_left:
                records.pop(change.key, None)
            else:
                records[change.key] = change.record
            self._send(change.owed, at_ms)
        self._send(result.handed_over, at_ms)

    def _send(self, messages: Iterable[Message], at_ms: int) -> None:
        """Keep messages between contacts for their next turn; all others go nowhere."""
        for topic, key, value, headers in messages:
            if topic == EVIDENCE_TRANSFERS:
                number = partition_of(key or b"", self._plan.partitions)
                self._transfers[number].append(_Transfer(self._sent, at_ms, key, value, list(headers)))
                self._sent += 1

    def _context(self, number: int) -> MicrobatchContext:
        plan = self._plan
        return MicrobatchContext(
            scorer=plan.scorer,
            hot_stages=self._hot_stages,
            announcer=self._announcer,
            decoders=plan.decoders,
            full_names=plan.full_names,
            partition=number,
            partition_of=lambda key: partition_of(key, plan.partitions),
            misplaced=(),
            erased_at_ms_of=lambda key: self.erased.get(plan.pseudonym(key), 0) if self.erased else 0,
            contact_ids=plan.contact_ids,
        )


def _batches(items: Sequence[Item]) -> Iterable[Batch]:
    """The records in their order, those of one topic that follow each other together."""
    batch: list[Any] = []
    number = -1
    for number_of_item, record in items:
        if batch and number_of_item != number:
            yield Batch(number, batch)
            batch = []
        number = number_of_item
        batch.append(record)
    if batch:
        yield Batch(number, batch)
