"""Health while a process starts: it lives, but has not started and is not ready; its own application comes later."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from streamprocessor.process.http.health import health_routes
from streamprocessor.process.http.serving import serving


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
