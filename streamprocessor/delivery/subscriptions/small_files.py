"""Files that subscriptions name: regular ones, small, read without ever waiting for a writer."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def read_small_text(file: Path, most_bytes: int) -> str:
    """The text of a regular file in UTF-8.

    Raises OSError or ValueError where it can't be read, is larger, or is a folder, a pipe, a device.
    """
    # A pipe without a writer would hold up whoever opens it: not with O_NONBLOCK.
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as opened:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "no regular file")
        content = opened.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise OSError(errno.EFBIG, "too large")
    return content.decode("utf-8")
