"""A batch: the raw records of one input partition, as one fetch brought them."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class RawRecord(Protocol):
    """One record of a fetched Kafka batch, as the client's parser makes it."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


class Batch(NamedTuple):
    """Records of one input topic's partition, in order of offset, never empty."""

    topic_number: int
    records: list[RawRecord]

    @property
    def next_offset(self) -> int:
        """The offset after the last record: what may be committed once it is applied."""
        return self.records[-1].offset + 1


class InputPartition(NamedTuple):
    """A partition of an input topic, by the topic's number."""

    topic_number: int
    partition: int
