"""The collector's HTTP server: it closes connections that are late with their requests."""

from __future__ import annotations

import asyncio
import socket
import time

from starlette.types import ASGIApp

from streamprocessor.collector.connections import Connection
from streamprocessor.process.serving import Server

_LOOK_SECONDS = 1.0


class CollectorServer(Server):
    """Serves the collector until told to stop."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, Connection)

    async def run_until(self, stop: asyncio.Future[None], listening: socket.socket) -> None:
        """Serve on the socket until `stop` is done, then let the requests that are there end."""
        watching = asyncio.ensure_future(self._close_late_ones())
        try:
            await super().run_until(stop, listening)
        finally:
            watching.cancel()

    async def _close_late_ones(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            now_seconds = time.monotonic()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Connection):
                    connection.close_if_late(now_seconds)
