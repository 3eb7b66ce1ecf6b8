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

from streamprocessor.delivery.metrics import Metrics
from streamprocessor.delivery.routes import Routes, _body_of

TOKEN = "token-of-the-tests"
SPELLINGS = (
    *("/api/subscriptions", "/api/subscriptions/", "//api/subscriptions", "/api//subscriptions", "/api/./attempts"),
    *("/livez/../api/undeliverable", "/api/%75ndeliverable", "/api%2fundeliverable", "/API/undeliverable"),
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
    app = Routes(not_here, context, not_here, readiness).application(TOKEN)
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
        await _body_of(Request({"type": "http", "method": "POST"}, receive))

    assert refused.value.status_code == 400
