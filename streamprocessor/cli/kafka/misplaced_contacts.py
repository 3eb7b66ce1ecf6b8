"""Contacts that the changelog keeps in partitions where they do not belong, where other clients put them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from streamprocessor.cli.kafka.topic_reader import records_of
from streamprocessor.contract.changelog.entry import RESERVED
from streamprocessor.kafka.admin.reconcile import end_offsets
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.partitioner import is_misplaced

_LOOK_AGAIN_SECONDS = 1.0


async def misplaced_contacts(clients: ClientSettings, changelog: str) -> set[tuple[int, bytes]]:
    """(partition, key) of each contact that is kept where it does not belong.

    Raises TopicError where the changelog is missing, BrokerError where Kafka goes away.
    """
    partitions = len(await end_offsets(clients, [changelog]))
    places: set[tuple[int, bytes]] = set()
    async for record in records_of(clients, changelog):
        key = record.key
        if not key or key.startswith(RESERVED) or not is_misplaced(key, record.partition, partitions):
            continue
        if record.value is None:
            places.discard((record.partition, key))
        else:
            places.add((record.partition, key))
    return places


async def until_none_is_misplaced(
    clients: ClientSettings, changelog: str, wait_seconds: float, on_left: Callable[[int], None]
) -> int:
    """How many contacts are still kept where they do not belong, after workers had so long to bring them together.

    on_left: called with their number, each time that it was looked at.
    """
    deadline_seconds = time.monotonic() + wait_seconds
    while True:
        left = len(await misplaced_contacts(clients, changelog))
        on_left(left)
        if not left or time.monotonic() >= deadline_seconds:
            return left
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
