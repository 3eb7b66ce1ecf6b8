"""Where the processes of a data folder answer: each notes it for as long as it lives, for `status` to find."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from streamprocessor.process.locks import claim

_FOLDER = "processes"
_LOOPBACK_OF = {"0.0.0.0": "127.0.0.1", "::": "::1"}


@dataclass(frozen=True, slots=True)
class AddressNote:
    """A process that answers over HTTP on this machine.

    process: its command. group: the consumer group of its application. url: where it answers, without a path.
    """

    process: str
    group: str
    url: str


def local_url(host: str, port: int) -> str:
    """Where a process of this machine that listens on the host and port is asked from here."""
    host = _LOOPBACK_OF.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def address_noted(data_path: Path, note: AddressNote) -> Iterator[None]:
    """Have the note in the data folder while the block runs; what dead processes left there is taken away."""
    folder = data_path / _FOLDER
    _forget_the_dead(folder)
    file = folder / f"{note.process}-{os.getpid()}.json"
    lock = claim(file.with_suffix(".lock"))
    file.write_text(json.dumps(asdict(note)), encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
        file.with_suffix(".lock").unlink(missing_ok=True)
        if lock is not None:
            lock.release()


def noted_addresses(data_path: Path, group: str) -> list[AddressNote]:
    """The live processes of the data folder that belong to the group, in order of their commands and addresses."""
    found: list[AddressNote] = []
    for file in (data_path / _FOLDER).glob("*.json"):
        with contextlib.suppress(OSError, ValueError, TypeError):  # it ended meanwhile
            note = AddressNote(**json.loads(file.read_text(encoding="utf-8")))
            if note.group == group and _lives(file):
                found.append(note)
    return sorted(found, key=lambda note: (note.process, note.url))


def _lives(file: Path) -> bool:
    """Whether the process that wrote the note holds its lock yet; the system lets go of it when it dies."""
    if not file.with_suffix(".lock").exists():
        return False
    lock = claim(file.with_suffix(".lock"))
    if lock is None:
        return True
    lock.release()
    return False


def _forget_the_dead(folder: Path) -> None:
    for file in folder.glob("*.json"):
        if not _lives(file):
            file.unlink(missing_ok=True)
            file.with_suffix(".lock").unlink(missing_ok=True)
