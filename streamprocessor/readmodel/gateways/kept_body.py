"""A body that comes over HTTP, written to a file that its owner alone can read: it holds personal data."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO

from streamprocessor.readmodel.problem import Problem

_WRITE_BYTES = 1 << 20


async def keep_body(body: AsyncIterator[bytes], file: Path, most_bytes: int, on_size: Callable[[int], None]) -> None:
    """Write the body to a new file. on_size is told how many bytes came so far, each time that some came.

    Raises Problem where the body is larger than most_bytes, or the file can't be written; what is there of it stays.
    """
    size_bytes = 0
    try:
        with await asyncio.to_thread(_open_new, file) as opened:
            part = bytearray()
            async for some in body:
                size_bytes += len(some)
                on_size(size_bytes)
                if size_bytes > most_bytes:
                    limit = f"{most_bytes} bytes (STREAMPROCESSOR_IMPORT_MAX_BYTES)"
                    raise Problem(413, "too-large", f"body: wanted at most {limit}; got more")
                part += some
                if len(part) >= _WRITE_BYTES:
                    await asyncio.to_thread(opened.write, bytes(part))
                    part.clear()
            await asyncio.to_thread(opened.write, bytes(part))
    except OSError as error:
        raise no_room(error) from error


def no_room(error: OSError) -> Problem:
    """What is said where the data folder takes no file."""
    detail = f"import: it can't be kept ({error.strerror}); wanted room in the data folder"
    return Problem(503, "no-room", detail, {"Retry-After": "60"})


def _open_new(file: Path) -> BinaryIO:
    """A new file that its owner alone can read."""
    file.parent.mkdir(parents=True, exist_ok=True)
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
