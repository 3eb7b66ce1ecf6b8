"""Attempts as they are made, for those who watch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import NamedTuple

from streamprocessor.process.lifecycle import first_of

MOST_UNSEEN = 1_000


class Attempt(NamedTuple):
    """One attempt and what came of it.

    at_ms: when it was made.
    result: delivered, failed or undeliverable.
    reason: why it is not delivered, in a word; "" where it is.
    number: of the delivery's attempts; the first is 1.
    age_ms: of the announcement by then.
    """

    at_ms: int
    subscription: str
    webhook_id: str
    result: str
    reason: str
    number: int
    age_ms: int


class AttemptStream:
    """Attempts published to all who watch; one that is too slow misses some, and delivery does not wait for it."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Attempt]] = set()
        self._closed = asyncio.Event()

    def tell(self, attempt: Attempt) -> None:
        """Show the attempt to all who watch."""
        for queue in self._queues:
            if not queue.full():
                queue.put_nowait(attempt)

    async def watch(self) -> AsyncGenerator[Attempt, None]:
        """Attempts from now on, until the stream is closed."""
        queue: asyncio.Queue[Attempt] = asyncio.Queue(MOST_UNSEEN)
        self._queues.add(queue)
        closed = asyncio.ensure_future(self._closed.wait())
        try:
            while not closed.done():
                attempt = asyncio.ensure_future(queue.get())
                await first_of(attempt, closed)
                if attempt.done():
                    yield attempt.result()
                attempt.cancel()
        finally:
            closed.cancel()
            self._queues.discard(queue)

    def close(self) -> None:
        """End the stream for all who watch."""
        self._closed.set()
