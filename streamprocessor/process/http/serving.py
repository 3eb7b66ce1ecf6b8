"""The HTTP server: uvicorn on a socket of ours, ended by a word instead of by signals."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Collection, Generator
from functools import partial
from typing import cast

import uvicorn
from starlette.types import ASGIApp

from streamprocessor.errors import OperatorError
from streamprocessor.process.http import connection
from streamprocessor.process.http.connection import Connection, ConnectionLimit
from streamprocessor.process.http.operators import ForOperators, Operators
from streamprocessor.process.lifecycle import first_of

BACKLOG = 2_048
STOP_SECONDS = 10
MOST_CONNECTIONS = 1_000


class Server(uvicorn.Server):
    """Serves one application until told to stop, and closes connections that are late with their requests."""

    def __init__(
        self, app: ASGIApp, most_connections: int = MOST_CONNECTIONS, operators: Operators | None = None
    ) -> None:
        """Serve so many connections at once; for one more the one that is idle for the longest is closed.

        operators: who is told how the process is; None: whoever asks through no proxy.
        """
        self._limit = ConnectionLimit(most_connections)
        config = uvicorn.Config(
            ForOperators(app, operators or Operators()),
            http=cast(type[asyncio.Protocol], partial(Connection, self._limit)),
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=int(connection.KEEP_ALIVE_SECONDS),
            timeout_graceful_shutdown=STOP_SECONDS,
            backlog=BACKLOG,
        )
        logging.getLogger("uvicorn").setLevel(logging.ERROR)
        super().__init__(config)

    async def run_until(
        self, stops: Collection[asyncio.Future[None]], listening: socket.socket, drain_seconds: float = 0.0
    ) -> None:
        """Serve on the socket until one of the stops is done, then let the requests that are there end.

        drain_seconds: how long new requests are answered yet, each on a connection that ends with it: as long as
        whoever sends them here takes to see that the process is not ready any more.
        """
        serving = asyncio.ensure_future(self.serve([listening]))
        looking = asyncio.ensure_future(self._close_late_ones())
        try:
            for stop in stops:  # at once: whoever reads that the process is not ready may be here again before us
                stop.add_done_callback(self._keep_no_connection)
            await first_of(serving, *stops)
            await asyncio.wait([serving], timeout=drain_seconds)
            self.should_exit = True
            await serving
        finally:
            looking.cancel()

    def _keep_no_connection(self, _: asyncio.Future[None]) -> None:
        self._limit.keeps_alive = False

    async def _close_late_ones(self) -> None:
        while True:
            await asyncio.sleep(connection.LOOK_SECONDS)
            for each in list(self.server_state.connections):
                if isinstance(each, Connection):
                    each.close_if_late()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals alone: they are the process's."""
        yield


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, listening: socket.socket, operators: Operators | None = None) -> AsyncIterator[int]:
    """Serve the application on the socket while the block runs, and let the requests that are there end; the port.

    operators: as of `Server`.
    """
    stop: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    server = asyncio.ensure_future(Server(app, operators=operators).run_until([stop], listening))
    try:
        yield listening.getsockname()[1]
    finally:
        stop.set_result(None)
        await server
        listening.close()


def listening_socket(process: str, host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 is any free one.

    process: the command's name, after which its port option is named. Raises OperatorError where it can't listen.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        message = (
            f"{process}: {host}:{port} can't be listened on ({error.strerror}); choose another with --{process}-port, "
            "0 for any free one"
        )
        raise OperatorError(message) from error
    listening.setblocking(False)
    return listening
