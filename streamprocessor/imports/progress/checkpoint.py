"""How far an import got, in a file that is whole wherever its process is killed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import orjson

from streamprocessor.errors import OperatorError
from streamprocessor.process.files.whole_file import write_whole

EVERY_SECONDS = 0.1
"""How often it is written: what a kill costs is sent again, under the same ids."""


class ImportCheckpoint:
    """The instant of an import, and how many of its rows are acknowledged.

    An import that goes on reads its file from the beginning, at the same instant, so that rows have the same ids and
    times, and sends only those after the acknowledged ones.

    is_resumed: whether an import before this one left it.
    """

    def __init__(self, file: Path, at_ms: int, clock_seconds: Callable[[], float] = time.monotonic) -> None:
        """Go on where the file says, or begin at this instant; raises OperatorError where it can't be read."""
        self.at_ms, self.rows = at_ms, 0
        self._file = file
        self._clock_seconds = clock_seconds
        self._written_at_seconds = clock_seconds()
        self.is_resumed = file.exists()
        if self.is_resumed:
            self._read()

    def keep(self) -> None:
        """Write it, before the first row is sent: rows that are sent again must be the same.

        Raises OperatorError where it can't be written.
        """
        self._write(is_synced=True)

    def advance(self, rows: int) -> None:
        """That many rows are acknowledged, from the file's first on; it is written at most ten times a second.

        Raises OperatorError where it can't be written.
        """
        if rows == self.rows:
            return
        self.rows = rows
        if self._clock_seconds() - self._written_at_seconds >= EVERY_SECONDS:
            self._write(is_synced=False)  # after a power cut it is older at worst

    def remove(self) -> None:
        """Forget the import, which is whole."""
        self._file.unlink(missing_ok=True)

    def _read(self) -> None:
        try:
            content = orjson.loads(self._file.read_bytes())
            self.at_ms, self.rows = int(content["at_ms"]), int(content["rows"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            message = (
                f"{self._file}: wanted how far an import got (at_ms, rows); got {error!r}; delete it to begin the "
                "import anew"
            )
            raise OperatorError(message) from error

    def _write(self, *, is_synced: bool) -> None:
        self._written_at_seconds = self._clock_seconds()
        try:
            write_whole(self._file, orjson.dumps({"at_ms": self.at_ms, "rows": self.rows}), is_synced=is_synced)
        except OSError as error:
            message = f"{self._file}: how far the import got can't be kept: {error}; wanted room in the data folder"
            raise OperatorError(message) from error
