"""Connections that stall, flood or speak nonsense, against the server on its own: no Kafka, no formats."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from streamprocessor.errors import OperatorError
from streamprocessor.process.http import connection
from streamprocessor.process.http.connection import Connection
from streamprocessor.process.http.serving import Server, listening_socket, serving
from streamprocessor.process.logs.context import context_of_line

HOUR_SECONDS = 3600.0
MOST = 200
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
    monkeypatch.setattr(connection, "HEADERS_SECONDS", 0.4)
    monkeypatch.setattr(connection, "BODY_SECONDS", 0.8)
    monkeypatch.setattr(connection, "LOOK_SECONDS", 0.1)
    listening = listening_socket("collector", "127.0.0.1", 0)
    stop: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    running = asyncio.ensure_future(Server(echo, MOST).run_until([stop], listening))
    yield listening.getsockname()[1]
    stop.set_result(None)
    await running


async def test_who_leaves_before_the_first_of_two_answers_is_known_to_have_left() -> None:
    begun, left = asyncio.Event(), asyncio.Event()

    async def endless(_: Scope, receive: Receive, __: Send) -> None:
        begun.set()
        while (await receive())["type"] != "http.disconnect":
            pass
        left.set()

    async with serving(endless, listening_socket("test", "127.0.0.1", 0)) as port, asyncio.timeout(10):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n" * 2)
        await begun.wait()
        writer.transport.abort()
        await left.wait()


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
    for limit in ("HEADERS_SECONDS", "BODY_SECONDS"):
        monkeypatch.setattr(connection, limit, HOUR_SECONDS)
    stalling = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
    for _, writer in stalling:
        writer.write(LINE + b"content-length: 5\r\n\r\nab")

    answer, _ = await answered_until_closed(port, LINE + b"content-length: 3\r\nconnection: close\r\n\r\nabc")

    assert answer.endswith(b"\r\n\r\n3")
    assert not any(reader.at_eof() for reader, _ in stalling)
    monkeypatch.setattr(connection, "BODY_SECONDS", 0.0)
    for reader, writer in stalling:
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        writer.close()


class Clock:
    """The server's clock, which is put forward, and how often the server has looked at it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._ahead_seconds, self._looks, look = 0.0, 0, Connection.close_if_late

        def counted(each: Connection) -> None:
            look(each)
            self._looks += 1

        monkeypatch.setattr(Connection, "close_if_late", counted)
        monkeypatch.setattr(connection, "time", self)

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
    for limit in ("HEADERS_SECONDS", "BODY_SECONDS"):
        monkeypatch.setattr(connection, limit, HOUR_SECONDS)
    monkeypatch.setattr(connection, "KEEP_ALIVE_SECONDS", 3 * HOUR_SECONDS)
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


async def closed(reader: asyncio.StreamReader) -> bytes:
    """What came until the server closed."""
    async with asyncio.timeout(10):
        return await reader.read()


@pytest.mark.parametrize(
    "begun", [b"", LINE, LINE + b"content-length: 5\r\n\r\nab", LINE + b"content-length: 1\r\n\r\nx"]
)
async def test_however_many_wait_for_nothing_whoever_comes_next_is_answered(
    port: int, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    for limit in ("HEADERS_SECONDS", "BODY_SECONDS"):
        monkeypatch.setattr(connection, limit, HOUR_SECONDS)
    waiting = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MOST)]
    for _, writer in waiting:
        writer.write(begun)
    served = begun.endswith(b"x")
    if served:  # and kept alive
        for reader, _ in waiting:
            assert (await reader.readuntil(b"\r\n\r\n1"))[9:12] == b"200"

    for _ in range(3):
        answer, _ = await answered_until_closed(port, LINE + b"content-length: 3\r\nconnection: close\r\n\r\nabc")
        assert answer.endswith(b"\r\n\r\n3")

    assert await closed(waiting[0][0]) == b""
    assert not waiting[-1][0].at_eof()
    for _, writer in waiting:
        writer.close()


async def test_where_all_are_being_answered_one_more_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await let_go.wait()
        await PlainTextResponse("done")(scope, receive, send)

    listening = listening_socket("api", "127.0.0.1", 0)
    port, stop = listening.getsockname()[1], asyncio.get_running_loop().create_future()
    running = asyncio.ensure_future(Server(slow, 2).run_until([stop], listening))
    request = b"GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n"
    busy = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
    for _, writer in busy:
        writer.write(request)

    async def refused() -> bool:
        return (await answered_until_closed(port))[0].startswith(b"HTTP/1.1 503")

    async with asyncio.timeout(10):
        while not await refused():  # noqa: ASYNC110 - until both are being answered
            await asyncio.sleep(0.01)
    let_go.set()
    assert [(await closed(reader)).endswith(b"done") for reader, _ in busy] == [True, True]
    for _, writer in busy:
        writer.close()
    assert (await answered_until_closed(port, request))[0].endswith(b"done")
    stop.set_result(None)
    await running


async def test_a_kept_connection_on_which_nothing_is_asked_ends_whatever_else_is_sent(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for rest, status in ((b"", b""), (b"\r\n", b"408")):  # an empty line has uvicorn forget its own time limit
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(LINE + b"content-length: 1\r\n\r\nx")
        await reader.readuntil(b"\r\n\r\n1")
        writer.write(rest)
        monkeypatch.setattr(connection, "KEEP_ALIVE_SECONDS", 0.2)
        assert (await closed(reader))[9:12] == status
        writer.close()


async def test_a_large_body_may_take_as_long_as_its_bytes_need(monkeypatch: pytest.MonkeyPatch) -> None:
    came = 0

    async def counting(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal came
        while (message := await receive())["type"] == "http.request":
            came += len(message["body"])

    for name, value in (("BODY_SECONDS", HOUR_SECONDS), ("BODY_BYTES_PER_SECOND", 10), ("LOOK_SECONDS", 0.1)):
        monkeypatch.setattr(connection, name, value)
    clock = Clock(monkeypatch)
    async with serving(counting, listening_socket("api", "127.0.0.1", 0)) as port:
        for size, is_in_time in ((100, False), (100_000, True)):  # which are worth 10 s and 10 000 s
            came = 0
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(LINE + b"content-length: %d\r\n\r\n" % (size + 1) + b"x" * size)
            async with asyncio.timeout(10):
                while came < size:  # noqa: ASYNC110 - it is another side that reads
                    await asyncio.sleep(0.01)
            await clock.forward(HOUR_SECONDS + 60)
            if is_in_time:
                await clock.forward(0)
                assert not reader.at_eof()
            else:
                assert await closed(reader) == b""
            writer.close()


async def test_who_does_not_read_the_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        reading = asyncio.ensure_future(receive())
        while not (reading.done() and reading.result()["type"] == "http.disconnect"):
            reading = asyncio.ensure_future(receive()) if reading.done() else reading
            await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
            await asyncio.sleep(0)
        ended.set_result(None)

    monkeypatch.setattr(connection, "READ_SECONDS", 0.2)
    monkeypatch.setattr(connection, "LOOK_SECONDS", 0.1)
    async with serving(endless, listening_socket("api", "127.0.0.1", 0)) as port:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n")
            async with asyncio.timeout(10):
                await ended


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


@pytest.mark.parametrize(
    ("begun", "reason"),
    [
        (b"GET / HT", "not whole within 0 s"),
        (LINE + b"content-length: 10\r\n\r\nabc", "not whole within 1 s"),
        (LINE + b"x-large: " + b"a" * 40_000, "headers larger than 32 KiB"),
        (b"GET / HTTP/2.0\r\nhost: h\r\n\r\n", "not HTTP/1.0 or 1.1, or for several hosts"),
        (b"", None),
    ],
)
async def test_of_requests_that_do_not_become_whole_a_network_makes_one_line_however_many_they_are(
    port: int, begun: bytes, reason: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")

    await asyncio.gather(*(answered_until_closed(port, *([begun] if begun else [])) for _ in range(20)))

    wanted = [f"a request from 127.0.0.0/24 is refused: {reason}"] if reason else []
    assert [record.getMessage() for record in caplog.records] == wanted


async def test_what_is_logged_within_a_request_names_the_trace_that_it_is_part_of() -> None:
    async def telling(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(context_of_line().get("trace_id", "none"))(scope, receive, send)

    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = (f"traceparent: 00-{trace}-00f067aa0ba902b7-01\r\n".encode(), b"traceparent: 00-no-trace-01\r\n", b"")
    async with serving(telling, listening_socket("api", "127.0.0.1", 0)) as port:
        end = b"connection: close\r\n\r\n"
        answers = [await answered_until_closed(port, b"GET / HTTP/1.1\r\nhost: h\r\n" + each + end) for each in headers]

    assert [answer.rpartition(b"\r\n\r\n")[2] for answer, _ in answers] == [trace.encode(), b"none", b"none"]
