"""The collector's HTTP server: it closes connections that are late with their requests."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any

from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

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


MAX_HEADER_BYTES = 32 * 1024
HEADERS_SECONDS = 10.0
REQUEST_SECONDS = 30.0
MAX_CONNECTIONS = 10_000

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Connection(HttpToolsProtocol):
    """uvicorn's own, with bounds on what comes before and between requests; `close_if_late` is asked now and then."""

    _header_bytes = 0
    _began_seconds = 0.0
    _is_waiting = True  # for a request to begin or to become whole
    _has_headers = False
    _refused = False

    def connection_made(self, transport: Any) -> None:
        """A client is there: it has to say something soon."""
        super().connection_made(transport)
        self._began_seconds = time.monotonic()
        if len(self.connections) > MAX_CONNECTIONS:
            self._refuse(b"")

    def data_received(self, data: bytes) -> None:
        """Count what may be headers; a header that never ends ends here."""
        if self._refused:
            return
        in_headers = not self._has_headers
        super().data_received(data)
        if in_headers and not self._has_headers and self._is_waiting:
            self._header_bytes += len(data)
            if self._header_bytes > MAX_HEADER_BYTES:
                self._refuse(_TOO_LARGE)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._began_seconds, self._header_bytes = time.monotonic(), 0
        self._is_waiting, self._has_headers = True, False

    def on_headers_complete(self) -> None:
        """All headers are there."""
        self._has_headers = True
        if sum(len(name) + len(value) for name, value in self.headers) + len(self.url) > MAX_HEADER_BYTES:
            self._refuse(_TOO_LARGE)
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if not self._refused:
            self._is_waiting, self._has_headers, self._header_bytes = False, False, 0
            super().on_message_complete()

    def close_if_late(self, now_seconds: float) -> None:
        """Close where a request was begun and does not become whole, or none was ever begun."""
        waited_seconds = now_seconds - self._began_seconds
        if self._is_waiting and waited_seconds > (REQUEST_SECONDS if self._has_headers else HEADERS_SECONDS):
            has_begun = self.headers is not None
            self._refuse(_TOO_SLOW if has_begun and not self._has_headers else b"")

    def _refuse(self, answer: bytes) -> None:
        self._refused, self._is_waiting = True, False
        if not self.transport.is_closing():
            if answer:
                self.transport.write(answer)
            self.transport.close()
