"""Whether delivery is at work: what it misses, in words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from streamprocessor.delivery.store.store import Positions
from streamprocessor.delivery.store.store_thread import StoreThread
from streamprocessor.errors import StreamprocessorError

PATIENCE_SECONDS = 2.0


class Readiness:
    """Looks at what delivery needs. behind: whoever else can say in words what is missing."""

    def __init__(self, store_thread: StoreThread, *behind: Callable[[], Iterable[str]]) -> None:
        self._store_thread = store_thread
        self._behind = behind
        self._question: asyncio.Future[Positions] | None = None

    async def missing(self) -> list[str]:
        """What is missing; nothing where all is well."""
        database = await self._missing_of_database()
        return [sentence for say in self._behind for sentence in say()] + database

    async def _missing_of_database(self) -> list[str]:
        # One question at a time, be those who look ever so many.
        question = self._question or asyncio.ensure_future(self._store_thread.ask(lambda store: store.positions()))
        self._question = question
        await asyncio.wait({question}, timeout=PATIENCE_SECONDS)
        if not question.done():
            return [f"the database has not answered for {PATIENCE_SECONDS:.0f} s"]
        self._question = None
        error = question.exception()
        if error is not None and not isinstance(error, StreamprocessorError):
            raise error
        return [] if error is None else ["the database can't be used"]
