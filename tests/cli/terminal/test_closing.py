"""A connection over TLS whose other side does not say its last word holds nobody up."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from streamprocessor.cli.terminal.running import TLS_CLOSE_SECONDS, run
from tests.harness.secured_kafka import Authority

HOST = "127.0.0.1"


@contextlib.contextmanager
def deaf_server(certificate: Path) -> Iterator[int]:
    """The port of a server that shakes hands, and neither reads, sends nor closes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    ended = threading.Event()

    def serve() -> None:
        accepted, _ = listening.accept()
        with context.wrap_socket(accepted, server_side=True):
            ended.wait()

    with socket.create_server((HOST, 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            ended.set()
            thread.join()


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_a_connection_over_tls_closes_though_the_other_side_never_does(
    loop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if loop == "asyncio":
        monkeypatch.setitem(sys.modules, "uvloop", None)
    authority = Authority(tmp_path, "authority")
    context = ssl.create_default_context(cafile=authority.file)

    async def seconds_to_close(port: int) -> float:
        assert type(asyncio.get_running_loop()).__module__.startswith(loop)
        _, writer = await asyncio.open_connection(HOST, port, ssl=context)
        began = time.monotonic()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return time.monotonic() - began

    with deaf_server(authority.certificate("server", [HOST])) as port:
        assert run(seconds_to_close(port)) < 5 * TLS_CLOSE_SECONDS
