"""A worker's HTTP: liveness, readiness, metrics and status; up before Kafka is, and never dependent on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from streamprocessor.process.http.health import NotReady, health_routes


def health_application(
    registry: CollectorRegistry,
    not_ready: NotReady,
    refresh: Callable[[], None],
    status: Callable[[], dict[str, Any]],
    not_started: NotReady,
) -> Starlette:
    """The health of every process and its metrics, and /status: what the worker does, as JSON."""

    async def answer_status(_: Request) -> Response:
        return Response(orjson.dumps(status()), media_type="application/json")

    health = health_routes(registry, not_ready, refresh, not_started)
    return Starlette(routes=[*health, Route("/status", answer_status)])
