"""The clocks are compared again and again; a comparison that fails changes nothing."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from streamprocessor.errors import BrokerAwayError
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.stream import clock_skew
from streamprocessor.stream.clock_skew import disagreement, follow_clock_skew


async def test_each_measure_is_told_and_one_that_fails_leaves_the_last(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(clock_skew, "MEASURE_EVERY_SECONDS", 0)
    measures: list[int | None] = [250, None, -3_000]
    told, is_over = list[float](), asyncio.Event()

    async def measured_ms() -> int:
        if not measures:
            is_over.set()
            await asyncio.Event().wait()
        skew_ms = measures.pop(0)
        if skew_ms is None:
            message = "Kafka is away"
            raise BrokerAwayError(message)
        return skew_ms

    following = asyncio.ensure_future(follow_clock_skew(measured_ms, told.append, 2.0))
    async with asyncio.timeout(5):
        await is_over.wait()
    following.cancel()

    assert told == [0.25, -3.0]
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]
    assert "the broker's is -3000 ms off ours; wanted at most 2000 ms" in caplog.text


@pytest.mark.parametrize("waits_ms", [[10.0], [250.0, 10.0], [8_000.0, 600.0, 8_000.0, 10.0]])
async def test_a_broker_that_stalls_meanwhile_is_not_taken_for_a_clock_that_is_wrong(
    waits_ms: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock_ms = 1_000_000.0

    class Broker:
        """Its clock is 40 ms ahead of ours; records wait so long to be acknowledged."""

        def __init__(self, **_: Any) -> None:
            self._waits_ms = iter(waits_ms)

        async def start(self) -> None: ...

        async def stop(self) -> None: ...

        async def send_and_wait(self, *_: Any, **__: Any) -> Any:
            nonlocal clock_ms
            wait_ms = next(self._waits_ms)
            appended_ms = clock_ms + min(wait_ms / 2, 5)
            clock_ms += wait_ms
            return SimpleNamespace(timestamp=int(appended_ms + 40))

    monkeypatch.setattr(clock_skew, "AIOKafkaProducer", Broker)
    monkeypatch.setattr(clock_skew, "time", SimpleNamespace(time=lambda: clock_ms / 1000))

    assert await clock_skew.clock_skew_ms(ClientSettings("localhost:1"), "models") == 40
    assert clock_ms - 1_000_000 == sum(waits_ms)  # no more records than are needed


@pytest.mark.parametrize(("skew_ms", "is_fine"), [(0, True), (2_000, True), (-2_000, True), (2_001, False)])
def test_clocks_agree_within_what_the_setting_allows(skew_ms: int, is_fine: bool) -> None:
    assert (disagreement(skew_ms, 2.0) is None) is is_fine
