"""How many contacts filters hold, counted so seldom that lists of segments stay quick however many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import NamedTuple

from sqlalchemy import Connection

from streamprocessor.readmodel.store.queries import count_contacts
from streamprocessor.scoring.model.contact_filter import ContactFilter

LIST_SECONDS = 0.5
"""After so long no other count is begun for one list."""
_SECONDS = 2.0
_REST = 20
"""Times as long as it took to count, a count is good: a twentieth of a database's time goes into one filter at most."""
_MOST = 1_000


class _Count(NamedTuple):
    contacts: int
    good_until: float


class Counts:
    """Counts of contacts, each made again when it is some seconds old. clock: seconds that never go back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._known: dict[str, _Count] = {}
        self._lock = Lock()

    def of(self, connection: Connection, filter_: ContactFilter) -> int:
        """How many contacts the filter holds, counted at most some seconds ago."""
        with self._lock:
            known = self._known.get(repr(filter_))
            if known is not None and self._clock() < known.good_until:
                return known.contacts
            return self._count(connection, filter_)

    def now(self, connection: Connection, filter_: ContactFilter) -> int:
        """How many contacts the filter holds at this moment."""
        with self._lock:
            return self._count(connection, filter_)

    def of_all(self, connection: Connection, filters: Sequence[ContactFilter]) -> list[int | None]:
        """How many contacts each filter holds, in bounded time: else as last counted; None: it never was."""
        with self._lock:
            began = self._clock()
            for each in sorted(filters, key=self._good_until):  # those first that were never counted, or long ago
                if self._good_until(each) > self._clock() or self._clock() > began + LIST_SECONDS:
                    break
                self._count(connection, each)
            counts = [self._known.get(repr(each)) for each in filters]
        return [None if count is None else count.contacts for count in counts]

    def _good_until(self, filter_: ContactFilter) -> float:
        known = self._known.get(repr(filter_))  # as text, where true is not 1
        return float("-inf") if known is None else known.good_until

    def _count(self, connection: Connection, filter_: ContactFilter) -> int:
        began = self._clock()
        contacts = count_contacts(connection, filter_)
        now = self._clock()
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[repr(filter_)] = _Count(contacts, now + max(_SECONDS, _REST * (now - began)))
        return contacts
