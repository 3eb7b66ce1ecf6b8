"""The fence: until when this worker may write, known without asking anybody.

The coordinator gives our partitions away at the earliest one session time-out after it last heard of us, so a
time-out after we last sent something that it answered. A micro-batch is stamped before it is computed and may begin
only within LEASE_SHARE of the time-out; the broker refuses a stamp older than STAMP_SHARE of it
(`message.timestamp.before.max.ms`). Together they end before a successor can begin, whatever stops in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from streamprocessor.kafka.admin.reconcile import STAMP_SHARE

LEASE_SHARE = 0.3


class Lease:
    """Whether a micro-batch may begin. Renewed from the consumer's thread, read from the main loop."""

    def __init__(self, session_timeout_ms: int, now_ms: Callable[[], int], loop: asyncio.AbstractEventLoop) -> None:
        self._session_ms = session_timeout_ms
        self._lasts_ms = int(session_timeout_ms * LEASE_SHARE)
        self.stamp_lasts_seconds = session_timeout_ms * STAMP_SHARE / 1000
        self._now_ms = now_ms
        self._loop = loop
        self._heard_ms = 0
        self._renewed = asyncio.Event()

    def renew(self, sent_at_ms: int) -> None:
        """The coordinator answered a request of ours that was sent at sent_at_ms; from any thread."""
        self._loop.call_soon_threadsafe(self._note, sent_at_ms)

    def _note(self, sent_at_ms: int) -> None:
        self._heard_ms = max(self._heard_ms, sent_at_ms)
        self._renewed.set()

    def holds_at(self, instant_ms: int) -> bool:
        """True while a micro-batch stamped instant_ms can't meet a successor's."""
        return instant_ms - self._heard_ms <= self._lasts_ms

    def owns_at(self, instant_ms: int) -> bool:
        """False once the coordinator may have given our partitions to others."""
        return instant_ms - self._heard_ms <= self._session_ms

    async def stamp(self, after_ms: int) -> int:
        """The time to stamp a micro-batch with: now, but later than after_ms, as soon as the lease holds."""
        while True:
            now_ms = self._now_ms()
            if self.holds_at(now_ms):
                return max(now_ms, after_ms + 1)
            self._renewed.clear()
            await self._renewed.wait()
