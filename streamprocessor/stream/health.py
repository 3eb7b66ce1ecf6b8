"""A worker's HTTP: liveness, readiness, metrics and status; up before Kafka is, and never dependent on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from streamprocessor.process.http.health import NotReady, health_routes, status_route


def health_application(
    registry: CollectorRegistry,
    not_ready: NotReady,
    refresh: Callable[[], None],
    status: Callable[[], dict[str, Any]],
    not_started: NotReady,
) -> Starlette:
    """The health of every process and its metrics, and /status: what the worker does, as JSON.

    not_ready: of the group. not_started: of this worker alone, in /startupz and /status.
    """
    health = health_routes(registry, not_ready, refresh, not_started)
    return Starlette(routes=[*health, status_route("worker", not_started, status)])
