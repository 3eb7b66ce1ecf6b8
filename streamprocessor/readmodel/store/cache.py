"""What is costly to find out, found out again when it is some seconds old."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from threading import Lock
from typing import Generic, NamedTuple, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")

_MOST = 1_000


class _Known(NamedTuple, Generic[T]):
    value: T
    good_until: float
    told_until: float


class Cache(Generic[T]):
    """Values by key, each for so long. clock: seconds that only rise.

    told_seconds: for so long after that the old value is told still, while the new one is found out beside.
    """

    def __init__(
        self, clock: Callable[[], float], seconds: float, told_seconds: float = 0.0, beside: Executor | None = None
    ) -> None:
        self._clock = clock
        self._seconds, self._told_seconds = seconds, told_seconds
        self._beside = beside or ThreadPoolExecutor(1, "remembered")
        self._known: dict[Hashable, _Known[T]] = {}
        self._asked: set[Hashable] = set()
        self._gates: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def of(self, key: Hashable, find: Callable[[], T]) -> T:
        """What `find` said when it was asked last; who comes while another asks waits for that.

        `find` may be called in another thread, after this has returned.
        """
        with self._lock:
            known = self._known.get(key)
            if known is not None and self._clock() < known.told_until:
                if self._clock() >= known.good_until and key not in self._asked:
                    self._asked.add(key)
                    self._beside.submit(self._find_beside, key, find).add_done_callback(_tell_failure)
                return known.value
            gate = self._gates.setdefault(key, Lock())
        with gate:
            with self._lock:
                known = self._known.get(key)
                if known is not None and self._clock() < known.good_until:
                    return known.value
            return self._keep(key, find())

    def _find_beside(self, key: Hashable, find: Callable[[], T]) -> None:
        try:
            self._keep(key, find())
        finally:
            with self._lock:
                self._asked.discard(key)

    def _keep(self, key: Hashable, found: T) -> T:
        with self._lock:
            if len(self._known) >= _MOST:
                self._known.clear()
                self._gates.clear()
            good_until = self._clock() + self._seconds
            self._known[key] = _Known(found, good_until, good_until + self._told_seconds)
        return found


def _tell_failure(found: Future[None]) -> None:
    """Who asks once the old value is too old is told it themselves."""
    if (error := found.exception()) is not None:
        log.warning("what all contacts look like could not be found out anew: %s", error)
