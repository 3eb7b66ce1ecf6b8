"""An import that was killed is gone on with when it is typed again: by the file's content and how it is read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamprocessor.errors import OperatorError
from streamprocessor.imports.progress.checkpoint import ImportCheckpoint
from streamprocessor.process.clock import now_ms
from streamprocessor.process.data_folder import PRIVATE_FOLDER, keep_private
from streamprocessor.process.files.locks import claim
from streamprocessor.settings import Settings

FOLDER = "imports"


@contextmanager
def file_checkpoint(settings: Settings, file: Path, reading: str, *, restart: bool) -> Iterator[ImportCheckpoint]:
    """Where the import of this file is, which is forgotten when the block ends well.

    reading: by what it is read, its format and mapping. restart: what an import before this one left is forgotten.

    Raises OperatorError where it can't be kept, or another process imports the file.
    """
    keep_private(settings.data_path)
    folder = settings.data_path / FOLDER
    checkpoint_file = folder / _name(settings, file, reading)
    lock_file = checkpoint_file.with_suffix(".lock")
    try:
        folder.mkdir(PRIVATE_FOLDER, exist_ok=True)
        lock = claim(lock_file)
    except OSError as error:
        message = f"{folder}: how far imports got can't be kept: {error}; wanted a folder for it, by --data-dir"
        raise OperatorError(message) from error
    if lock is None:
        message = f"{file}: is imported by another process at this moment; wanted one at a time: wait for its end"
        raise OperatorError(message)
    with lock:
        if restart:
            checkpoint_file.unlink(missing_ok=True)
        checkpoint = ImportCheckpoint(checkpoint_file, now_ms())
        yield checkpoint
        checkpoint.remove()
        lock_file.unlink(missing_ok=True)


def _name(settings: Settings, file: Path, reading: str) -> str:
    """The name is equal for equal content that is read the same way and sent to the same topics."""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256")
    for word in (reading, settings.bootstrap, settings.topic_prefix):
        digest.update(b"\0" + word.encode())
    return f"{digest.hexdigest()[:32]}.checkpoint"
