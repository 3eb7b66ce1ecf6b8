"""When to look at which contact again: windows of time, derived from the records, never stored."""

from __future__ import annotations

import heapq

#: A window's contacts are looked at when it ends, so a step of a score is noticed at most this late.
WINDOW_MS = 250


class TimerIndex:
    """One armed instant a contact, in windows. Arming later than armed costs nothing: it wakes early, looks again."""

    def __init__(self) -> None:
        self._armed: dict[bytes, int] = {}
        self._windows: dict[int, list[bytes]] = {}
        self._order: list[int] = []

    def __len__(self) -> int:
        return len(self._armed)

    def arm(self, key: bytes, at_ms: int | None) -> None:
        """Look at the contact at at_ms or up to a window later; None: not at all."""
        if at_ms is None:
            self._armed.pop(key, None)
            return
        window = -(-at_ms // WINDOW_MS)
        armed = self._armed.get(key)
        if armed is not None and armed <= window:
            return
        self._armed[key] = window
        contacts = self._windows.get(window)
        if contacts is None:
            self._windows[window] = [key]
            heapq.heappush(self._order, window)
        else:
            contacts.append(key)

    def next_at_ms(self) -> int | None:
        """The instant at which the first window ends; None: nothing is armed."""
        return self._order[0] * WINDOW_MS if self._order else None

    def take_due(self, now_ms: int, most: int) -> list[bytes]:
        """Up to `most` contacts of windows that have ended at now_ms; they are disarmed."""
        due: list[bytes] = []
        while self._order and self._order[0] * WINDOW_MS <= now_ms and len(due) < most:
            window = self._order[0]
            contacts = self._windows[window]
            while contacts and len(due) < most:
                key = contacts.pop()
                if self._armed.get(key) == window:
                    del self._armed[key]
                    due.append(key)
            if not contacts:
                heapq.heappop(self._order)
                del self._windows[window]
        return due
