"""Requests that a proxy before us may read otherwise than we do: each is refused, and nothing behind it is done."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from streamprocessor.process.http.serving import listening_socket, serving

LINE = b"POST / HTTP/1.1\r\nhost: h\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nhost: h\r\n\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n"
NO_CHUNKS = b"\r\n0\r\n\r\n"
MALFORMED = {
    "length and chunks": LINE + b"content-length: 5\r\n" + CHUNKED + NO_CHUNKS,
    "chunks and length": LINE + CHUNKED + b"content-length: 5\r\n" + NO_CHUNKS,
    "two lengths": LINE + b"content-length: 5\r\ncontent-length: 6\r\n\r\nabcde",
    "one length twice": LINE + b"content-length: 5\r\ncontent-length: 5\r\n\r\nabcde",
    **{
        f"length {length}": LINE + b"content-length: %b\r\n\r\nabcde" % length.encode()
        for length in ("5, 5", "+5", "-1", "0x5", "5 5", "5a", "99999999999999999999999")
    },
    "length with a space": LINE + b"content-length : 5\r\n\r\nabcde",
    **{
        f"coding {coding!r}": LINE + b"transfer-encoding:%b\r\n" % coding.encode() + NO_CHUNKS
        for coding in (" xchunked", " chunked, identity", " identity", " \x0bchunked", " chunked\r\n folded")
    },
    "two codings": LINE + CHUNKED + b"transfer-encoding: identity\r\n" + NO_CHUNKS,
    "coding with a space": LINE + b"transfer-encoding : chunked\r\n" + NO_CHUNKS,
    **{
        f"chunk of {size}": LINE + CHUNKED + b"\r\n%b\r\nabcde\r\n0\r\n\r\n" % size.encode()
        for size in ("-1", "0x5", "5 5", "zz", "", "f" * 17)
    },
    "a chunk without its end": LINE + CHUNKED + b"\r\n3\r\nabcX0\r\n\r\n",
    "bare line feeds": b"POST / HTTP/1.1\nhost: h\ncontent-length: 3\n\nabc",
    "a bare carriage return": b"POST / HTTP/1.1\r\nhost: h\rx: y\r\ncontent-length: 3\r\n\r\nabc",
    "a folded header": LINE + b"x: a\r\n b\r\ncontent-length: 3\r\n\r\nabc",
    "NUL in a value": LINE + b"x: a\0b\r\n\r\n",
    "NUL in a name": LINE + b"x\0: a\r\n\r\n",
    "two hosts": LINE + b"host: other\r\ncontent-length: 3\r\n\r\nabc",
    "one host twice": LINE + b"Host: h\r\n\r\n",
    **{
        f"version {text}": b"GET / %b\r\nhost: h\r\n\r\n" % text.encode()
        for text in ("HTTP/0.9", "HTTP/2.0", "HTTP/1.2")
    },
    "no version": b"GET /\r\nhost: h\r\n\r\n",
    "HTTP/2 as it is": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a header too large": LINE + b"x: " + b"y" * 40_000 + b"\r\n\r\n",
}
WELL_FORMED = {
    "a length in capitals": b"POST / HTTP/1.1\r\nHOST: h\r\nCONTENT-LENGTH: 3\r\n\r\nabc",
    "a body of GET": b"GET / HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\n\r\nabc",
    "chunks": LINE + CHUNKED + b"\r\n3;x=y\r\nabc\r\n0\r\nx: trailer\r\n\r\n",
}


class Asked(NamedTuple):
    """The statuses that were answered until all was answered or closed, the paths begun, and what came whole."""

    statuses: list[bytes]
    begun: list[str]
    came: list[tuple[str, bytes]]


async def asked(request: bytes) -> Asked:
    """What becomes of the bytes."""
    begun: list[str] = []
    came: list[tuple[str, bytes]] = []

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        begun.append(scope["path"])
        body = bytearray()
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message["more_body"]:
                came.append((scope["path"], bytes(body)))
                break
        await PlainTextResponse("")(scope, receive, send)

    async with serving(noting, listening_socket("test", "127.0.0.1", 0)) as port, asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        writer.write_eof()
        answer = await reader.read()
        writer.close()
    return Asked([part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]], begun, came)


@pytest.mark.parametrize("name", MALFORMED)
async def test_what_can_be_read_in_two_ways_is_refused_with_all_that_is_behind_it(name: str) -> None:
    statuses, begun, came = await asked(MALFORMED[name] + SMUGGLED)

    assert statuses == [b"431" if name == "a header too large" else b"400"]
    assert (came, begun.count("/smuggled")) == ([], 0)


@pytest.mark.parametrize("name", WELL_FORMED)
async def test_what_is_odd_and_means_one_thing_is_answered(name: str) -> None:
    statuses, _, came = await asked(WELL_FORMED[name] + SMUGGLED)

    assert statuses == [b"200", b"200"]
    assert came == [("/", b"abc"), ("/smuggled", b"")]


async def test_a_client_that_speaks_an_older_version_is_answered_and_the_connection_is_closed() -> None:
    statuses, _, came = await asked(b"POST / HTTP/1.0\r\ncontent-length: 3\r\n\r\nabc" + SMUGGLED)

    assert statuses == [b"200"]
    assert came == [("/", b"abc")]
