"""Connections that stall, flood or speak nonsense, against the server on its own: no Kafka, no formats."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from streamprocessor.collector.http import server
from streamprocessor.collector.http.server import CollectorServer
from streamprocessor.errors import OperatorError
from streamprocessor.process.serving import listening_socket

HOUR_SECONDS = 3600.0
LINE = b"POST / HTTP/1.1\r\nhost: h\r\n"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the length of the body, once it is whole; under /refused without reading it."""
    if scope["path"] == "/refused":
        await PlainTextResponse("unread", 403)(scope, receive, send)
        return
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message["body"]), message["more_body"]
    await PlainTextResponse(str(size))(scope, receive, send)


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """A running server with short patience."""
    monkeypatch.setattr(server, "HEADERS_SECONDS", 0.4)
    monkeypatch.setattr(server, "REQUEST_SECONDS", 0.8)
    monkeypatch.setattr(server, "_LOOK_SECONDS", 0.1)
    listening = listening_socket("collector", "127.0.0.1", 0)
    stop: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    serving = asyncio.ensure_future(CollectorServer(echo).run_until(stop, listening))
    yield listening.getsockname()[1]
    stop.set_result(None)
    await serving


async def answered_until_closed(port: int, *parts: bytes) -> tuple[bytes, float]:
    """What the server answers to these bytes until it closes, and after how many seconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.monotonic()
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(10):
            answer = await reader.read()
    except ConnectionError:
        answer = b""
    finally:
        writer.close()
    return answer, time.monotonic() - began


@pytest.mark.parametrize(
    ("parts", "status", "at_least_seconds"),
    [
        ((), b"", 0.3),
        ((b"GET / HT",), b"408", 0.3),
        ((LINE + b"x-slow: 1",), b"408", 0.3),
        ((LINE + b"content-length: 10\r\n\r\nabc",), b"", 0.7),
        ((LINE + b"x-large: " + b"a" * 200_000,), b"431", 0.0),
        ((LINE, *([b"x-many: " + b"a" * 1_000 + b"\r\n"] * 100)), b"431", 0.0),
        ((b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",), b"431", 0.0),
        ((b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello over TLS",), b"400", 0.0),
        ((b"GET / HTTP/1.1\r\nhost: h\r\ncontent-length: -1\r\n\r\n",), b"400", 0.0),
        ((b"GET /\xff\xfe HTTP/1.1\r\nhost: h\r\n\r\n",), b"400", 0.0),
    ],
)
async def test_a_request_that_does_not_become_whole_is_ended(
    port: int, parts: tuple[bytes, ...], status: bytes, at_least_seconds: float
) -> None:
    answer, seconds = await answered_until_closed(port, *parts)

    assert answer[9:12] == status or (answer == b"" and status == b"431")  # closed while it was still being sent to
    assert seconds >= at_least_seconds


async def test_a_hundred_stalling_clients_hold_up_nobody(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("HEADERS_SECONDS", "REQUEST_SECONDS"):
        monkeypatch.setattr(server, limit, HOUR_SECONDS)
    stalling = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
    for _, writer in stalling:
        writer.write(LINE + b"content-length: 5\r\n\r\nab")

    answer, _ = await answered_until_closed(port, LINE + b"content-length: 3\r\nconnection: close\r\n\r\nabc")

    assert answer.endswith(b"\r\n\r\n3")
    assert not any(reader.at_eof() for reader, _ in stalling)
    monkeypatch.setattr(server, "REQUEST_SECONDS", 0.0)
    for reader, writer in stalling:
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        writer.close()


class Clock:
    """The server's clock, which is put forward, and how often the server has looked at it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._ahead_seconds, self._looks, look = 0.0, 0, server.Connection.close_if_late

        def counted(connection: server.Connection, now_seconds: float) -> None:
            look(connection, now_seconds)
            self._looks += 1

        monkeypatch.setattr(server.Connection, "close_if_late", counted)
        monkeypatch.setattr(server, "time", self)

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead_seconds

    async def forward(self, seconds: float) -> None:
        """Return once the server has looked for connections that are late at the new time."""
        self._ahead_seconds += seconds
        before = self._looks
        async with asyncio.timeout(10):
            while self._looks == before:  # noqa: ASYNC110 - the server tells nobody that it looks
                await asyncio.sleep(0.01)


async def test_a_slow_client_that_is_within_its_time_is_served_and_kept(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in ("HEADERS_SECONDS", "REQUEST_SECONDS"):
        monkeypatch.setattr(server, limit, HOUR_SECONDS)
    clock = Clock(monkeypatch)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(3):
        for part in (LINE + b"content-length: 3\r\n\r\n", b"a", b"bc"):
            writer.write(part)
            await clock.forward(HOUR_SECONDS / 4)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        assert await reader.readexactly(1) == b"3"
        await clock.forward(2 * HOUR_SECONDS)  # idle for longer than a request may take
    writer.close()


async def test_pipelined_requests_are_answered_in_order(port: int) -> None:
    requests = b"".join(LINE + b"content-length: %d\r\n\r\n" % size + b"x" * size for size in (1, 2, 3))
    last = LINE + b"connection: close\r\ncontent-length: 4\r\n\r\nxxxx"

    answer, _ = await answered_until_closed(port, requests + last)

    assert [part[-1:] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"1", b"2", b"3", b"4"]


async def test_a_body_that_nobody_reads_is_passed_over_and_the_next_request_is_answered(port: int) -> None:
    size = 3_000_000
    unread = b"POST /refused HTTP/1.1\r\nhost: h\r\ncontent-length: %d\r\n\r\n" % size
    last = LINE + b"connection: close\r\ncontent-length: 4\r\n\r\nxxxx"

    answer, _ = await answered_until_closed(port, unread, b"x" * size, last)

    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"403", b"200"]


def test_a_port_in_use_is_told() -> None:
    listening = listening_socket("collector", "127.0.0.1", 0)
    with listening, pytest.raises(OperatorError, match="can't be listened on"):
        listening_socket("collector", "127.0.0.1", listening.getsockname()[1])
