"""Attempts as they are made, for those who watch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import NamedTuple

MOST_UNSEEN = 1_000


class Attempt(NamedTuple):
    """One attempt and what came of it. result: delivered, failed or undeliverable; number: the first is 1."""

    at_ms: int
    subscription: str
    webhook_id: str
    result: str
    reason: str
    number: int
    age_ms: int


class AttemptStream:
    """Those who watch; one that is too slow misses attempts, and delivery does not wait for it."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Attempt]] = set()

    def tell(self, attempt: Attempt) -> None:
        """Show the attempt to all who watch."""
        for queue in self._queues:
            if not queue.full():
                queue.put_nowait(attempt)

    async def watch(self) -> AsyncGenerator[Attempt, None]:
        """Attempts from now on, without end."""
        queue: asyncio.Queue[Attempt] = asyncio.Queue(MOST_UNSEEN)
        self._queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)
