"""How long a partition has no owner while workers come and go, under load."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice

from tests.bench.report import Figure
from tests.bench.rig import Rig
from tests.bench.scale import PARTITIONS
from tests.harness.system import System, until
from tests.harness.traffic import traffic
from tests.harness.workers import WorkerProcess

ASK_EVERY_SECONDS = 0.02
EVENTS_PER_SECOND = 500
SLICES_PER_SECOND = 10
MOST_SECONDS = 120.0
#: After which whoever has a partition by now was seen with it.
SETTLE_SECONDS = 1.0


class Ownership:
    """When each partition was last seen with an owner who scores it, and the longest time without."""

    def __init__(self, workers: Sequence[WorkerProcess]) -> None:
        self._workers = workers
        self._seen_seconds = dict.fromkeys(range(PARTITIONS), time.monotonic())
        self._longest_seconds = 0.0

    async def watch(self) -> None:
        """Ask all workers until cancelled."""
        async with asyncio.TaskGroup() as group:
            for worker in self._workers:
                group.create_task(self._watch(worker))

    async def _watch(self, worker: WorkerProcess) -> None:
        while True:
            for number in await asyncio.to_thread(worker.scored_partitions):
                now_seconds = time.monotonic()
                self._longest_seconds = max(self._longest_seconds, now_seconds - self._seen_seconds[number])
                self._seen_seconds[number] = now_seconds
            await asyncio.sleep(ASK_EVERY_SECONDS)

    def take_longest_seconds(self) -> float:
        """The longest time since the last call in which some partition had no owner, as far as it is over."""
        longest_seconds, self._longest_seconds = self._longest_seconds, 0.0
        return longest_seconds


def handover(rig: Rig) -> list[Figure]:
    """Restart, stop and kill workers while events flow."""
    return asyncio.run(_handover(rig))


async def _handover(rig: Rig) -> list[Figure]:
    session_timeout_seconds = rig.scale.session_timeout_seconds
    system = await asyncio.to_thread(rig.system, "handover", session_timeout_seconds=session_timeout_seconds)
    workers = [WorkerProcess(system.settings, name, rig.folder) for name in ("blue", "green", "red")]
    for worker in workers:
        rig.ending.callback(worker.discard)
    ownership = Ownership(workers)
    async with _load(system), _watching(ownership):
        await _all_work(workers)
        ownership.take_longest_seconds()
        return [figure async for figure in _figures(workers, ownership)]


async def _figures(workers: Sequence[WorkerProcess], ownership: Ownership) -> AsyncIterator[Figure]:
    blue, green, red = workers
    for worker in workers:
        await asyncio.to_thread(worker.stop)
        await worker.start().ready()
    yield await _without_owner("rolling restart of 3 workers", workers, ownership)
    await asyncio.to_thread(red.stop)
    yield await _without_owner("3 workers to 2", (blue, green), ownership)
    await red.start().ready()
    yield await _without_owner("2 workers to 3", workers, ownership)
    await asyncio.gather(asyncio.to_thread(green.stop), asyncio.to_thread(red.stop))
    yield await _without_owner("3 workers to 1 at once", (blue,), ownership)
    await _all_work(workers)
    ownership.take_longest_seconds()
    green.kill()
    await green.start().ready()
    yield await _without_owner("kill -9, started again", workers, ownership)
    green.kill()
    yield await _without_owner("kill -9 for good", (blue, red), ownership)


async def _without_owner(name: str, left: Sequence[WorkerProcess], ownership: Ownership) -> Figure:
    """The longest time without an owner since the last figure, once these workers have all partitions."""
    await _own_all(left)
    await asyncio.sleep(SETTLE_SECONDS)
    return Figure(f"longest without an owner: {name}", ownership.take_longest_seconds(), "s")


async def _all_work(workers: Sequence[WorkerProcess]) -> None:
    for worker in workers:
        if not worker.is_running():
            worker.start()
    for worker in workers:
        await worker.ready()
    await _own_all(workers)


async def _own_all(workers: Sequence[WorkerProcess]) -> None:
    await until(
        lambda: _scored(workers), lambda count: count == PARTITIONS, MOST_SECONDS, "each partition has an owner"
    )


def _scored(workers: Sequence[WorkerProcess]) -> int:
    return len({number for worker in workers for number in worker.scored_partitions()})


@asynccontextmanager
async def _load(system: System) -> AsyncIterator[None]:
    """Events at an even rate while the block runs."""
    sending = asyncio.ensure_future(_send(system))
    try:
        yield
    finally:
        sending.cancel()
        await asyncio.wait([sending])


async def _send(system: System) -> None:
    events = traffic(31, 5_000, 10_000_000, int(time.time() * 1000))
    async with system.producer() as producer:
        while True:
            await system.send_through(producer, islice(events, EVENTS_PER_SECOND // SLICES_PER_SECOND))
            await asyncio.sleep(1 / SLICES_PER_SECOND)


@asynccontextmanager
async def _watching(ownership: Ownership) -> AsyncIterator[None]:
    watching = asyncio.ensure_future(ownership.watch())
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.wait([watching])
