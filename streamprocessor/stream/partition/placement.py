"""Contacts that do not belong to the partition that their records came to: what of them goes to where they do."""

from __future__ import annotations

from collections.abc import Iterable

from streamprocessor.contract.events.transfers import MisplacedRecord, misplaced_message, second_record_message
from streamprocessor.contract.messages.announcements import tombstone
from streamprocessor.contract.messages.message import Message
from streamprocessor.contract.messages.traces import traced_like
from streamprocessor.stream.partition.batch import RawRecord
from streamprocessor.stream.partition.partition import HANDED_OVER, Change


def misplaced_messages(partition: int, items: Iterable[tuple[int, RawRecord]]) -> list[Message]:
    """The messages that bring records of this partition, with the numbers of their topics, to where they belong."""
    return [
        traced_like(
            misplaced_message(
                MisplacedRecord(number, partition, raw.offset, raw.timestamp, raw.key, raw.value, list(raw.headers))
            ),
            raw.headers,
        )
        for number, raw in items
    ]


def handed_over(partition: int, key: bytes, stored: bytes, items: Iterable[tuple[int, RawRecord]] = ()) -> Change:
    """The change by which a stored contact leaves this partition; what it owes brings it to where it belongs.

    items: its records that came since, with the numbers of their topics; they go after it.
    """
    owed = misplaced_messages(partition, items)
    if stored != HANDED_OVER:
        owed = [tombstone(key.decode()), second_record_message(key, partition, stored), *owed]
    return Change(key, HANDED_OVER, None, owed, hot=(), is_nothing_left=True)
