"""How many hot leads one application announced since an instant. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from streamprocessor.contract.rfc3339 import parse_rfc3339
from streamprocessor.scoring.model.model import DAY_MS

LEAST_MS = 3_600_000
"""Of a shorter time nothing is told by the day: it would be a guess."""


class HotLeadCount:
    """Announcements counted once each, however often they come. count: of those so far."""

    def __init__(self, source: str, since_ms: int) -> None:
        """Count those of this CloudEvents source, of steps from this instant on."""
        self._source, self._since_ms = source.encode(), since_ms
        self._ids: set[bytes] = set()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._ids)

    def note(self, headers: Iterable[tuple[str, bytes | None]]) -> None:
        """Count the announcement of these headers, unless it is another application's or an older one."""
        found = dict(headers)
        id_, time = found.get("ce_id"), found.get("ce_time")
        if id_ is None or time is None or found.get("ce_source") != self._source:
            return
        at_ms = parse_rfc3339(time.decode("utf-8", "replace"))
        if at_ms is not None and at_ms >= self._since_ms:
            self._ids.add(id_)

    def a_day(self, now_ms: int) -> float | None:
        """How many there are a day, up to now; None: the time is too short to tell."""
        elapsed_ms = now_ms - self._since_ms
        return None if elapsed_ms < LEAST_MS else self.count * DAY_MS / elapsed_ms
