"""How hard one endpoint may be pushed: a state machine over the answers it gave, with time passed in."""

from __future__ import annotations

from dataclasses import dataclass, replace

from streamprocessor.delivery.dispatch.retry_schedule import AttemptResult

MOST_AT_ONCE = 32
FAILURES_THAT_OPEN = 8
SHORTEST_PAUSE_MS = 1_000
LONGEST_PAUSE_MS = 300_000


@dataclass(frozen=True, slots=True)
class CircuitBreaker:
    """What is known of an endpoint.

    limit: requests that may be under way at once: halved when it asks to slow down, one more with each success.
    failures: failed attempts since the last success. quiet_until_ms: nothing is sent before it. disabled: it said 410.
    """

    limit: int = MOST_AT_ONCE
    failures: int = 0
    quiet_until_ms: int = 0
    disabled: bool = False

    @property
    def is_open(self) -> bool:
        """True while the circuit is broken: one request at a time finds out whether it is well again."""
        return self.failures >= FAILURES_THAT_OPEN

    def may_send(self, under_way: int, now_ms: int) -> bool:
        """Whether one more request may be begun beside those under way."""
        if self.disabled or now_ms < self.quiet_until_ms:
            return False
        return under_way < (1 if self.is_open else self.limit)

    def after(self, verdict: AttemptResult, retry_after_ms: int, now_ms: int) -> CircuitBreaker:
        """The endpoint after an answer, or after none; once disabled it stays so."""
        if verdict is AttemptResult.GONE:
            return replace(self, disabled=True)
        if verdict is AttemptResult.DELIVERED:
            return replace(self, limit=min(self.limit + 1, MOST_AT_ONCE), failures=0)
        if verdict is AttemptResult.REFUSED:
            return replace(self, failures=0)
        if self.is_open and now_ms < self.quiet_until_ms:  # begun before the circuit broke: one burst breaks it once
            return replace(self, quiet_until_ms=max(self.quiet_until_ms, now_ms + retry_after_ms))
        failures = self.failures + 1
        pause_ms = retry_after_ms if verdict is AttemptResult.SLOW_DOWN else 0
        limit = self.limit
        if verdict is AttemptResult.SLOW_DOWN:
            limit, pause_ms = max(limit // 2, 1), max(pause_ms, SHORTEST_PAUSE_MS)
        if failures >= FAILURES_THAT_OPEN:
            doublings = min(failures - FAILURES_THAT_OPEN, 16)
            pause_ms = max(pause_ms, min(SHORTEST_PAUSE_MS << doublings, LONGEST_PAUSE_MS))
        quiet_until_ms = max(self.quiet_until_ms, now_ms + pause_ms) if pause_ms else self.quiet_until_ms
        return replace(self, limit=limit, failures=failures, quiet_until_ms=quiet_until_ms)
