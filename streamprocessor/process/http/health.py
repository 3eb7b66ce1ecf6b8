"""Liveness, start, readiness and metrics over HTTP, as every process of ours answers them, for a Starlette application.

The routes go into the application's own list:

    Starlette(routes=[*health_routes(metrics.registry, not_ready, refresh), status_route("api", not_ready)])

`GET /livez`: 200 `live` while the event loop answers, whatever Kafka or a database does. `GET /startupz`: 200 `started`
from the first time on that nothing kept the process from its work; 503 with a reason a line before. `GET /readyz`: 200
`ready`, or 503 with a reason a line. `GET /metrics`: the registry in Prometheus' text format, or in that of OpenMetrics
for whoever accepts it, which has exemplars. What the words mean in each process is in deploy/health.md.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import orjson
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.openmetrics import exposition as openmetrics
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

#: The reasons why the process is not ready, none where it is; plain or to be awaited, never blocking.
NotReady = Callable[[], Sequence[str] | Awaitable[Sequence[str]]]

Status = Mapping[str, Any]

#: What /readyz says from the signal to stop on, in whichever process.
STOPPING = "stopping"


def health_routes(
    registry: CollectorRegistry,
    not_ready: NotReady,
    refresh: Callable[[], None] = lambda: None,
    not_started: NotReady | None = None,
) -> list[Route]:
    """The routes /livez, /startupz, /readyz and /metrics.

    refresh: called before each answer of /metrics, to set its gauges.
    not_started: why the process has not come to its work yet; None: it has once it was ready.
    """
    has_started = False

    async def livez(_: Request) -> Response:
        return PlainTextResponse("live\n")

    async def startupz(_: Request) -> Response:
        nonlocal has_started
        reasons = [] if has_started else await _reasons(not_started or not_ready)
        has_started = has_started or not reasons  # it may have been ready meanwhile
        return _answer("started", reasons)

    async def readyz(_: Request) -> Response:
        nonlocal has_started
        reasons = await _reasons(not_ready)
        has_started = has_started or not reasons
        return _answer("ready", reasons)

    async def metrics(request: Request) -> Response:
        refresh()
        if "application/openmetrics-text" in request.headers.get("accept", ""):
            text = openmetrics.generate_latest(registry)  # type: ignore[no-untyped-call]
            return Response(text, media_type=openmetrics.CONTENT_TYPE_LATEST)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return [
        Route("/livez", livez),
        Route("/startupz", startupz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
    ]


def status_route(process: str, not_ready: NotReady, more: Callable[[], Status] = dict) -> Route:
    """The route /status: which process it is, its version, why it is not ready, and what more it tells, as JSON.

    process: the command's name.
    """
    fixed = {"process": process, "version": version("streamprocessor")}

    async def status(_: Request) -> Response:
        answer = {**fixed, "not_ready": list(await _reasons(not_ready)), **more()}
        return Response(orjson.dumps(answer), media_type="application/json")

    return Route("/status", status)


async def _reasons(ask: NotReady) -> Sequence[str]:
    answer = ask()
    return await answer if inspect.isawaitable(answer) else answer


def _answer(word: str, reasons: Sequence[str]) -> Response:
    return PlainTextResponse("\n".join(reasons or [word]) + "\n", 503 if reasons else 200)
