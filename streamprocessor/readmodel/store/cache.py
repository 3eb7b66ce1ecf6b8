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


class _Entry(NamedTuple, Generic[T]):
    value: T
    fresh_until: float
    stale_until: float


class Cache(Generic[T]):
    """Values by key, each for so long. clock: seconds that only rise.

    stale_seconds: for so long after that the old value is given still, while the new one is found out beside.
    """

    def __init__(
        self, clock: Callable[[], float], seconds: float, stale_seconds: float = 0.0, beside: Executor | None = None
    ) -> None:
        self._clock = clock
        self._seconds, self._stale_seconds = seconds, stale_seconds
        self._beside = beside or ThreadPoolExecutor(1, "revalidation")
        self._entries: dict[Hashable, _Entry[T]] = {}
        self._asked: set[Hashable] = set()
        self._gates: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def of(self, key: Hashable, find: Callable[[], T], find_beside: Callable[[], T] | None = None) -> T:
        """What `find` said when it was asked last; who comes while another asks waits for that.

        find_beside: finds the same in another thread, after this has returned; None: `find` itself does.
        """
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and self._clock() < entry.stale_until:
                if self._clock() >= entry.fresh_until and key not in self._asked:
                    self._asked.add(key)
                    self._beside.submit(self._find_beside, key, find_beside or find).add_done_callback(_log_failure)
                return entry.value
            gate = self._gates.setdefault(key, Lock())
        with gate:
            with self._lock:
                entry = self._entries.get(key)
                if entry is not None and self._clock() < entry.fresh_until:
                    return entry.value
            return self._store(key, find())

    def _find_beside(self, key: Hashable, find: Callable[[], T]) -> None:
        try:
            self._store(key, find())
        finally:
            with self._lock:
                self._asked.discard(key)

    def _store(self, key: Hashable, value: T) -> T:
        with self._lock:
            if len(self._entries) >= _MOST:
                self._entries.clear()
                self._gates.clear()
            fresh_until = self._clock() + self._seconds
            self._entries[key] = _Entry(value, fresh_until, fresh_until + self._stale_seconds)
        return value


def _log_failure(lookup: Future[None]) -> None:
    """Log why a value was not found anew; who asks once the old one is too old meets that themselves."""
    if (error := lookup.exception()) is not None:
        log.warning("what all contacts look like could not be found out anew: %s", error)
