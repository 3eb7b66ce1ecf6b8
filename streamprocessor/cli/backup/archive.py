"""A backup as one file: a tar archive, gzip, of the data folder's files and `backup.json`, which says what they are.

Members are written and read one after the other, none of them as a whole in memory. `backup.json` is the last one: an
archive without it was not finished.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import msgspec

from streamprocessor.cli.backup.snapshot import FileAt
from streamprocessor.errors import OperatorError
from streamprocessor.process.data_folder import UNFINISHED_RESTORE, refuse_unfinished_restore

FORMAT = 1
DESCRIPTION = "backup.json"
FILES = PurePosixPath("data")
_LEVEL = 1  # what lies in Kafka's files is mostly packed already
_FILE_MODE, _FOLDER_MODE = 0o600, 0o700
_CHUNK_BYTES = 1 << 20
_DESCRIPTION_MAX_BYTES = 64 << 20  # a hundred bytes for each file


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


class _Format(msgspec.Struct, frozen=True):
    format: int


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


class _Output(io.RawIOBase):
    """A file whose failures name it: those of what is read meanwhile are another matter."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._named():
            path.unlink(missing_ok=True)  # of a backup that was killed
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)

    def writable(self) -> bool:
        """Whether it can be written to, which it always can."""
        return True

    def write(self, content: Any) -> int:
        """Write all of it; raises OperatorError where that fails."""
        left = memoryview(content)
        with self._named():
            while left:
                left = left[os.write(self._descriptor, left) :]
        return len(content)

    def close(self) -> None:
        """Close it."""
        if not self.closed:
            super().close()
            os.close(self._descriptor)

    def rename(self, name: Path) -> None:
        """Have it bear this name as soon as the disk has all of it; raises OperatorError where that fails."""
        with self._named():
            os.fsync(self._descriptor)
            self._path.rename(name)

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            message = f"{self._path}: can't be written: {error.strerror}; wanted a folder of ours with room for it"
            raise OperatorError(message) from error


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
        with _Output(part) as output:
            with (
                gzip.GzipFile("", "wb", _LEVEL, output) as packed,
                tarfile.open(fileobj=packed, mode="w|") as tar,
            ):
                yield ArchiveWriter(tar)
            output.rename(file)
    finally:
        part.unlink(missing_ok=True)


def extract(archive: Path, folder: Path) -> Description:
    """Write the archive's files into an empty folder, for their owner alone; what it is of.

    Until `finish` nothing starts on the folder. What can't be extracted whole leaves it empty.
    Raises OperatorError where the folder is not empty or can't be written, or the archive is none of ours or not whole.
    """
    refuse_unfinished_restore(folder)
    if folder.exists() and any(folder.iterdir()):
        message = f"{folder}: is not empty; wanted one with nothing in it: move it away, or give another --data-dir"
        raise OperatorError(message)
    folder.mkdir(_FOLDER_MODE, parents=True, exist_ok=True)
    try:
        os.close(_new_file(folder / UNFINISHED_RESTORE))
    except FileExistsError:
        refuse_unfinished_restore(folder)  # another one was quicker
        raise
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        return _extract(archive, folder)
    except BaseException:
        _empty(folder)
        raise


def finish(folder: Path) -> None:
    """Let the folder that was extracted be used."""
    (folder / UNFINISHED_RESTORE).unlink()


def _empty(folder: Path) -> None:
    """Delete what was extracted, and last what says that it is not whole."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != UNFINISHED_RESTORE:
            path.unlink()
    finish(folder)


def _extract(archive: Path, folder: Path) -> Description:
    description: Description | None = None
    found: dict[str, str] = {}
    try:
        with tarfile.open(archive, mode="r|gz") as tar:
            for member in tar:
                content = tar.extractfile(member)
                if content is None:
                    continue
                if member.name == DESCRIPTION:
                    description = _description(content.read(min(member.size, _DESCRIPTION_MAX_BYTES)))
                    continue
                name = _name_in_folder(member.name)
                found[str(name)] = _write(content, folder, name)
    except (OSError, EOFError, ValueError, tarfile.TarError, msgspec.MsgspecError) as error:
        raise _unusable(archive, str(error)) from error
    if description is None:
        raise _unusable(archive, "nothing in it says so")
    if description.files != found:
        wrong = sorted(name for name in description.files | found if description.files.get(name) != found.get(name))
        raise _unusable(archive, f"{len(wrong)} of its files are not as they were, such as {wrong[0]}")
    return description


def _description(content: bytes) -> Description:
    """What an archive says that it is of; raises ValueError where it is of another format, MsgspecError where it can't.

    The format is looked at first: what another one says may mean something else.
    """
    format_ = msgspec.json.decode(content, type=_Format).format
    if format_ != FORMAT:
        message = f"format {format_}"
        raise ValueError(message)
    return msgspec.json.decode(content, type=Description)


def _name_in_folder(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if not path.is_relative_to(FILES) or ".." in path.parts:
        message = f"a file {name!r} in it"
        raise tarfile.TarError(message)
    return path.relative_to(FILES)


def _write(content: Any, folder: Path, name: PurePosixPath) -> str:
    """The SHA-256 of what was written."""
    hashed = hashlib.sha256()
    try:
        for parent in reversed(name.parents[:-1]):
            (folder / parent).mkdir(_FOLDER_MODE, exist_ok=True)
        descriptor = _new_file(folder / name)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        message = f"two files {str(name)!r} in it"
        raise tarfile.TarError(message) from error
    except OSError as error:
        raise _unwritable(folder, error) from error
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        while chunk := content.read(_CHUNK_BYTES):
            hashed.update(chunk)
            try:
                left = memoryview(chunk)
                while left:
                    left = left[file.write(left) :]
            except OSError as error:
                raise _unwritable(folder, error) from error
    return hashed.hexdigest()


def _new_file(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)


def _unwritable(folder: Path, error: OSError) -> OperatorError:
    return OperatorError(f"{folder}: can't be written: {error.strerror}; wanted a folder of ours with room for it all")


def _unusable(archive: Path, why: str) -> OperatorError:
    message = f"{archive}: wanted a whole archive of `streamprocessor backup`, format {FORMAT}; got another: {why}"
    return OperatorError(message)
