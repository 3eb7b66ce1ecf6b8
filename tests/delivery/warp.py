"""An event loop in which waiting takes no time: where nothing happens, its clock jumps to the next thing due."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_A_MOMENT_SECONDS = 0.01  # for threads to answer in


class _Selector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    jumped_seconds = 0.0

    def select(self, timeout: float | None = None) -> Any:
        found = super().select(_A_MOMENT_SECONDS if timeout is None else min(timeout, _A_MOMENT_SECONDS))
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


def run_warped(work: Coroutine[Any, Any, T]) -> T:
    """What the work returns."""
    loop = WarpLoop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()
