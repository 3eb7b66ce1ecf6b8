"""What is costly to find out, found out again when it is some seconds old."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")

_MOST = 1_000


class Remembered(Generic[T]):
    """Values by key, each for so long. clock: seconds that only rise."""

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._known: dict[Hashable, tuple[float, T]] = {}
        self._lock = Lock()

    def of(self, key: Hashable, find: Callable[[], T]) -> T:
        """What `find` said when it was asked last; who comes while another asks waits for that."""
        with self._lock:
            known = self._known.get(key)
            if known is not None and self._clock() < known[0]:
                return known[1]
            found = find()
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[key] = (self._clock() + self._seconds, found)
            return found
