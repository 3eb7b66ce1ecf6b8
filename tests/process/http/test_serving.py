"""A server of ours among clients that can't speak HTTP."""

from __future__ import annotations

import asyncio

import pytest
from starlette.applications import Starlette

from streamprocessor.process.http.serving import listening_socket, serving

SECRET = b"Bearer somebodys-token"
REFUSED = "a request from 127.0.0.0/24 is refused: "
MALFORMED = [
    b"rubbish\r\n\r\n",
    b"GET / HTTP/1.1\r\nauthorization: " + SECRET + b"\r\nbad header\r\n\r\n",
    b"GET / HTTP/1.1\r\nauthorization " + SECRET + b": x\r\n\r\n",
    b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: " + SECRET + b"\r\n\r\n",
    b"POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n" + SECRET + b"\r\n",
    b"\x16\x03\x01\x02\x00\x01",
]


@pytest.mark.parametrize("request_bytes", MALFORMED, ids=range(len(MALFORMED)))
async def test_a_malformed_request_is_refused_and_leaves_one_line_for_its_network_with_nothing_of_its_own(
    request_bytes: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    async with serving(Starlette(), listening_socket("test", "127.0.0.1", 0)) as port, asyncio.timeout(10):
        for _ in range(3):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request_bytes)
            await writer.drain()
            answer = await reader.read()
            writer.close()

    assert answer.startswith(b"HTTP/1.1 400")
    assert SECRET not in answer
    what = "TLS, which this port does not speak" if request_bytes.startswith(b"\x16") else "not HTTP"
    assert [record.getMessage() for record in caplog.records] == [REFUSED + what]
    assert caplog.records[0].exc_info is None
