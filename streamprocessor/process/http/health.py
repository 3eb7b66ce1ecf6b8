"""Liveness, readiness and metrics over HTTP, as every process of ours answers them, for a Starlette application.

The routes go into the application's own list:

    Starlette(routes=[*health_routes(metrics.registry, not_ready, refresh), Route("/status", status)])

`GET /livez`: 200 `live` while the event loop answers, whatever Kafka or a database does. `GET /readyz`: 200 `ready`, or
503 with a reason a line. `GET /metrics`: the registry in Prometheus' text format, or in that of OpenMetrics, which has
exemplars, for whoever accepts it.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.openmetrics import exposition as openmetrics
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

#: The reasons why the process is not ready, none where it is; plain or to be awaited, never blocking.
NotReady = Callable[[], Sequence[str] | Awaitable[Sequence[str]]]


def health_routes(
    registry: CollectorRegistry, not_ready: NotReady, refresh: Callable[[], None] = lambda: None
) -> list[Route]:
    """The routes /livez, /readyz and /metrics. refresh: called before each answer of /metrics, to set its gauges."""

    async def livez(_: Request) -> Response:
        return PlainTextResponse("live\n")

    async def readyz(_: Request) -> Response:
        answer = not_ready()
        reasons = await answer if inspect.isawaitable(answer) else answer
        return PlainTextResponse("\n".join(reasons or ["ready"]) + "\n", 503 if reasons else 200)

    async def metrics(request: Request) -> Response:
        refresh()
        if "application/openmetrics-text" in request.headers.get("accept", ""):
            text = openmetrics.generate_latest(registry)  # type: ignore[no-untyped-call]
            return Response(text, media_type=openmetrics.CONTENT_TYPE_LATEST)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)]
