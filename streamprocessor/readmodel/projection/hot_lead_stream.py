"""Hot leads as they come: server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine
from starlette.concurrency import run_in_threadpool

from streamprocessor.readmodel.metrics import Metrics
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.store import queries
from streamprocessor.readmodel.store.database import reading

MOST_STREAMS = 200
_AT_ONCE = 100
_LOOK_SECONDS = 1.0  # another process may have projected what we wait for
_HEARTBEAT_SECONDS = 15.0


class HotLeadStreams:
    """The streams of hot leads that clients of this process follow."""

    def __init__(self, engine: Engine, metrics: Metrics) -> None:
        self._engine = engine
        self._metrics = metrics
        self._changed = asyncio.Event()
        self._stopping = False
        self._streams = 0

    def wake(self) -> None:
        """Look for something new; called when something was projected."""
        self._changed.set()

    def stop(self) -> None:
        """Let all streams end; called when the process ends."""
        self._stopping = True
        self.wake()

    async def follow(
        self, last_event_id: str | None, may_follow: Callable[[Connection], bool], json_of: Callable[[Any], str]
    ) -> AsyncIterator[bytes]:
        """Hot leads after that one, or from now on, while they may be followed.

        may_follow: is asked before each look for something new, at least every second or so. json_of: what is told of a
        row. Raises Problem where there are too many streams.
        """
        if self._streams >= MOST_STREAMS:
            detail = f"streams: wanted at most {MOST_STREAMS} at a time; got one more: try again"
            raise Problem(503, "too-many-streams", detail, {"Retry-After": "10"})
        newest = await self._ask(queries.newest_hot_lead)
        is_number = last_event_id is not None and last_event_id.isascii() and last_event_id.isdigit()
        after = min(int(last_event_id or 0), newest) if is_number and len(last_event_id or "") < 19 else newest
        return self._events(after, may_follow, json_of)

    async def _events(
        self, after: int, may_follow: Callable[[Connection], bool], json_of: Callable[[Any], str]
    ) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        self._streams += 1
        self._metrics.streams.inc()
        try:
            yield b": hot leads follow\n\n"
            quiet_since = loop.time()
            while not self._stopping:
                rows = await self._ask(partial(_allowed, may_follow, after))
                if rows is None:
                    return
                for row in rows:
                    after = row.number
                    yield f"id: {row.number}\nevent: became-hot-lead\ndata: {json_of(row)}\n\n".encode()
                if rows:
                    quiet_since = loop.time()
                elif loop.time() - quiet_since > _HEARTBEAT_SECONDS:
                    quiet_since = loop.time()
                    yield b": still here\n\n"
                else:
                    self._changed.clear()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_SECONDS):
                            await self._changed.wait()
        finally:
            self._streams -= 1
            self._metrics.streams.dec()

    async def _ask(self, question: Callable[[Connection], Any]) -> Any:
        def ask() -> Any:
            with reading(self._engine) as connection:
                return question(connection)

        return await run_in_threadpool(ask)


def _allowed(may_follow: Callable[[Connection], bool], after: int, connection: Connection) -> Sequence[Any] | None:
    """The next hot leads; None: they may not be followed any more."""
    return queries.hot_leads_after(connection, after, _AT_ONCE) if may_follow(connection) else None
