"""Partitions read up to an end that was asked for before, outside of any consumer group."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from aiokafka import TopicPartition

POLL_MS = 500


async def read_to(
    consumer: Any, ends: Mapping[TopicPartition, int], poll_ms: int = POLL_MS
) -> AsyncIterator[Mapping[TopicPartition, list[Any]]]:
    """What each fetch brings of these partitions, in order within each, until each was read to its end.

    The consumer stands where each is to be read from. A fetch may bring nothing, and the last records after an end.
    What compaction removed at an end leaves no record behind, only the consumer's position says that it was read.
    """
    left = [where for where, end in ends.items() if await consumer.position(where) < end]
    while left:
        yield await consumer.getmany(*left, timeout_ms=poll_ms)
        left = [where for where in left if await consumer.position(where) < ends[where]]
