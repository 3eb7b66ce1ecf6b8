"""The store in a thread of its own, and outcomes written in batches: the more come, the larger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from streamprocessor.delivery.store.store import Store, StoredOutcome

CHECKPOINT_SECONDS = 1.0

T = TypeVar("T")


class StoreThread:
    """Runs all work on the store in one thread, in the order in which it was asked for."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._thread = ThreadPoolExecutor(1, "store")
        self._pending: list[StoredOutcome] = []
        self._wake = asyncio.Event()

    def note(self, outcome: StoredOutcome) -> None:
        """Have the outcome written soon. One that a crash takes is found again by sending again, under the same id."""
        self._pending.append(outcome)
        self._wake.set()

    async def ask(self, work: Callable[[Store], T]) -> T:
        """What the work on the store answers, after all outcomes noted so far are written."""
        outcomes, self._pending = self._pending, []

        def do() -> T:
            if outcomes:
                self.store.record(outcomes)
            return work(self.store)

        return await asyncio.get_running_loop().run_in_executor(self._thread, do)

    async def run(self) -> None:
        """Write outcomes for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self.ask(lambda _: None)

    async def checkpoint(self) -> None:
        """Bring what was written to where it stays, beside the writing, for ever: it waits for the disk."""
        while True:
            await asyncio.sleep(CHECKPOINT_SECONDS)
            await asyncio.to_thread(self.store.checkpoint)

    async def close(self) -> None:
        """Write what is left, and let go of the store."""
        try:
            await self.ask(lambda _: None)
        finally:
            self._thread.shutdown()
            self.store.close()
