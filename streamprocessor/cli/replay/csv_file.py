"""The file of all contacts, put together of what each process of a replay wrote."""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamprocessor.errors import OperatorError
from streamprocessor.replay.contact_rows import COLUMNS


@contextmanager
def rows_folder(file: str | None) -> Iterator[Path | None]:
    """A folder for the processes' files, which are in the file once the block is left without an error; None: no file.

    Raises OperatorError where the file can't be written.
    """
    if file is None:
        yield None
        return
    target = Path(file)
    if not target.absolute().parent.is_dir():
        message = f"--csv {file}: wanted a file in a folder that exists; got none: make the folder"
        raise OperatorError(message)
    with tempfile.TemporaryDirectory(prefix="streamprocessor-replay-") as folder:
        yield Path(folder)
        try:
            with target.open("w", newline="", encoding="utf-8") as whole:
                csv.writer(whole).writerow(COLUMNS)
                for part in sorted(Path(folder).iterdir()):
                    with part.open(encoding="utf-8", newline="") as rows:
                        shutil.copyfileobj(rows, whole)
        except OSError as error:
            message = f"--csv {file}: wanted a file that can be written; got {error.strerror}"
            raise OperatorError(message) from error
