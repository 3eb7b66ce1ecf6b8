"""How quick an import is, and when it will have ended."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

WINDOW_SECONDS = 10.0
_STEP_SECONDS = 0.25


class _Sample(NamedTuple):
    at_seconds: float
    rows: int
    bytes_read: int


class ImportPace:
    """The rows and bytes of the last ten seconds: of what is quickly skipped, it soon says nothing."""

    def __init__(self, at_seconds: float, size_bytes: int) -> None:
        """Begin with a file of that size."""
        self._size_bytes = size_bytes
        self._samples = deque([_Sample(at_seconds, 0, 0)])

    def note(self, at_seconds: float, rows: int, bytes_read: int) -> None:
        """So many rows and bytes are read by now."""
        samples = self._samples
        if at_seconds - samples[-1].at_seconds < _STEP_SECONDS:
            return
        samples.append(_Sample(at_seconds, rows, bytes_read))
        while samples[1].at_seconds < at_seconds - WINDOW_SECONDS:
            samples.popleft()

    @property
    def rows_per_second(self) -> float | None:
        """Of the last ten seconds; None: it is not known yet."""
        first, last = self._samples[0], self._samples[-1]
        return None if last is first else (last.rows - first.rows) / (last.at_seconds - first.at_seconds)

    @property
    def remaining_seconds(self) -> float | None:
        """Until all bytes are read at that pace; None: it is not known, as where a workbook had to be read at once."""
        first, last = self._samples[0], self._samples[-1]
        if last.bytes_read == first.bytes_read or last.bytes_read >= self._size_bytes:
            return None
        seconds_per_byte = (last.at_seconds - first.at_seconds) / (last.bytes_read - first.bytes_read)
        return (self._size_bytes - last.bytes_read) * seconds_per_byte
