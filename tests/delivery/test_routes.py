"""Who is let in to delivery's routes, and what they make of requests that no client finishes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from streamprocessor.delivery.dispatch.circuit_breaker import CircuitBreaker
from streamprocessor.delivery.draft_routes import DraftRoutes
from streamprocessor.delivery.metrics import Metrics
from streamprocessor.delivery.routes import Routes
from streamprocessor.process.http.bodies import body_of

TOKEN = "token-of-the-tests"
SPELLINGS = (
    *("/api/subscriptions", "/api/subscriptions/", "//api/subscriptions", "/api//subscriptions", "/api/./attempts"),
    *("/livez/../api/undeliverable", "/api/%75ndeliverable", "/api%2fundeliverable", "/API/undeliverable"),
    *("/api/preview", "/api/test", "/api/templates", "/api/subscriptions/a/secrets"),
    *("/api/undeliverable;x", "/api/undeliverable%00", "/api/subscriptions/a%2fping", "/api", "/api/"),
)
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get")
CREDENTIALS: tuple[dict[str, str], ...] = (
    {},
    {"authorization": TOKEN},
    {"authorization": f"Basic {TOKEN}"},
    {"authorization": f"bearer {TOKEN}"},
    {"authorization": f"Bearer {TOKEN[:-1]}"},
    {"cookie": f"authorization=Bearer {TOKEN}"},
)


async def test_no_spelling_of_a_path_or_method_gets_by_the_token() -> None:
    not_here: Any = None
    context: Any = SimpleNamespace(store_thread=None, metrics=Metrics())
    readiness: Any = SimpleNamespace(missing=list)
    app = Routes(not_here, context, not_here, readiness, DraftRoutes(not_here, not_here)).application(TOKEN)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://h") as http:
        for headers, path, method in itertools.product(CREDENTIALS, SPELLINGS, METHODS):
            url = httpx.URL("http://h").copy_with(raw_path=f"{path}?token={TOKEN}".encode())
            answer = await http.request(method, url, headers=headers)
            assert answer.status_code in (401, 404, 405, 307), (method, path)


async def test_a_client_that_leaves_within_its_body_is_no_fault_of_ours() -> None:
    messages: Iterator[dict[str, object]] = iter(
        [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    )

    async def receive() -> dict[str, object]:
        return next(messages)

    with pytest.raises(HTTPException) as refused:
        await body_of(Request({"type": "http", "method": "POST"}, receive))

    assert refused.value.status_code == 400


async def test_the_delivery_that_waits_the_longest_tells_how_long_and_none_is_zero() -> None:
    metrics = Metrics()
    waiting: list[Any] = []
    context: Any = SimpleNamespace(store_thread=None, metrics=metrics, clock_ms=lambda: 100_000)
    readiness: Any = SimpleNamespace(missing=list)
    dispatchers: Any = waiting
    app = Routes(dispatchers, context, dispatchers, readiness, DraftRoutes(dispatchers, dispatchers)).application(TOKEN)

    async def oldest_seconds() -> float | None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://h") as http:
            await http.get("/metrics")
        return metrics.registry.get_sample_value("leadscore_webhook_oldest_waiting_seconds")

    waiting += [FakeDispatcher(None), FakeDispatcher(97_500), FakeDispatcher(40_000)]
    assert await oldest_seconds() == 60
    waiting[:] = [FakeDispatcher(None)]
    assert await oldest_seconds() == 0


class FakeDispatcher:
    """What the gauges ask of a dispatcher."""

    def __init__(self, oldest_queued_ms: int | None) -> None:
        self.oldest_queued_ms = oldest_queued_ms
        self.circuit_breaker = CircuitBreaker()

    def __len__(self) -> int:
        return 0 if self.oldest_queued_ms is None else 1
