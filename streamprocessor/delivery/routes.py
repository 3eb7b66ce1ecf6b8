"""Delivery's own HTTP: health, metrics, and what a person asks of it under a bearer token."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

import orjson
from aiohttp import web
from prometheus_client import generate_latest
from sqlalchemy import Row

from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.delivery.dispatch.attempt_stream import AttemptStream
from streamprocessor.delivery.dispatch.circuit_breaker import CircuitBreaker
from streamprocessor.delivery.dispatch.dispatcher import DispatchContext, Dispatcher
from streamprocessor.delivery.dispatch.dispatchers import Dispatchers
from streamprocessor.delivery.readiness import Readiness
from streamprocessor.delivery.store.store import MOST_SHOWN
from streamprocessor.delivery.store.tables import WAITING

MOST_LISTED = 1_000
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Routes:
    """The application's paths."""

    def __init__(
        self, outlets: Dispatchers, world: DispatchContext, watchers: AttemptStream, readiness: Readiness, token: str
    ) -> None:
        self._outlets = outlets
        self._journal = world.journal
        self._metrics = world.metrics
        self._watchers = watchers
        self._readiness = readiness
        self._token = token.encode()

    def application(self) -> web.Application:
        """The application."""
        app = web.Application(middlewares=[self._let_in], client_max_size=256 * 1024)
        app.add_routes(
            [
                web.get("/livez", self._livez),
                web.get("/readyz", self._readyz),
                web.get("/metrics", self._show_metrics),
                web.get("/api/subscriptions", self._list),
                web.get("/api/subscriptions/{name}", self._one),
                web.get("/api/undeliverable", self._undeliverable),
                web.get("/api/attempts", self._attempts),
                web.post("/api/subscriptions/{name}/ping", self._ping),
                web.post("/api/subscriptions/{name}/enable", self._enable),
                web.post("/api/subscriptions/{name}/resend", self._resend),
            ]
        )
        return app

    @web.middleware
    async def _let_in(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        if request.path.startswith("/api/"):
            said = request.headers.get("authorization", "").encode("utf-8", "replace")
            if not hmac.compare_digest(said, b"Bearer " + self._token):
                return _answer({"code": "no-token", "message": "wanted Authorization: Bearer and the token"}, 401)
        return await handler(request)

    async def _livez(self, _: web.Request) -> web.Response:
        return web.Response(text="live\n")

    async def _readyz(self, _: web.Request) -> web.Response:
        missing = await self._readiness.missing()
        return web.Response(text="\n".join(missing or ["ready"]) + "\n", status=503 if missing else 200)

    async def _show_metrics(self, _: web.Request) -> web.Response:
        self._metrics.waiting.set(sum(len(outlet) for outlet in self._outlets))
        self._metrics.disabled.set(sum(outlet.endpoint.disabled for outlet in self._outlets))
        content_type = "text/plain; version=0.0.4; charset=utf-8"
        return web.Response(body=generate_latest(self._metrics.registry), headers={"content-type": content_type})

    async def _list(self, _: web.Request) -> web.Response:
        names = sorted({outlet.plan.subscription.name for outlet in self._outlets} | self._outlets.refused.keys())
        return _answer({"subscriptions": [self._row(name) for name in names]})

    async def _one(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if self._outlets.get(name) is None and name not in self._outlets.refused:
            raise _unknown()
        recent, undeliverable = await self._journal.ask(
            lambda store: (store.recent(name, MOST_SHOWN), store.undeliverable(name, MOST_LISTED))
        )
        lists = {"recent": map(_recent, recent), "undeliverable": map(_given_up, undeliverable)}
        return _answer(self._row(name) | {word: list(rows) for word, rows in lists.items()})

    def _row(self, name: str) -> dict[str, Any]:
        """A subscription in a list. refused: why the topic's newest word on it is not in force."""
        outlet, refused = self._outlets.get(name), self._outlets.refused.get(name)
        return {
            "name": name,
            "source": "file" if name in self._outlets.fixed else "topic",
            "events": () if outlet is None else outlet.plan.subscription.events,
            "state": "refused" if outlet is None else _state_of(outlet.endpoint),
            "waiting": 0 if outlet is None else len(outlet),
            "refused": refused,
        }

    async def _undeliverable(self, request: web.Request) -> web.Response:
        subscription = request.query.get("subscription")
        rows = await self._journal.ask(lambda store: store.undeliverable(subscription, MOST_LISTED))
        return _answer({"undeliverable": [_given_up(row) for row in rows]})

    async def _attempts(self, request: web.Request) -> web.StreamResponse:
        """A line of JSON for each attempt from now on, until the client goes."""
        response = web.StreamResponse(headers={"content-type": "application/x-ndjson", "cache-control": "no-store"})
        await response.prepare(request)
        async with aclosing(self._watchers.watch()) as attempts:
            async for attempt in attempts:
                row = attempt._asdict()
                row["at"] = format_rfc3339(row.pop("at_ms"))
                await response.write(orjson.dumps(row) + b"\n")
        return response

    async def _ping(self, request: web.Request) -> web.Response:
        return _answer({"webhook_id": await self._outlets.ping(self._named(request))}, 202)

    async def _enable(self, request: web.Request) -> web.Response:
        await self._outlets.enable(self._named(request))
        return _answer({"enabled": True})

    async def _resend(self, request: web.Request) -> web.Response:
        outlet = self._named(request)
        webhook_ids = _ids_in(await request.read())
        return _answer({"sent_again": await self._outlets.resend(outlet.plan.subscription.name, webhook_ids)}, 202)

    def _named(self, request: web.Request) -> Dispatcher:
        outlet = self._outlets.get(request.match_info["name"])
        if outlet is None:
            raise _unknown()
        return outlet


def _ids_in(body: bytes) -> list[str] | None:
    """The webhook ids of a request; None, all, where it has no body."""
    if not body:
        return None
    try:
        ids = orjson.loads(body)["webhook_ids"]
    except (orjson.JSONDecodeError, TypeError, KeyError):
        ids = None
    if not isinstance(ids, list) or not all(isinstance(found, str) for found in ids):
        raise web.HTTPBadRequest(text='wanted {"webhook_ids": [...]}, or no body for all\n')
    return ids


def _state_of(endpoint: CircuitBreaker) -> str:
    return "disabled" if endpoint.disabled else "failing" if endpoint.is_open else "well"


def _recent(row: Row[Any]) -> dict[str, Any]:
    """A delivery that waits or has arrived. attempts: those that failed."""
    waits = row.state == WAITING
    return {
        "webhook_id": row.webhook_id,
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
        "subscription": row.subscription,
        "at": format_rfc3339(row.at_ms),
        "attempts": row.attempts,
        "reason": row.reason,
        "given_up_at": format_rfc3339(row.ended_ms),
    }


def _unknown() -> web.HTTPNotFound:
    return web.HTTPNotFound(text="no subscription has this name\n")


def _answer(content: dict[str, Any], status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(content), status=status, content_type="application/json")
