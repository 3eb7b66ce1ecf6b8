"""Delivery's own HTTP: health, metrics, and the API for subscriptions under a bearer token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import orjson
from sqlalchemy import Row
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.delivery.dispatch.attempt_stream import AttemptStream
from streamprocessor.delivery.dispatch.circuit_breaker import CircuitBreaker
from streamprocessor.delivery.dispatch.dispatcher import DispatchContext, Dispatcher
from streamprocessor.delivery.dispatch.dispatchers import Dispatchers
from streamprocessor.delivery.readiness import Readiness
from streamprocessor.delivery.store.store import MOST_SHOWN
from streamprocessor.delivery.store.tables import WAITING
from streamprocessor.process.http.health import health_routes, status_route
from streamprocessor.process.secret_lookup import SecretLookup

MOST_LISTED = 1_000
MOST_BODY_BYTES = 256 * 1024


class BearerToken:
    """ASGI middleware that answers 401 to requests without the token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._tokens = SecretLookup({"delivery": token})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what brings the token."""
        scheme, _, offered = Request(scope).headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or self._tokens.name_of(offered) is None:
            refusal = _answer({"code": "no-token", "message": "wanted Authorization: Bearer and the token"}, 401)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


class Routes:
    """The application's paths."""

    def __init__(
        self, dispatchers: Dispatchers, context: DispatchContext, attempt_stream: AttemptStream, readiness: Readiness
    ) -> None:
        self._dispatchers = dispatchers
        self._context = context
        self._store_thread = context.store_thread
        self._metrics = context.metrics
        self._attempt_stream = attempt_stream
        self._readiness = readiness

    def application(self, token: str) -> Starlette:
        """The application. token: what requests to /api/ must bring."""
        api = [
            Route("/subscriptions", self._list),
            Route("/subscriptions/{name}", self._one),
            Route("/undeliverable", self._undeliverable),
            Route("/attempts", self._attempts),
            Route("/subscriptions/{name}/ping", self._ping, methods=["POST"]),
            Route("/subscriptions/{name}/enable", self._enable, methods=["POST"]),
            Route("/subscriptions/{name}/resend", self._resend, methods=["POST"]),
        ]
        health = health_routes(self._metrics.registry, self._readiness.missing, self._set_gauges)
        status = status_route("delivery", self._readiness.missing)
        return Starlette(
            routes=[*health, status, Mount("/api", routes=api, middleware=[Middleware(BearerToken, token=token)])]
        )

    def _set_gauges(self) -> None:
        self._metrics.waiting.set(sum(len(dispatcher) for dispatcher in self._dispatchers))
        queued_ms = [each for dispatcher in self._dispatchers if (each := dispatcher.oldest_queued_ms) is not None]
        self._metrics.oldest_waiting.set(max(0, self._context.clock_ms() - min(queued_ms)) / 1000 if queued_ms else 0)
        self._metrics.disabled.set(sum(dispatcher.circuit_breaker.disabled for dispatcher in self._dispatchers))

    async def _list(self, _: Request) -> Response:
        names = sorted(
            {dispatcher.plan.subscription.name for dispatcher in self._dispatchers} | self._dispatchers.refused.keys()
        )
        return _answer({"subscriptions": [self._row(name) for name in names]})

    async def _one(self, request: Request) -> Response:
        name = request.path_params["name"]
        if self._dispatchers.get(name) is None and name not in self._dispatchers.refused:
            raise _unknown()
        recent, undeliverable = await self._store_thread.ask(
            lambda store: (store.recent(name, MOST_SHOWN), store.undeliverable(name, MOST_LISTED))
        )
        lists = {"recent": map(_recent, recent), "undeliverable": map(_given_up, undeliverable)}
        return _answer(self._row(name) | {word: list(rows) for word, rows in lists.items()})

    def _row(self, name: str) -> dict[str, Any]:
        """A subscription in a list. refused: why the topic's newest word on it is not in force."""
        dispatcher, refused = self._dispatchers.get(name), self._dispatchers.refused.get(name)
        return {
            "name": name,
            "source": "file" if name in self._dispatchers.fixed else "topic",
            "events": () if dispatcher is None else dispatcher.plan.subscription.events,
            "state": "refused" if dispatcher is None else _state_of(dispatcher.circuit_breaker),
            "waiting": 0 if dispatcher is None else len(dispatcher),
            "refused": refused,
        }

    async def _undeliverable(self, request: Request) -> Response:
        subscription = request.query_params.get("subscription")
        rows = await self._store_thread.ask(lambda store: store.undeliverable(subscription, MOST_LISTED))
        return _answer({"undeliverable": [_given_up(row) for row in rows]})

    async def _attempts(self, _: Request) -> Response:
        """A line of JSON for each attempt from now on, until the client goes or delivery stops."""
        return StreamingResponse(
            self._attempt_lines(), media_type="application/x-ndjson", headers={"cache-control": "no-store"}
        )

    async def _attempt_lines(self) -> AsyncIterator[bytes]:
        async with aclosing(self._attempt_stream.watch()) as attempts:
            async for attempt in attempts:
                row = attempt._asdict()
                row["at"] = format_rfc3339(row.pop("at_ms"))
                yield orjson.dumps(row) + b"\n"

    async def _ping(self, request: Request) -> Response:
        return _answer({"webhook_id": await self._dispatchers.ping(self._named(request))}, 202)

    async def _enable(self, request: Request) -> Response:
        await self._dispatchers.enable(self._named(request))
        return _answer({"enabled": True})

    async def _resend(self, request: Request) -> Response:
        dispatcher = self._named(request)
        webhook_ids = _ids_in(await _body_of(request))
        return _answer(
            {"sent_again": await self._dispatchers.resend(dispatcher.plan.subscription.name, webhook_ids)}, 202
        )

    def _named(self, request: Request) -> Dispatcher:
        dispatcher = self._dispatchers.get(request.path_params["name"])
        if dispatcher is None:
            raise _unknown()
        return dispatcher


async def _body_of(request: Request) -> bytes:
    """The body; raises HTTPException 413 where it is longer than MOST_BODY_BYTES, 400 where its client has left."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BODY_BYTES:
                raise HTTPException(413, f"wanted a body of at most {MOST_BODY_BYTES} bytes; got more\n")
    except ClientDisconnect as error:
        raise HTTPException(400, "wanted a whole body; got a part of it\n") from error
    return bytes(body)


def _ids_in(body: bytes) -> list[str] | None:
    """The webhook ids of a request; None, all, where it has no body."""
    if not body:
        return None
    try:
        ids = orjson.loads(body)["webhook_ids"]
    except (orjson.JSONDecodeError, TypeError, KeyError):
        ids = None
    if not isinstance(ids, list) or not all(isinstance(webhook_id, str) for webhook_id in ids):
        raise HTTPException(400, 'wanted {"webhook_ids": [...]}, or no body for all\n')
    return ids


def _state_of(endpoint: CircuitBreaker) -> str:
    return "disabled" if endpoint.disabled else "failing" if endpoint.is_open else "well"


def _recent(row: Row[Any]) -> dict[str, Any]:
    """A delivery that waits or has arrived. attempts: those that failed."""
    waits = row.state == WAITING
    return {
        "webhook_id": row.webhook_id,
        "contact_id": row.contact_id,
        "state": row.state,
        "at": format_rfc3339(row.at_ms),
        "attempts": row.attempts,
        "reason": row.reason,
        "next_attempt_at": format_rfc3339(row.due_ms) if waits and row.due_ms else None,
        "delivered_at": None if waits else format_rfc3339(row.ended_ms),
    }


def _given_up(row: Row[Any]) -> dict[str, Any]:
    return {
        "webhook_id": row.webhook_id,
        "contact_id": row.contact_id,
        "subscription": row.subscription,
        "at": format_rfc3339(row.at_ms),
        "attempts": row.attempts,
        "reason": row.reason,
        "given_up_at": format_rfc3339(row.ended_ms),
    }


def _unknown() -> HTTPException:
    return HTTPException(404, "no subscription has this name\n")


def _answer(content: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
