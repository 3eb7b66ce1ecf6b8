"""Health while a process starts: it lives, but has not started and is not ready; its own application comes later."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from streamprocessor.process.http.health import health_routes
from streamprocessor.process.http.serving import serving

#: How long a part of a start takes that nobody needs to be told of.
QUIET_SECONDS = 0.5

T = TypeVar("T")


async def with_health_answered(
    work: Coroutine[Any, Any, T], listening: socket.socket, registry: CollectorRegistry, reason: str
) -> T:
    """What the work of a start returns; where it takes longer, health is answered on the socket meanwhile.

    reason: why the process has not started. Raises what the work raises.
    """
    working = asyncio.ensure_future(work)
    try:
        await asyncio.wait([working], timeout=QUIET_SECONDS)
        if not working.done():
            async with health_answered(listening, registry, [reason]):
                await asyncio.wait([working])
        return working.result()
    finally:
        working.cancel()


@asynccontextmanager
async def health_answered(
    listening: socket.socket, registry: CollectorRegistry, reasons: Sequence[str]
) -> AsyncIterator[None]:
    """Answer health and metrics on the socket while the block runs, and 503 to all else.

    reasons: why the process has not started; read at each question. The socket stays open for whoever serves next.
    """

    async def not_yet(_: Request, __: Exception) -> Response:
        return PlainTextResponse("starting\n", 503, {"retry-after": "5"})

    app = Starlette(routes=health_routes(registry, lambda: reasons), exception_handlers={404: not_yet})
    app.router.redirect_slashes = False
    async with serving(app, listening.dup()):
        yield
