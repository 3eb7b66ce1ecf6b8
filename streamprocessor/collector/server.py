"""The HTTP server: uvicorn on a socket of ours, ended by a word instead of by signals."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Generator

import uvicorn
from starlette.types import ASGIApp

from streamprocessor.collector.connections import Connection
from streamprocessor.errors import OperatorError

BACKLOG = 2_048
KEEP_ALIVE_SECONDS = 75  # longer than proxies keep theirs, so that none is closed under a request
STOP_SECONDS = 10
_LOOK_SECONDS = 1.0


class Server(uvicorn.Server):
    """Serves one application until told to stop."""

    def __init__(self, app: ASGIApp) -> None:
        config = uvicorn.Config(
            app,
            http=Connection,
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=STOP_SECONDS,
            backlog=BACKLOG,
        )
        logging.getLogger("uvicorn").setLevel(logging.ERROR)
        super().__init__(config)

    async def run_until(self, stop: asyncio.Future[None], listening: socket.socket) -> None:
        """Serve on the socket until `stop` is done, then let the requests that are there end."""
        serving = asyncio.ensure_future(self.serve([listening]))
        watching = asyncio.ensure_future(self._close_late_ones())
        await asyncio.wait({serving, stop}, return_when=asyncio.FIRST_COMPLETED)
        self.should_exit = True
        try:
            await serving
        finally:
            watching.cancel()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals alone: they are the process's."""
        yield

    async def _close_late_ones(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            now_seconds = time.monotonic()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Connection):
                    connection.close_if_late(now_seconds)


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 is any free one. Raises OperatorError where it can't."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        message = (
            f"collector: {host}:{port} can't be listened on ({error.strerror}); choose another with --collector-port, "
            "0 for any free one"
        )
        raise OperatorError(message) from error
    listening.setblocking(False)
    return listening
