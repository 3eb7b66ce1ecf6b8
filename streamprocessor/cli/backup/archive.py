"""A backup as one file: a tar archive, gzip, of the data folder's files and `backup.json`, which says what they are.

Members are written and read one after the other, none of them as a whole in memory. `backup.json` is the last one: an
archive without it was not finished.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import msgspec

from streamprocessor.cli.backup.snapshot import FileAt
from streamprocessor.errors import OperatorError

FORMAT = 1
DESCRIPTION = "backup.json"
FILES = PurePosixPath("data")
_LEVEL = 1  # what lies in Kafka's files is mostly packed already
_FILE_MODE, _FOLDER_MODE = 0o600, 0o700
_CHUNK_BYTES = 1 << 20


class Description(msgspec.Struct, frozen=True):
    """What an archive is of.

    format: the layout of the archive. program: the version that made it. at_ms: the instant of the scores in `state`.
    topic_prefix, app_id: of the system.
    files: SHA-256 of each file, by its path in the data folder.
    state: the figures of system_state; empty: the folder has no Kafka.
    """

    format: int
    program: str
    at_ms: int
    topic_prefix: str
    app_id: str
    files: dict[str, str]
    state: dict[str, Any]


class _Hashing(io.RawIOBase):
    """Reads so many bytes of a file and no more, and hashes what it reads."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        content = self._file.read(size)
        self.hash.update(content)
        return content


class ArchiveWriter:
    """Writes the members of an archive."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        """Write into this one."""
        self._tar = tar
        self.files: dict[str, str] = {}

    def add(self, files: Iterable[FileAt]) -> None:
        """Write these files."""
        for each in files:
            with each.source.open("rb") as file:
                reading = _Hashing(file)
                self._add(str(FILES / each.name), each.size, reading)
            self.files[str(each.name)] = reading.hash.hexdigest()

    def describe(self, description: Description) -> None:
        """Write what it is of, last."""
        content = msgspec.json.format(msgspec.json.encode(description), indent=1)
        self._add(DESCRIPTION, len(content), io.BytesIO(content))

    def _add(self, name: str, size: int, content: Any) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, _FILE_MODE
        self._tar.addfile(member, content)


@contextmanager
def new_archive(file: Path) -> Iterator[ArchiveWriter]:
    """A new archive, which bears its name once it is whole, after the block; for its owner alone.

    Raises OperatorError where the file is there already.
    """
    if file.exists():
        message = f"{file}: is there already; wanted the name of a file that is not"
        raise OperatorError(message)
    part = file.with_name(f"{file.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE_MODE), "wb") as output:
            with (
                gzip.GzipFile("", "wb", _LEVEL, output) as packed,
                tarfile.open(fileobj=packed, mode="w|") as tar,
            ):
                yield ArchiveWriter(tar)
            output.flush()
            os.fsync(output.fileno())
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)


def extract(archive: Path, folder: Path) -> Description:
    """Write the archive's files into an empty folder, for their owner alone; what it is of.

    Raises OperatorError where the folder is not empty, or the archive is none of ours or not whole.
    """
    if folder.exists() and any(folder.iterdir()):
        message = f"{folder}: is not empty; wanted one with nothing in it: move it away, or give another --data-dir"
        raise OperatorError(message)
    folder.mkdir(_FOLDER_MODE, parents=True, exist_ok=True)
    description: Description | None = None
    found: dict[str, str] = {}
    try:
        with tarfile.open(archive, mode="r|gz") as tar:
            for member in tar:
                content = tar.extractfile(member)
                if content is None:
                    continue
                if member.name == DESCRIPTION:
                    description = msgspec.json.decode(content.read(), type=Description)
                    continue
                name = _name_in_folder(member.name)
                for parent in reversed(name.parents[:-1]):
                    (folder / parent).mkdir(_FOLDER_MODE, exist_ok=True)
                found[str(name)] = _write(content, folder / name)
    except (OSError, EOFError, tarfile.TarError, msgspec.DecodeError) as error:
        raise _unusable(archive, str(error)) from error
    if description is None or description.format != FORMAT:
        raise _unusable(archive, "nothing in it says so" if description is None else f"format {description.format}")
    if description.files != found:
        wrong = sorted(name for name in description.files | found if description.files.get(name) != found.get(name))
        raise _unusable(archive, f"{len(wrong)} of its files are not as they were, such as {wrong[0]}")
    return description


def _name_in_folder(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if not path.is_relative_to(FILES) or ".." in path.parts:
        message = f"a file {name!r} in it"
        raise tarfile.TarError(message)
    return path.relative_to(FILES)


def _write(content: Any, path: Path) -> str:
    """The SHA-256 of what was written."""
    hashed = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE), "wb") as file:
        while chunk := content.read(_CHUNK_BYTES):
            hashed.update(chunk)
            file.write(chunk)
    return hashed.hexdigest()


def _unusable(archive: Path, why: str) -> OperatorError:
    message = f"{archive}: wanted a whole archive of `streamprocessor backup`, format {FORMAT}; got another: {why}"
    return OperatorError(message)
