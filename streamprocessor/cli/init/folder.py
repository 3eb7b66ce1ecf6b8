"""The folder's files, written whole or not at all, and over nothing that is there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from streamprocessor.errors import OperatorError

_READABLE = 0o644


def refuse_existing(folder: Path, names: Iterable[str]) -> None:
    """Raise OperatorError where one of these files is there, or the folder is none."""
    if folder.exists() and not folder.is_dir():
        message = f"{folder}: wanted a folder, or a name that is free; got a file"
        raise OperatorError(message)
    there = [name for name in names if os.path.lexists(folder / name)]
    if there:
        message = (
            f"{folder}: wanted no {' and no '.join(there)} in it; got {'it' if len(there) == 1 else 'them'}, and "
            "nothing was written: name another folder, or write over what is there with --overwrite"
        )
        raise OperatorError(message)


def write_folder(folder: Path, texts: Mapping[str, str], private: str) -> None:
    """Write the texts into the folder, which is made where it is not there.

    private: the file that nobody else may read, for secrets may be put into it. Raises OperatorError where one can't be
    written.
    """
    from streamprocessor.process.files.whole_file import OWNER_ALONE, write_whole

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            mode = OWNER_ALONE if name == private else _READABLE
            write_whole(folder / name, text.encode(), mode=mode, is_shared=True)
    except OSError as error:
        message = f"{folder}: wanted a folder to write to; got an error: {error}"
        raise OperatorError(message) from error
