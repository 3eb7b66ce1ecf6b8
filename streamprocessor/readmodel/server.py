"""The HTTP server: uvicorn on a socket of ours, ended by a word instead of by signals."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Generator

import uvicorn
from starlette.types import ASGIApp

from streamprocessor.errors import OperatorError

_BACKLOG = 1_024
_STOP_SECONDS = 10
_MOST_AT_ONCE = 1_000


class Server(uvicorn.Server):
    """Serves one application until told to stop."""

    def __init__(self, app: ASGIApp) -> None:
        config = uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=_MOST_AT_ONCE,
            timeout_graceful_shutdown=_STOP_SECONDS,
        )
        logging.getLogger("uvicorn").setLevel(logging.ERROR)
        super().__init__(config)

    async def run_until(self, stop: asyncio.Future[None], listening: socket.socket) -> None:
        """Serve on the socket until `stop` is done, then let the requests that are there end."""
        serving = asyncio.ensure_future(self.serve([listening]))
        await asyncio.wait({serving, stop}, return_when=asyncio.FIRST_COMPLETED)
        self.should_exit = True
        await serving

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals alone: they are the process's."""
        yield


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 is any free one. Raises OperatorError where it can't."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        message = (
            f"api: {host}:{port} can't be listened on ({error.strerror}); choose another with --api-port, "
            "0 for any free one"
        )
        raise OperatorError(message) from error
    listening.setblocking(False)
    return listening
