"""The rate limit of an import, on a clock of the test."""

from __future__ import annotations

from streamprocessor.imports.progress.rate_limit import RateLimit


class SleptClock:
    """A clock that only sleeping, and the test, move on."""

    def __init__(self) -> None:
        self.now_seconds = 100.0

    async def sleep(self, seconds: float) -> None:
        self.now_seconds += seconds


async def test_rows_wait_until_those_before_them_had_their_time() -> None:
    clock = SleptClock()
    limit = RateLimit(500, lambda: clock.now_seconds, clock.sleep)
    begun_at = []
    for rows in (1_000, 250, 1_000, 1):
        await limit.take(rows)
        begun_at.append(clock.now_seconds - 100)
    assert begun_at == [0, 2, 2.5, 4.5]


async def test_who_is_slower_than_the_limit_waits_for_nothing_but_the_limit() -> None:
    clock = SleptClock()
    limit = RateLimit(500, lambda: clock.now_seconds, clock.sleep)
    await limit.take(1_000)
    clock.now_seconds += 60
    for _ in range(2):
        await limit.take(1_000)
    assert clock.now_seconds == 162, "and makes up for nothing at once afterwards"
