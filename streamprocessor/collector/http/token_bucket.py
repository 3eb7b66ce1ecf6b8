"""A token bucket: tokens come at a steady rate up to a capacity, and are taken only where they are there."""

from __future__ import annotations


class TokenBucket:
    """Never gives more than `capacity` and `per_second` times the length of any span of time. It begins full."""

    __slots__ = ("_level", "_per_second", "_seen_at_seconds", "capacity")

    def __init__(self, per_second: float, capacity: float, now_seconds: float) -> None:
        self._per_second = per_second
        self.capacity = capacity
        self._level = capacity
        self._seen_at_seconds = now_seconds

    def wait_seconds(self, tokens: int, now_seconds: float) -> float:
        """How long until there are so many tokens: 0.0 where they are there, infinity where they never will be."""
        if tokens > self.capacity:
            return float("inf")
        self._level = min(self.capacity, self._level + (now_seconds - self._seen_at_seconds) * self._per_second)
        self._seen_at_seconds = now_seconds
        return max(0.0, (tokens - self._level) / self._per_second)

    def take(self, tokens: int, now_seconds: float) -> None:
        """Take tokens that are there; ValueError where they are not, for a bucket has no debts."""
        if self.wait_seconds(tokens, now_seconds) > 0:
            message = f"wanted at most the {self._level} tokens that are there; got {tokens}"
            raise ValueError(message)
        self._level -= tokens
