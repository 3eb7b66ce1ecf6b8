"""An import held back, so that live events do not wait behind its rows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable


class RateLimit:
    """At most so many rows a second, evenly, from the first one on."""

    def __init__(
        self,
        rows_per_second: float,
        clock_seconds: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Begin with the first row that is sent; clock and sleep are real unless a test gives others."""
        self._rows_per_second = rows_per_second
        self._clock_seconds, self._sleep = clock_seconds, sleep
        self._due_at_seconds: float | None = None

    async def take(self, rows: int) -> None:
        """Return once those before these rows have had their time; what was slower than that is not made up for."""
        now_seconds = self._clock_seconds()
        due_at_seconds = max(now_seconds, self._due_at_seconds or now_seconds)
        self._due_at_seconds = due_at_seconds + rows / self._rows_per_second
        if due_at_seconds > now_seconds:
            await self._sleep(due_at_seconds - now_seconds)
