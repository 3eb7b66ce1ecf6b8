"""Files that are whole at every instant, wherever the process that writes them is killed."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

OWNER_ALONE = 0o600


def write_whole(
    file: Path, content: bytes, *, mode: int = OWNER_ALONE, is_synced: bool = True, is_shared: bool = False
) -> None:
    """Give the file this content; who reads it has the old or the new one whole.

    mode: who may read and write it.
    is_synced: whether it is to survive a power cut.
    is_shared: whether somebody else may write it at this moment; the later one counts.

    Raises OSError where it can't be written; nothing is left of the try.
    """
    if is_shared:
        descriptor, name = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    else:  # under the same name each time, so that kills leave no more than one
        name = str(file.with_name(f"{file.name}.new"))
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as draft:
            os.fchmod(descriptor, mode)
            draft.write(content)
            draft.flush()
            if is_synced:
                os.fsync(descriptor)
        os.replace(name, file)
    except OSError:
        with suppress(OSError):
            os.unlink(name)
        raise
