"""An event loop in which waiting takes no time: where nothing happens, its clock jumps to the next thing due."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_A_MOMENT_SECONDS = 0.002


class _Selector(selectors.DefaultSelector):
    jumped_seconds = 0.0
    threads_at_work = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.threads_at_work:
            return super().select(timeout)
        found = super().select(timeout if timeout is None else min(timeout, _A_MOMENT_SECONDS))
        if not found and timeout is not None and timeout > _A_MOMENT_SECONDS:
            self.jumped_seconds += timeout
        return found


class WarpLoop(asyncio.SelectorEventLoop):
    """The loop."""

    def __init__(self) -> None:
        self._warp = _Selector()
        super().__init__(self._warp)

    def time(self) -> float:
        return super().time() + self._warp.jumped_seconds

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        """As ever, in real time."""
        self._warp.threads_at_work += 1
        answer = super().run_in_executor(executor, func, *args)
        answer.add_done_callback(self._end_of_work)
        return answer

    def _end_of_work(self, _: asyncio.Future[Any]) -> None:
        self._warp.threads_at_work -= 1


def run_warped(work: Coroutine[Any, Any, T]) -> T:
    """What the work returns."""
    loop = WarpLoop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()
