"""Tokens of a token endpoint."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

import pytest
from aiohttp import web

from streamprocessor.kafka.login.client_credentials import ClientCredentials
from streamprocessor.kafka.login.token_error import TokenError
from streamprocessor.process.ports import any_free

Handler = Callable[[web.Request], Coroutine[None, None, web.StreamResponse]]


@asynccontextmanager
async def _endpoint(handler: Handler) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_post("/token", handler)
    runner = web.AppRunner(application)
    await runner.setup()
    port = any_free()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}/token"
    finally:
        await runner.cleanup()


async def test_the_grant_is_asked_for_as_rfc_6749_says() -> None:
    asked: list[tuple[str, dict[str, list[str]]]] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.headers["Authorization"], parse_qs(await request.text())))
        return web.json_response({"access_token": "abc", "token_type": "Bearer", "expires_in": 300})

    async with _endpoint(answer) as url:
        token = await ClientCredentials(url, "worker", "pass:word+ü", "kafka").fetch()
        await ClientCredentials(url, "worker", "x", "").fetch()

    assert (token.value, token.expires_at_seconds - token.asked_at_seconds) == ("abc", 300)
    login = "Basic " + base64.b64encode(b"worker:pass%3Aword%2B%C3%BC").decode()
    assert asked[0] == (login, {"grant_type": ["client_credentials"], "scope": ["kafka"]})
    assert asked[1][1] == {"grant_type": ["client_credentials"]}


async def test_a_token_that_comes_in_pieces_is_read_whole() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in (b'{"access_token": "a', b'bc"}'):
            await response.write(piece)
            await asyncio.sleep(0.05)  # each piece is a packet of its own
        return response

    async with _endpoint(answer) as url:
        assert (await ClientCredentials(url, "worker", "x", "").fetch()).value == "abc"


@pytest.mark.parametrize(
    ("status", "body", "words", "is_transient"),
    [
        (401, '{"error": "invalid_client"}', "got 401 .*invalid_client.*: check STREAMPROCESSOR_SASL_TOKEN_URL", False),
        (302, "", "got 302: check", False),
        (200, "<html>", "got 6 bytes that are no token", False),
        (200, "{}", "got JSON without an access_token", False),
        (429, "later", "got 429 later", True),
        (503, "x" * 100_000, f"got 503 {'x' * 200}:", True),
    ],
)
async def test_an_endpoint_that_gives_none_is_named_with_its_answer(
    status: int, body: str, words: str, is_transient: bool
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body, headers={"Location": "/elsewhere"} if status == 302 else None)

    async with _endpoint(answer) as url:
        with pytest.raises(TokenError) as raised:
            await ClientCredentials(url, "worker", "pass-word", "").fetch()

    assert raised.value.sentence.startswith(f"{url} gives no token: wanted 200")
    assert re.search(words, raised.value.sentence), raised.value.sentence
    assert raised.value.is_transient is is_transient
    assert "pass-word" not in raised.value.sentence


async def test_an_endpoint_that_is_away_may_come_back() -> None:
    with pytest.raises(TokenError, match=r"Cannot connect to host 127\.0\.0\.1") as raised:
        await ClientCredentials(f"http://127.0.0.1:{any_free()}/token", "worker", "x", "").fetch()

    assert raised.value.is_transient
