"""A lock between processes, held on a file; the system lets go of it when its holder dies."""

from __future__ import annotations

import fcntl
from pathlib import Path
from types import TracebackType
from typing import IO


class Lock:
    """A claimed file; as a context it is released at the end."""

    def __init__(self, handle: IO[str]) -> None:
        self._handle = handle

    def release(self) -> None:
        """Let another process claim the file."""
        self._handle.close()

    def __enter__(self) -> Lock:
        """The lock itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release it."""
        self.release()


def claim(file: Path) -> Lock | None:
    """The lock on the file, which is made where it is missing and stays empty; None where a live process holds it.

    Raises OSError where the file can't be made.
    """
    return _claim(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def wait_for(file: Path) -> Lock:
    """The lock on the file as soon as no other process holds it. Raises OSError where the file can't be made."""
    lock = _claim(file, fcntl.LOCK_EX)
    assert lock is not None
    return lock


def _claim(file: Path, operation: int) -> Lock | None:
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = file.open("a", encoding="utf-8")
    try:
        fcntl.flock(handle, operation)
    except BlockingIOError:
        handle.close()
        return None
    return Lock(handle)
