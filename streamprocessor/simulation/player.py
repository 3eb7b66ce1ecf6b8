"""Simulated records sent onto the input topics, each at its time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

import orjson

from streamprocessor.contract.topic_names import PAGE_VISIT
from streamprocessor.contract.topics.input_topics import InputTopics
from streamprocessor.simulation.simulation import SimulatedRecord


class RecordSender(Protocol):
    """A sender of records to the input topics."""

    async def send(self, topic: str, key: bytes | None, value: bytes) -> None:
        """Put one record on its way; raises BrokerError where it can't be sent."""


async def play(
    records: Iterable[SimulatedRecord],
    sender: RecordSender,
    topics: InputTopics,
    wait_until: Callable[[int], Awaitable[None]],
    on_sent: Callable[[SimulatedRecord], None],
) -> int:
    """The number of records sent, when there are no more. A record whose time has passed is sent at once.

    wait_until: returns at an instant in epoch milliseconds. Raises BrokerError where a record can't be sent.
    """
    sent = 0
    for record in records:
        await wait_until(record.at_ms)
        key = None if record.contact_id is None else record.contact_id.encode()
        if isinstance(record.value, bytes):
            await sender.send(topics.topic_of_type(PAGE_VISIT).name, key, record.value)
        else:
            await sender.send(topics.topic_of(record.value).name, key, orjson.dumps(record.value))
        sent += 1
        on_sent(record)
    return sent


async def until_wall_clock(at_ms: int) -> None:
    """Return when the machine's clock shows at_ms, at once where it already does."""
    ahead_seconds = at_ms / 1000 - time.time()
    if ahead_seconds > 0:
        await asyncio.sleep(ahead_seconds)
