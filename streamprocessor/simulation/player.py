"""Moves played onto the input topics, each at its time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

import orjson

from streamprocessor.simulation.simulation import Move


class EventSender(Protocol):
    """Takes records on their way to the input topics."""

    async def send(self, topic: str, key: bytes | None, value: bytes) -> None:
        """Put one record on its way; raises BrokerError where it can't be sent."""


async def play(
    moves: Iterable[Move],
    sending: EventSender,
    wait_until: Callable[[int], Awaitable[None]],
    on_sent: Callable[[Move], None],
) -> int:
    """How many moves were sent, when there are no more. A move whose time has passed is sent at once.

    wait_until: returns at an instant in epoch milliseconds. Raises BrokerError where a record can't be sent.
    """
    sent = 0
    for move in moves:
        await wait_until(move.at_ms)
        key = None if move.contact_id is None else move.contact_id.encode()
        value = move.value if isinstance(move.value, bytes) else orjson.dumps(move.value)
        await sending.send(move.topic, key, value)
        sent += 1
        on_sent(move)
    return sent


async def until_wall_clock(at_ms: int) -> None:
    """Returns when the machine's clock shows at_ms, at once where it already does."""
    ahead_seconds = at_ms / 1000 - time.time()
    if ahead_seconds > 0:
        await asyncio.sleep(ahead_seconds)
