"""How much each source may send: one token bucket a source, in whole events."""

from __future__ import annotations

from collections.abc import Callable

from streamprocessor.collector.http.wire_format import Refusal

BURST_SECONDS = 2.0


class RateLimit:
    """One bucket a source. rate_per_second: of events, 0 means no limit; clock: seconds that only rise."""

    def __init__(self, rate_per_second: int, clock: Callable[[], float]) -> None:
        self._rate = rate_per_second
        self._capacity = rate_per_second * BURST_SECONDS
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, source: str, events: int) -> None:
        """Take so many events out of the source's bucket, at least one; raises Refusal 429 where it is empty.

        A batch larger than what is left is let in and owed for, so that none is too large to get in ever.
        """
        if not self._rate:
            return
        now_seconds = self._clock()
        level, seen_at_seconds = self._buckets.get(source, (self._capacity, now_seconds))
        level = min(self._capacity, level + (now_seconds - seen_at_seconds) * self._rate)
        if level < 1:
            wait_seconds = max(1, round((1 - level) / self._rate + 0.5))
            message = f"wanted at most {self._rate} events a second; got more; try again in {wait_seconds} s"
            raise Refusal(429, "too-many-requests", message, wait_seconds)
        self._buckets[source] = (level - max(1, events), now_seconds)
