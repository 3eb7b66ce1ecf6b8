"""Metrics, liveness, readiness and status over HTTP; up before Kafka is, and never dependent on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from streamprocessor.errors import OperatorError

Reasons = Callable[[], list[str]]


class HealthServer:
    """/livez (the process answers), /readyz (503 with the reasons while not ready), /metrics, /status."""

    def __init__(
        self,
        registry: CollectorRegistry,
        not_ready: Reasons,
        status: Callable[[], dict[str, Any]],
        refresh: Callable[[], None],
    ) -> None:
        self._registry = registry
        self._not_ready = not_ready
        self._status = status
        self._refresh = refresh
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 is any free one, then found in self.port. Raises OperatorError where the port is taken."""
        app = web.Application()
        app.router.add_get("/livez", self._livez)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/status", self._get_status)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            message = (
                f"metrics and health: {host}:{port} can't be listened on ({error.strerror}); "
                "choose another with --metrics-port, 0 for any free one"
            )
            raise OperatorError(message) from error
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _livez(self, _: web.Request) -> web.Response:
        return web.Response(text="live\n")

    async def _readyz(self, _: web.Request) -> web.Response:
        reasons = self._not_ready()
        return web.Response(status=503 if reasons else 200, text="\n".join(reasons or ["ready"]) + "\n")

    async def _metrics(self, _: web.Request) -> web.Response:
        self._refresh()
        return web.Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _get_status(self, _: web.Request) -> web.Response:
        return web.Response(body=orjson.dumps(self._status()), content_type="application/json")
