"""The hour of digests: they are made when they are due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from streamprocessor.delivery.dispatch.dispatchers import Dispatchers

LONGEST_PAUSE_SECONDS = 20.0  # subscriptions come and change, and announcements come late


async def send_digests_when_due(
    dispatchers: Dispatchers, clock_ms: Callable[[], int], longest_pause_seconds: float = LONGEST_PAUSE_SECONDS
) -> None:
    """Have digests sent at their instants, for ever; those that came due while delivery was away are sent at once."""
    while True:
        await dispatchers.send_digests()
        due_ms = dispatchers.next_digest_ms()
        pause_seconds = longest_pause_seconds if due_ms is None else (due_ms - clock_ms()) / 1000
        await asyncio.sleep(min(max(pause_seconds, 0.001), longest_pause_seconds))
