"""A batch: the raw records of one input partition, as one fetch brought them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol


class RawRecord(Protocol):
    """One record of a fetched Kafka batch, as the client's parser makes it."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""

    @property
    def timestamp(self) -> int:
        """When the broker took it, in epoch milliseconds."""

    @property
    def key(self) -> bytes | None:
        """The contact's id; None: the sender gave none."""

    @property
    def value(self) -> bytes | None:
        """What was sent; None: a tombstone."""

    @property
    def headers(self) -> list[tuple[str, bytes | None]]:
        """Names and values, in their order."""


class Batch(NamedTuple):
    """Records of one input topic's partition, in order of offset, never empty."""

    topic_number: int
    records: list[RawRecord]

    @property
    def next_offset(self) -> int:
        """The offset after the last record: what may be committed once it is applied."""
        return self.records[-1].offset + 1

    def pieces(self, most_records: int) -> Iterator[Batch]:
        """The batch in parts of at most so many records."""
        for first in range(0, len(self.records), most_records):
            yield Batch(self.topic_number, self.records[first : first + most_records])


#: A record with the number of its topic.
Item = tuple[int, RawRecord]


def by_contact(batches: Sequence[Batch]) -> list[tuple[bytes | None, list[Item]]]:
    """The records of each key, in their order."""
    items_by_key: dict[bytes | None, list[Item]] = {}
    for number, raws in batches:
        for raw in raws:
            key = raw.key
            if key in items_by_key:
                items_by_key[key].append((number, raw))
            else:
                items_by_key[key] = [(number, raw)]
    return list(items_by_key.items())


class QueuedBatch(NamedTuple):
    """A batch, and what to call once its micro-batch is acknowledged; None: more of the same fetch follows."""

    batch: Batch
    acknowledge: Callable[[], object] | None


class InputPartition(NamedTuple):
    """A partition of an input topic, by the topic's number."""

    topic_number: int
    partition: int
