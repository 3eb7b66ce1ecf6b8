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
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Mount, Route

from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.delivery.deliveries import contact_of
from streamprocessor.delivery.dispatch.attempt_stream import AttemptStream
from streamprocessor.delivery.dispatch.circuit_breaker import CircuitBreaker
from streamprocessor.delivery.dispatch.dispatcher import DispatchContext, Dispatcher
from streamprocessor.delivery.dispatch.dispatchers import Dispatchers
from streamprocessor.delivery.draft_routes import DraftRoutes
from streamprocessor.delivery.readiness import Readiness
from streamprocessor.delivery.store.store import MOST_SHOWN
from streamprocessor.delivery.store.tables import WAITING
from streamprocessor.process.http.bearer_token import BearerToken
from streamprocessor.process.http.bodies import body_of, json_answer
from streamprocessor.process.http.health import health_routes, status_route

MOST_LISTED = 1_000


class Routes:
    """The application's paths."""

    def __init__(
        self,
        dispatchers: Dispatchers,
        context: DispatchContext,
        attempt_stream: AttemptStream,
        readiness: Readiness,
        drafts: DraftRoutes,
    ) -> None:
        self._dispatchers = dispatchers
        self._drafts = drafts
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
            *self._drafts.routes(),
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
        return json_answer({"subscriptions": [self._row(name) for name in names]})

    async def _one(self, request: Request) -> Response:
        name = request.path_params["name"]
        if self._dispatchers.get(name) is None and name not in self._dispatchers.refused:
            raise _unknown()
        recent, undeliverable = await self._store_thread.ask(
            lambda store: (store.recent(name, MOST_SHOWN), store.undeliverable(name, MOST_LISTED))
        )
        lists = {"recent": map(_recent, recent), "undeliverable": map(_given_up, undeliverable)}
        return json_answer(self._row(name) | {word: list(rows) for word, rows in lists.items()})

    def _row(self, name: str) -> dict[str, Any]:
        """A subscription in a list. refused: why the topic's newest word on it is not in force.

        missing: what it names that the model in force does not have.
        """
        dispatcher, refused = self._dispatchers.get(name), self._dispatchers.refused.get(name)
        return {
            "name": name,
            "source": "file" if name in self._dispatchers.fixed else "topic",
            "events": () if dispatcher is None else dispatcher.plan.subscription.events,
            "state": "refused" if dispatcher is None else _state_of(dispatcher.circuit_breaker),
            "waiting": 0 if dispatcher is None else len(dispatcher),
            "refused": refused,
            "missing": [] if dispatcher is None else self._drafts.missing_of(dispatcher.plan.subscription),
        }

    async def _undeliverable(self, request: Request) -> Response:
        subscription = request.query_params.get("subscription")
        rows = await self._store_thread.ask(lambda store: store.undeliverable(subscription, MOST_LISTED))
        return json_answer({"undeliverable": [_given_up(row) for row in rows]})

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
        return json_answer({"webhook_id": await self._dispatchers.ping(self._named(request))}, 202)

    async def _enable(self, request: Request) -> Response:
        await self._dispatchers.enable(self._named(request))
        return json_answer({"enabled": True})

    async def _resend(self, request: Request) -> Response:
        dispatcher = self._named(request)
        webhook_ids = _ids_in(await body_of(request))
        return json_answer(
            {"sent_again": await self._dispatchers.resend(dispatcher.plan.subscription.name, webhook_ids)}, 202
        )

    def _named(self, request: Request) -> Dispatcher:
        dispatcher = self._dispatchers.get(request.path_params["name"])
        if dispatcher is None:
            raise _unknown()
        return dispatcher


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
        "contact_id": contact_of(row.contact_id),
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
        "contact_id": contact_of(row.contact_id),
        "subscription": row.subscription,
        "at": format_rfc3339(row.at_ms),
        "attempts": row.attempts,
        "reason": row.reason,
        "given_up_at": format_rfc3339(row.ended_ms),
    }


def _unknown() -> HTTPException:
    return HTTPException(404, "no subscription has this name\n")
