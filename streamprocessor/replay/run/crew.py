"""The processes of a replay, as many at once as there are cores."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple, TypeVar

from streamprocessor.errors import MustRestartError
from streamprocessor.replay.run import tasks
from streamprocessor.replay.run.order import ReplayOrder

Result = TypeVar("Result")

LOOK_SECONDS = 0.2
FEWEST_RECORDS = 20_000
"""Fewer are replayed sooner than processes are started."""
READING_WEIGHT, REPLAYING_WEIGHT = 1, 6
"""How long a record takes to be read, and to be replayed, by both models, in proportion."""


class ReplayProgress(NamedTuple):
    """How far a replay is.

    records: that are replayed. records_all: that there are.
    remaining_seconds: at the pace so far; None: it is not known yet.
    """

    records: int
    records_all: int
    remaining_seconds: float | None


OnProgress = Callable[[ReplayProgress], object]


class Crew:
    """Those who work on the parts of one replay. Made by `crew`."""

    def __init__(self, executor: ProcessPoolExecutor | None, counts: Sequence[Any], on_progress: OnProgress) -> None:
        """executor: its processes; None: parts are replayed in this one."""
        self._executor, self._on_progress = executor, on_progress
        self._read, self._replayed, _ = counts
        self._began_seconds = time.monotonic()
        self.records_all = 0

    def expect(self, records: int) -> None:
        """So many more records are to be replayed."""
        self.records_all += records

    def each(self, part: Callable[..., Result], of: Iterable[tuple[Any, ...]]) -> Iterator[Result]:
        """What the part returns for each of these arguments, as soon as it is there.

        Raises what a part raises, and MustRestartError where a process was killed.
        """
        if self._executor is None:
            for arguments in of:
                yield part(*arguments)
            self._on_progress(self._progress())
            return
        pending: set[Future[Result]] = {self._executor.submit(part, *arguments) for arguments in of}
        try:
            while pending:
                done, pending = wait(pending, LOOK_SECONDS, FIRST_COMPLETED)
                self._on_progress(self._progress())
                for future in done:
                    yield future.result()
        except BrokenProcessPool as error:
            message = "replay: one of its processes was killed, perhaps for it took too much memory; begin it anew"
            raise MustRestartError(message) from error

    def _progress(self) -> ReplayProgress:
        done = READING_WEIGHT * self._read.value + REPLAYING_WEIGHT * self._replayed.value
        all_of_it = (READING_WEIGHT + REPLAYING_WEIGHT) * self.records_all
        seconds = time.monotonic() - self._began_seconds
        remaining = max(0.0, seconds * (all_of_it - done) / done) if done and self._replayed.value else None
        return ReplayProgress(min(self._replayed.value, self.records_all), self.records_all, remaining)


@contextmanager
def crew(order: ReplayOrder, on_progress: OnProgress, records: int | None = None) -> Iterator[Crew]:
    """Processes for this order; whatever they still do ends with the block.

    records: how many there are; where they are few, none is started. None: nobody knows yet.
    """
    context = multiprocessing.get_context("spawn")
    counts = [context.Value("q", 0), context.Value("q", 0), context.Value("b", 0)]
    if records is not None and records < FEWEST_RECORDS:
        tasks.begin_here(order, *counts)
        yield Crew(None, counts, on_progress)
        return
    executor = ProcessPoolExecutor(cores(), context, partial(tasks.begin, order, *counts))
    try:
        yield Crew(executor, counts, on_progress)
    finally:
        counts[2].value = 1
        executor.shutdown(cancel_futures=True)


def cores() -> int:
    """How many processes can be at work at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
