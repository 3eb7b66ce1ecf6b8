"""One partition of a table as its changelog has it, without a worker."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple, Self

from streamprocessor.cli.kafka.topic_source import TopicSource
from streamprocessor.contract.changelog.entry import (
    EPOCH_KEY,
    ERASED_PREFIX,
    IDENTITY_KEY,
    MARKER_KEY,
    RESERVED,
    TableIdentity,
    decode_entry,
    decode_epoch,
    decode_identity,
    encode_entry,
    microbatch_of,
)
from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.scoring.record.record import Record, topic_number_of


class TableContact(NamedTuple):
    """A contact of the table.

    owed: its value carries announcements that may not be acknowledged yet; `order` is their place among the others'.
    """

    key: bytes
    record: Record
    owed: list[Any]
    order: int

    def value_without_offsets(self) -> bytes:
        """The changelog value without what the record says of input topics, as the first of another table."""
        self.record.offsets.clear()
        return encode_entry(encode_record(self.record), self.order, self.owed)


class StoredPartition:
    """A partition's newest values; the whole of it is held in memory."""

    def __init__(self, number: int) -> None:
        """Nothing is known of it yet; `values` are its newest ones by key."""
        self.number = number
        self.values: dict[bytes, bytes] = {}

    @classmethod
    async def read(cls, source: TopicSource, changelog: str, number: int) -> Self:
        """The partition of that number as the source has it. changelog: its full name."""
        stored = cls(number)
        async for record in source.records(changelog, number):
            stored.add(record)
        return stored

    def add(self, record: Any) -> None:
        """Take over the next record of the changelog."""
        if record.value is None:
            self.values.pop(record.key, None)
        elif record.key is not None:
            self.values[record.key] = record.value

    @property
    def identity(self) -> TableIdentity | None:
        """The table's identity; None: no worker has had the partition yet."""
        value = self.values.get(IDENTITY_KEY)
        return None if value is None else decode_identity(value)

    @property
    def erased(self) -> dict[bytes, bytes]:
        """Keys and values of those that were erased."""
        return {key: value for key, value in self.values.items() if key.startswith(ERASED_PREFIX)}

    def contacts(self) -> Iterator[TableContact]:
        """The contacts."""
        marker = self.values.get(MARKER_KEY)
        marked = 0 if marker is None else microbatch_of(marker)
        for key, value in self.values.items():
            if not key.startswith(RESERVED):
                entry = decode_entry(value)
                order = max(0, entry.microbatch - marked)
                yield TableContact(key, decode_record(entry.record), entry.owed if order else [], order)

    def corrected(self, renewed: Collection[int], ends: Mapping[int, int]) -> Iterator[tuple[bytes, bytes]]:
        """Keys and values of the contacts that know more of an input topic than there is.

        renewed: numbers of topics that were made anew: nothing is known of those. ends: of this partition of the
        others, by their numbers: no more is known than up to there.
        """
        epoch = self.values.get(EPOCH_KEY)
        after = 0 if epoch is None else decode_epoch(epoch).last_before + 1  # what is numbered lower would be too late
        for key, value in self.values.items():
            if not key.startswith(RESERVED):
                entry = decode_entry(value)
                record = decode_record(entry.record)
                offsets = {
                    each: min(offset, ends.get(each, offset + 1) - 1)
                    for each, offset in record.offsets.items()
                    if topic_number_of(each) not in renewed
                }
                if offsets != record.offsets:
                    record.offsets = offsets
                    yield key, encode_entry(encode_record(record), max(entry.microbatch, after), entry.owed)
