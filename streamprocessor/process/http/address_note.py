"""Where the processes of a data folder answer: each notes it for as long as it lives, for `status` to find.

A process that is killed leaves its note, by which `status` knows that it is missing.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from streamprocessor.process.files.locks import Lock, claim

log = logging.getLogger(__name__)

_FOLDER = "processes"
_LOOPBACK_OF = {"0.0.0.0": "127.0.0.1", "::": "::1"}


@dataclass(frozen=True, slots=True)
class AddressNote:
    """A process that answers over HTTP on this machine.

    process: its command. group: the consumer group of its application. url: where it answers, without a path.
    host: the name of the machine or container on which the url holds.
    """

    process: str
    group: str
    url: str
    host: str = field(default_factory=socket.gethostname)


def local_url(host: str, port: int) -> str:
    """Where a process of this machine that listens on the host and port is asked from here."""
    host = _LOOPBACK_OF.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def address_noted(data_path: Path, note: AddressNote) -> Iterator[None]:
    """Have the note in the data folder while the block runs, instead of one that a killed process of its kind left.

    Where there is no room for it, as on a full disk, the log says so and the process works without.
    """
    folder = data_path / _FOLDER
    file = folder / f"{note.process}-{note.host}-{os.getpid()}.json"
    lock: Lock | None = None
    try:
        _take_the_place(folder, note)
        lock = claim(file.with_suffix(".lock"))
        file.write_text(json.dumps(asdict(note)), encoding="utf-8")
    except OSError as error:
        log.warning("`status` will not find this %s: its address can't be noted: %s", note.process, error)
    try:
        yield
    finally:
        if lock is not None:
            with contextlib.suppress(OSError):
                _forget(file)
            lock.release()


def noted_addresses(data_path: Path, group: str | None) -> list[AddressNote]:
    """The live processes of the data folder that belong to the group, in order of their commands and addresses.

    group: None: of whichever. Of a folder that containers share, only those of this container: the others' addresses
    hold nothing here.
    """
    return [note for file, note in _notes_here(data_path, group) if _lives(file)]


def killed_processes(data_path: Path, group: str) -> list[tuple[AddressNote, Path]]:
    """Those that ended without taking their note away, and the note's file, until one of their kind starts again."""
    return [(note, file) for file, note in _notes_here(data_path, group) if not _lives(file) and file.exists()]


def forget_killed_processes(data_path: Path) -> None:
    """Take away what killed processes of the data folder left, of whichever group."""
    for file, _ in _notes(data_path / _FOLDER):
        if not _lives(file):
            _forget(file)


def _notes_here(data_path: Path, group: str | None) -> list[tuple[Path, AddressNote]]:
    here = socket.gethostname()
    notes = _notes(data_path / _FOLDER)
    return [(file, note) for file, note in notes if group in (None, note.group) and note.host == here]


def _notes(folder: Path) -> list[tuple[Path, AddressNote]]:
    found: list[tuple[Path, AddressNote]] = []
    for file in folder.glob("*.json"):
        with contextlib.suppress(OSError, ValueError, TypeError):  # it ended meanwhile
            found.append((file, AddressNote(**json.loads(file.read_text(encoding="utf-8")))))
    return sorted(found, key=lambda each: (each[1].process, each[1].url))


def _lives(file: Path) -> bool:
    """Whether the process that wrote the note holds its lock yet; the system lets go of it when it dies."""
    lock_file = file.with_suffix(".lock")
    if not lock_file.exists():
        return False
    try:
        lock = claim(lock_file)
    except OSError:  # it ended meanwhile, or this disk takes nothing more
        return False
    if lock is None:
        return True
    lock.release()
    return False


def _take_the_place(folder: Path, note: AddressNote) -> None:
    """Forget the killed process whose place this one takes: one of its kind, at its address if there is such a one.

    Containers that are gone for ever are forgotten as well.
    """
    dead = [(old, file) for file, old in _notes(folder) if not _lives(file)]
    alike = [(old.url != note.url, file) for old, file in dead if replace(old, url=note.url) == note]
    for file in [file for old, file in dead if old.host != note.host] + ([min(alike)[1]] if alike else []):
        _forget(file)


def _forget(file: Path) -> None:
    file.unlink(missing_ok=True)
    file.with_suffix(".lock").unlink(missing_ok=True)
