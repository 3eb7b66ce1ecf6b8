"""Requests at a given rate, whatever the answers take: a slow answer delays no question, so it is not hidden."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

CONNECTIONS = 64


async def latencies_ms(port: int, requests: Sequence[bytes], rate: float, seconds: float) -> list[float]:
    """Milliseconds from when each request was due to the end of its answer; raises RuntimeError for one that is no 200.

    Waits up to a second until something listens there.
    """
    free: asyncio.Queue[_Connection] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await _Connection.open(port))
    found: list[float] = []
    asking: set[asyncio.Task[None]] = set()
    began = time.perf_counter()

    async def ask(request: bytes, due: float) -> None:
        connection = await free.get()
        await connection.ask(request)
        free.put_nowait(connection)
        found.append((time.perf_counter() - due) * 1000)

    for number in range(int(rate * seconds)):
        due = began + number / rate
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        asking.add(asyncio.ensure_future(ask(requests[number % len(requests)], due)))
    await asyncio.gather(*asking)
    while not free.empty():
        free.get_nowait().close()
    return found


class _Connection:
    """One connection that is kept alive."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> _Connection:
        deadline = time.monotonic() + 1.0
        while True:
            try:
                return cls(*await asyncio.open_connection("127.0.0.1", port))
            except ConnectionRefusedError:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.01)

    async def ask(self, request: bytes) -> None:
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            message = f"wanted 200; got {head[:40]!r}"
            raise RuntimeError(message)
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await self._reader.readexactly(int(length.partition(b":")[2]))

    def close(self) -> None:
        self._writer.close()
