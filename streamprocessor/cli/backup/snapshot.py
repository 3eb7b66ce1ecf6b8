"""What the data folder holds at one instant, also while all of it runs: no file in it depends on one taken before it.

Kafka's segments and the spool only grow at their end, and SQLite copies itself: so each file is held by a hard link and
counts up to the size that it has at that moment. The order makes of these moments what a power cut would have left:

    databases · spool · committed offsets · changelog · what was announced and what came · Kafka's metadata

A position is never taken after what it points into: the read model, delivery, and the group find all that they have
read; the table finds every record that it has applied; what the changelog says was announced, is there.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from streamprocessor.cli.terminal.options import KAFKA_FOLDER
from streamprocessor.errors import OperatorError
from streamprocessor.process.files.locks import Lock, claim

KAFKA_DATA = PurePosixPath(KAFKA_FOLDER) / "data"
COMMITTED, METADATA = "__consumer_offsets-", "__cluster_metadata-"

_HELD, _LOCK = ".backup", "backup.lock"
_SQLITE_HEAD = b"SQLite format 3\x00"
_SQLITE_SUFFIX = ".sqlite"
_LEFT_OUT = (".lock", ".tmp", f"{_SQLITE_SUFFIX}-wal", f"{_SQLITE_SUFFIX}-shm", f"{_SQLITE_SUFFIX}-journal")
_SWAP = ".swap"
_SMALL_BYTES = 65_536  # the spool's mark and the like are written where they stand
_SETTLE_SECONDS = 30.0
_LOOK_SECONDS = 0.05

#: Kafka makes these anew from the segments; those of a running one are of another moment than the segments.
_DERIVED_SUFFIXES = (".index", ".timeindex", ".txnindex", ".snapshot", ".deleted", ".cleaned", ".tmp", ".lock")
_DERIVED_NAMES = (
    "recovery-point-offset-checkpoint",
    "replication-offset-checkpoint",
    "cleaner-offset-checkpoint",
    ".kafka_cleanshutdown",
    "lock",
)


class FileAt(NamedTuple):
    """A file of the data folder at the instant of the snapshot.

    name: its path in the data folder. source: where its bytes are held. size: how many of them count, in bytes.
    """

    name: PurePosixPath
    source: Path
    size: int


@contextmanager
def snapshot(folder: Path, changelog: str) -> Iterator[list[FileAt]]:
    """The files of the data folder, held for as long as the block lasts.

    changelog: its full name on the broker. Databases are copied into the folder for that long.

    Raises OperatorError where the folder can't be read, or its disk knows no hard links.
    """
    held = folder / _HELD
    try:
        with _alone(folder):
            if held.exists():  # of a backup that was killed
                shutil.rmtree(held)
            held.mkdir(0o700)
            try:
                yield list(_hold(folder, held, changelog))
            finally:
                shutil.rmtree(held)
    except (OSError, sqlite3.Error) as error:
        message = (
            f"{folder}: can't be backed up: {error}; wanted to read all of it and to make hard links in it: as the "
            "user who runs it, on a disk that has them"
        )
        raise OperatorError(message) from error


def _alone(folder: Path) -> Lock:
    lock = claim(folder / _LOCK)
    if lock is None:
        message = f"{folder}: another backup is made of it; wanted one at a time: wait for its end"
        raise OperatorError(message)
    return lock


def _hold(folder: Path, held: Path, changelog: str) -> Iterator[FileAt]:
    own = [path for path in sorted(folder.rglob("*")) if _is_ours(folder, path)]
    databases = [path for path in own if _is_database(path)]
    for path in databases:
        yield _copied_database(folder, held, path)
    for path in sorted(set(own) - set(databases)):
        with contextlib.suppress(FileNotFoundError):  # Kafka has by now what the spool held in it
            yield _copied(folder, held, path) if path.stat().st_size <= _SMALL_BYTES else _linked(folder, held, path)
    data = folder / KAFKA_DATA
    if data.is_dir():
        for partition in sorted(data.iterdir(), key=lambda path: _rank(path, changelog)):
            if not partition.is_dir():
                yield from _file(folder, held, partition)
            elif partition.name.rpartition("-")[2].isdecimal():  # else it is being deleted
                yield from _partition(folder, held, partition)


def _is_ours(folder: Path, path: Path) -> bool:
    first = path.relative_to(folder).parts[0]
    is_left_out = first in (KAFKA_FOLDER, _HELD) or path.name in _DERIVED_NAMES
    return path.is_file() and not path.is_symlink() and not is_left_out and not path.name.endswith(_LEFT_OUT)


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return path.suffix == _SQLITE_SUFFIX and file.read(len(_SQLITE_HEAD)) in (_SQLITE_HEAD, b"")


def _rank(path: Path, changelog: str) -> tuple[int, str]:
    """Where a folder or file of Kafka's stands in the order of the module's first sentences."""
    name = path.name
    if name.startswith(COMMITTED):
        return 0, name
    if name.rpartition("-")[0] == changelog:
        return 1, name
    return (3 if name.startswith(METADATA) else 2), name


def _copied_database(folder: Path, held: Path, path: Path) -> FileAt:
    """The database as of one instant, through SQLite itself: its log may hold what the file does not yet."""
    copy = _place(folder, held, path)
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    copy.chmod(0o600)
    return _measured(folder, path, copy)


def _copied(folder: Path, held: Path, path: Path) -> FileAt:
    copy = _place(folder, held, path)
    shutil.copyfile(path, copy)
    return _measured(folder, path, copy)


def _partition(folder: Path, held: Path, partition: Path) -> list[FileAt]:
    """A partition's files, all of one state: compaction replaces some of them by others now and then."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while True:
        before = _names_in(partition)
        if not any(name.endswith(_SWAP) for name in before):
            found = [file for name in before for file in _file(folder, held, partition / name)]
            if _names_in(partition) == before and len(found) == len(before):
                return found
        if time.monotonic() > deadline:
            message = f"{partition}: its files changed for {_SETTLE_SECONDS:.0f} s; wanted them to stay: try again"
            raise OperatorError(message)
        time.sleep(_LOOK_SECONDS)


def _names_in(partition: Path) -> list[str]:
    names = (path.name for path in partition.iterdir() if path.is_file())
    return sorted(name for name in names if name not in _DERIVED_NAMES and not name.endswith(_DERIVED_SUFFIXES))


def _file(folder: Path, held: Path, path: Path) -> list[FileAt]:
    """The one file, or none where it is derived or has just gone."""
    if path.name in _DERIVED_NAMES or path.name.endswith(_DERIVED_SUFFIXES):
        return []
    try:
        return [_linked(folder, held, path)]
    except FileNotFoundError:
        return []


def _linked(folder: Path, held: Path, path: Path) -> FileAt:
    link = _place(folder, held, path)
    link.unlink(missing_ok=True)
    os.link(path, link)
    return _measured(folder, path, link)


def _place(folder: Path, held: Path, path: Path) -> Path:
    place = held / path.relative_to(folder)
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def _measured(folder: Path, path: Path, held: Path) -> FileAt:
    return FileAt(PurePosixPath(path.relative_to(folder)), held, held.stat().st_size)
