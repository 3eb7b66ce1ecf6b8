"""Where an api keeps imports: each process tidies its folders up at its start, so that no two share them."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import NamedTuple

from streamprocessor.process.files.locks import Lock, claim


class ImportFolders(NamedTuple):
    """The folders of one process: of imports under way, of files kept to be imported; lock: they are its own."""

    under_way: Path
    kept: Path
    lock: Lock


def claim_import_folders(prefix: str) -> ImportFolders:
    """The first folders behind that prefix that no live process has: those of one that ended are gone on with.

    Raises OSError where none can be made.
    """
    for number in count(1):
        suffix = "" if number == 1 else f"-{number}"
        lock = claim(Path(f"{prefix}.imports{suffix}.lock"))
        if lock is not None:
            return ImportFolders(Path(f"{prefix}.imports{suffix}"), Path(f"{prefix}.import-files{suffix}"), lock)
    raise AssertionError
