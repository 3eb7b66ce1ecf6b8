"""The collector as one ASGI application: the formats' paths, health, metrics, and what describes the native part."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from streamprocessor.collector.http.handler import CollectorContext, FormatHandler
from streamprocessor.collector.http.wire_format import WireFormat
from streamprocessor.errors import OperatorError
from streamprocessor.process.http.health import health_routes, status_route


def application(
    formats: Iterable[WireFormat],
    context: CollectorContext,
    not_ready: Callable[[], list[str]],
    description: dict[str, Any],
) -> ASGIApp:
    """The application.

    not_ready: why nothing can be accepted at the moment, empty where it can.
    description: of the native format, for /openapi.json.
    """
    handlers = {path: FormatHandler(path, by_method, context) for path, by_method in by_path(formats).items()}
    own_routes = [
        *health_routes(context.metrics.registry, not_ready),
        status_route("collector", not_ready),
        _openapi_route(orjson.dumps(description)),
    ]
    own = Starlette(routes=own_routes, exception_handlers={404: _not_found})
    own.router.redirect_slashes = False
    return PathRouter(handlers, own)


class PathRouter:
    """Handlers by their paths, and an application for all other paths.

    A router of its own, because asking two dozen patterns one after the other costs a tenth of a pixel.
    """

    def __init__(self, handlers: Mapping[str, ASGIApp], default: ASGIApp) -> None:
        """Route to these handlers, by path, which may hold {name} parameters; none of them matches a slash."""
        self._handlers = {path: handler for path, handler in handlers.items() if "{" not in path}
        self._patterns: dict[str, list[tuple[re.Pattern[str], ASGIApp]]] = {}
        for path, handler in handlers.items():
            if "{" in path:
                beginning = path[1:].partition("/")[0]
                self._patterns.setdefault(beginning, []).append((compile_path(path)[0], handler))
        self._default = default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the path's application answer."""
        await self._handler_of(scope["path"])(scope, receive, send)

    def _handler_of(self, path: str) -> ASGIApp:
        handler = self._handlers.get(path)
        if handler is None:
            patterns = self._patterns.get(path[1:].partition("/")[0], ())
            handler = next((handler for pattern, handler in patterns if pattern.match(path)), self._default)
        return handler


def by_path(formats: Iterable[WireFormat]) -> dict[str, dict[str, WireFormat]]:
    """The formats by path and method; raises OperatorError where two claim the same."""
    by_method_of: dict[str, dict[str, WireFormat]] = {}
    for wire_format in formats:
        for method, path in wire_format.routes:
            other = by_method_of.setdefault(path, {}).setdefault(method, wire_format)
            if other is not wire_format:
                message = f"{method} {path}: wanted one format; got {other.name} and {wire_format.name}"
                raise OperatorError(message)
    return by_method_of


def _openapi_route(description: bytes) -> Route:
    async def openapi(_: Request) -> Response:
        return Response(description, media_type="application/json")

    return Route("/openapi.json", openapi)


async def _not_found(_: Request, __: Exception) -> Response:
    content = orjson.dumps({"code": "not-found", "message": "nothing is collected under this path"})
    return Response(content, 404, media_type="application/json")
