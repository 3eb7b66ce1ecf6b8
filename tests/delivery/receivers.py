"""A receiver of webhooks on this machine, whose answers a test writes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import orjson
from aiohttp import web


class Received(NamedTuple):
    """One request."""

    headers: dict[str, str]
    body: bytes
    at_seconds: float

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def content(self) -> Any:
        return orjson.loads(self.body)


Behaviour = Callable[[web.Request, Received], Awaitable[web.StreamResponse]]


class Receiver:
    """Answers 200 unless told otherwise. got: all requests; taken: those answered with 200, in the order of coming."""

    def __init__(self) -> None:
        self.got: list[Received] = []
        self.taken: list[Received] = []
        self.answer: Behaviour = self.take
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self) -> None:
        app = web.Application(client_max_size=1 << 20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def take(self, _: web.Request, received: Received) -> web.StreamResponse:
        self.taken.append(received)
        return web.Response(text="thanks")

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        received = Received(headers, await request.read(), time.time())
        self.got.append(received)
        return await self.answer(request, received)


async def hang(_: web.Request, __: Received) -> web.StreamResponse:
    await asyncio.sleep(3600)
    raise AssertionError


async def close_half_way(request: web.Request, _: Received) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-length": "1000"})
    await response.prepare(request)
    await response.write(b"half")
    assert request.transport is not None
    request.transport.close()
    return response


def status(code: int, **headers: str) -> Behaviour:
    async def answer(_: web.Request, __: Received) -> web.StreamResponse:
        return web.Response(status=code, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return answer
