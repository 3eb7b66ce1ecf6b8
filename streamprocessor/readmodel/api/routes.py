"""The API as one ASGI application: who asks is looked at first, then what for."""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from streamprocessor.process.health import health_routes
from streamprocessor.readmodel.api.static_page import page_routes
from streamprocessor.readmodel.endpoints.active_model import MODEL
from streamprocessor.readmodel.endpoints.contacts import CONTACTS
from streamprocessor.readmodel.endpoints.context import ApiContext
from streamprocessor.readmodel.endpoints.endpoint import ApiRequest, Endpoint, RawBody
from streamprocessor.readmodel.endpoints.forecast import FORECAST
from streamprocessor.readmodel.endpoints.hot_lead_stream import Live
from streamprocessor.readmodel.endpoints.imports import IMPORTS
from streamprocessor.readmodel.endpoints.overview import OVERVIEW
from streamprocessor.readmodel.endpoints.segments import SEGMENTS
from streamprocessor.readmodel.endpoints.sign_in import SIGNING_IN
from streamprocessor.readmodel.endpoints.subscriptions import SUBSCRIPTIONS
from streamprocessor.readmodel.endpoints.timeline import TIMELINE
from streamprocessor.readmodel.problem import Problem, place_of
from streamprocessor.readmodel.requests.parameters import Nothing, body_of, collected, query_of
from streamprocessor.readmodel.requests.sessions import COOKIE, refuse_forged
from streamprocessor.readmodel.requests.tokens import NOBODY, READ, Grant

ENDPOINTS: tuple[Endpoint, ...] = (
    *FORECAST,
    *TIMELINE,
    *CONTACTS,
    *OVERVIEW,
    *MODEL,
    *SEGMENTS,
    *SUBSCRIPTIONS,
    *IMPORTS,
    *SIGNING_IN,
)
STREAM_PATH = "/api/hot-leads/stream"
MAX_BODY_BYTES = 256 * 1024

log = logging.getLogger(__name__)
audit = logging.getLogger("streamprocessor.audit")


def application(
    house: ApiContext, live: Live, not_ready: Callable[[], list[str]], description: dict[str, Any]
) -> Starlette:
    """The application. not_ready: why answers would be wrong at the moment, nothing where they are right."""
    routes = [_stream_route(house, live), *(_route(house, endpoint) for endpoint in ENDPOINTS)]
    routes += [*health_routes(house.metrics.registry, not_ready), _openapi_route(orjson.dumps(description))]
    routes += page_routes()
    handlers: dict[Any, Any] = {HTTPException: _http_refusal}
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return app


def _route(house: ApiContext, endpoint: Endpoint) -> Route:
    async def answer(request: Request) -> Response:
        began_seconds = time.perf_counter()
        try:
            response = await _answer(house, endpoint, request)
        except Problem as problem:
            response = refusal(problem)
        except Exception as error:  # noqa: BLE001 - answered and counted; the client may have sent what is in its words
            log.error("%s: %s", endpoint.name, place_of(error))
            response = refusal(Problem(500, "our-fault", "something went wrong here; the log says where"))
        house.metrics.requests.labels(endpoint.name, str(response.status_code)).inc()
        house.metrics.request_duration.labels(endpoint.name).observe(time.perf_counter() - began_seconds)
        return response

    return Route(endpoint.path, answer, methods=[endpoint.method], name=endpoint.name)


async def _answer(house: ApiContext, endpoint: Endpoint, request: Request) -> Response:
    grant = NOBODY if endpoint.scope is None else _let_in(house, request, endpoint.scope)
    if any("\0" in text for text in (*request.path_params.values(), *request.query_params.values())):
        raise Problem(400, "bad-parameter", "parameters: wanted texts without zero bytes; got one")
    query = query_of(endpoint.query, request.query_params)
    body: Any = None
    if isinstance(endpoint.body, RawBody):
        body = _parts_of(request)
    elif endpoint.body is not None:
        body = body_of(endpoint.body, await collected(_parts_of(request), MAX_BODY_BYTES))
    call = ApiRequest(dict(request.path_params), query, body, grant, request.headers, request.cookies.get(COOKIE, ""))
    try:
        if inspect.iscoroutinefunction(endpoint.handle):
            found = await endpoint.handle(house, call)
        else:
            found = await run_in_threadpool(endpoint.handle, house, call)
    except (DBAPIError, PoolTimeout) as error:
        log.warning("%s: the database is away (%s)", endpoint.name, type(error).__name__)
        raise Problem(503, "database-away", "the database does not answer; try again", {"Retry-After": "2"}) from error
    if endpoint.scope not in (READ, None):
        audit.info("%s by %s: done", endpoint.name, grant.name)
    if isinstance(found, Response):
        return found
    return Response(orjson.dumps(found), endpoint.status, _PRIVATE, "application/json")


_HARMLESS = ("GET", "HEAD")
_PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def _let_in(house: ApiContext, request: Request, scope: str) -> Grant:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind:
        grant = house.tokens.grant_of(token.strip()) if kind.lower() == "bearer" else None
    else:
        grant = _signed_in(house, request)
    if grant is None:
        detail = "Authorization: wanted Bearer and a token that is known, or the cookie of a session; got none"
        raise Problem(401, "no-token", detail, {"WWW-Authenticate": "Bearer"})
    if scope not in grant.scopes:
        audit.info("%s %s by %s: refused, its token has no scope %s", request.method, "request", grant.name, scope)
        raise Problem(403, "no-scope", f"token: wanted one with scope {scope}; got one without")
    return grant


def _signed_in(house: ApiContext, request: Request) -> Grant | None:
    session = house.sessions.of(request.cookies.get(COOKIE, ""))
    if session is not None and request.method not in _HARMLESS:
        refuse_forged(session, request.headers)
    return None if session is None else session.grant


async def _parts_of(request: Request) -> AsyncIterator[bytes]:
    try:
        async for part in request.stream():
            yield part
    except ClientDisconnect as error:
        raise Problem(400, "bad-body", "body: wanted all of it; got a part") from error


def _stream_route(house: ApiContext, live: Live) -> Route:
    async def answer(request: Request) -> Response:
        try:
            _let_in(house, request, READ)
            query_of(Nothing, request.query_params)
            events = await live.follow(request.headers.get("last-event-id"))
        except Problem as problem:
            return refusal(problem)
        except DBAPIError:
            return refusal(Problem(503, "database-away", "the database does not answer; try again"))
        return StreamingResponse(events, headers=_PRIVATE, media_type="text/event-stream")

    return Route(STREAM_PATH, answer, methods=["GET"])


def _openapi_route(description: bytes) -> Route:
    async def openapi(_: Request) -> Response:
        return Response(description, media_type="application/json")

    return Route("/openapi.json", openapi)


def refusal(problem: Problem) -> Response:
    """The problem as an answer."""
    content = orjson.dumps(problem.body())
    return Response(content, problem.status, _PRIVATE | problem.headers, "application/problem+json")


async def _http_refusal(_: Request, error: Exception) -> Response:
    """Of what no endpoint was found for."""
    assert isinstance(error, HTTPException)
    code = {404: "not-found", 405: "no-such-method"}.get(error.status_code, "refused")
    return refusal(Problem(error.status_code, code, str(error.detail), dict(error.headers or {})))
