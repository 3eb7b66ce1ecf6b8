"""Clients that write bytes and read answers, many at a time, each on a connection that it keeps."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import NamedTuple

import httptools

from streamprocessor.process.http.connection import HEADERS_SECONDS
from tests.fuzz.requests import Request

ANSWER_SECONDS = 60.0  # of a crowded machine: that the server is not blocked is measured by itself
PATIENCE_SECONDS = 0.05
MOST_HELD = 200
MOST_CLOSED = 3


class Answer(NamedTuple):
    """What came of a request. status: None where the connection was closed, or nothing came that had to."""

    status: int | None
    seconds: float


class _Reading:
    """One answer as it comes."""

    def __init__(self, has_body: bool) -> None:
        self._has_body = has_body
        self.status: int | None = None
        self.is_whole = self.has_head = False
        self.parser = httptools.HttpResponseParser(self)

    def on_headers_complete(self) -> None:
        """A head; those of 1xx come before another."""
        status = self.parser.get_status_code()
        if status >= 200:
            self.status, self.has_head = status, True
            self.is_whole = not self._has_body

    def on_message_complete(self) -> None:
        """The body's end."""
        self.is_whole = self.has_head


class Lane:
    """One request after the other. held: connections that are left open half-way, of all lanes to a server."""

    def __init__(self, port: int, held: deque[asyncio.StreamWriter]) -> None:
        self._port = port
        self._held = held
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: Request) -> Answer:
        """Write the request and read its answer; one that is not whole may have none."""
        began = time.monotonic()
        for _ in range(MOST_CLOSED):
            asked, was_open = time.monotonic(), self._open is not None
            status, has_begun = await self._asked(request)
            # A server may close what was idle, also where it is the machine that let the client wait before it wrote.
            is_late = was_open or time.monotonic() - asked > HEADERS_SECONDS
            if not request.is_whole or status is not None or has_begun or not is_late:
                break
        return Answer(status, time.monotonic() - began)

    async def _asked(self, request: Request) -> tuple[int | None, bool]:
        reading = _Reading(has_body=not request.raw.startswith(b"HEAD "))
        has_begun = False
        try:
            if self._open is None:
                self._open = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._open
            async with asyncio.timeout(ANSWER_SECONDS if request.is_whole else PATIENCE_SECONDS):
                writer.write(request.raw)
                await writer.drain()
                while not reading.is_whole and (data := await reader.read(1 << 16)):
                    has_begun = True
                    reading.parser.feed_data(data)
                    if reading.has_head and b"/stream" in request.raw[:200]:  # its answer has no end
                        break
        except (OSError, TimeoutError, httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._leave(hold=not request.is_whole and not has_begun)
        else:
            if not (reading.is_whole and request.is_whole and reading.parser.should_keep_alive()):
                self._leave()
        return reading.status, has_begun

    def _leave(self, hold: bool = False) -> None:
        if self._open is None:
            return
        writer = self._open[1]
        self._open = None
        if hold:
            self._held.append(writer)
            if len(self._held) <= MOST_HELD:
                return
            writer = self._held.popleft()
        writer.transport.abort()

    def close(self) -> None:
        """Close the connection that is open, if any."""
        self._leave()
