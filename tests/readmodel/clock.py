"""Time for tests that move it."""

from __future__ import annotations


class Clock:
    """A clock in epoch milliseconds that the test moves."""

    def __init__(self, now_ms: int = 1_000_000) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms
