"""The audit: who asked the API for what, from where, and what came of it; one JSON object a line, in a file of its own.

Contacts stand in it under the pseudonyms that erasures leave of them: who has an id and the salt finds its lines, and
nobody finds an id. Several processes may write into one file.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import orjson

from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.errors import OperatorError

MAX_OBJECT_CHARS = 200


class AuditEntry(NamedTuple):
    """One request and its answer."""

    at_ms: int
    who: str | None
    """The name of the token; None: nobody that is known."""
    by: str | None
    """`token` or `session`; None: nobody that is known."""
    address: str | None
    """Where the request came from; None: that is not known."""
    operation: str
    object: str | None
    """The name of a segment, score or subscription, the id of an import; None: it was about none."""
    contact_id: str | None
    """The contact that it was about; None: it was not about one."""
    status: int


class AuditFiles(NamedTuple):
    """Where lines go.

    max_bytes: of one file.
    file_count: how many files there are at the most, with the present one; the oldest goes.
    """

    path: Path
    max_bytes: int
    file_count: int


class AuditLog:
    """Appends lines to the file, which its owner alone can read; a file that would become too large is put aside.

    Those put aside are called as the file with .1, the newest, .2 and so on behind it.
    """

    def __init__(self, files: AuditFiles, pseudonym: Callable[[bytes], bytes]) -> None:
        """Raises OperatorError where the file can't be written to."""
        self._files = files
        self._pseudonym = pseudonym
        try:
            files.path.parent.mkdir(parents=True, exist_ok=True)
            os.close(self._opened())
        except OSError as error:
            message = f"STREAMPROCESSOR_AUDIT_FILE: {files.path} can't be written to ({error.strerror}); wanted a file"
            raise OperatorError(message) from error

    def write(self, entry: AuditEntry) -> None:
        """Append the entry as one line; raises OSError where it can't be kept."""
        line = orjson.dumps(self._fields(entry)) + b"\n"
        while True:
            descriptor = self._opened()
            try:
                if not 0 < os.fstat(descriptor).st_size > self._files.max_bytes - len(line):
                    os.write(descriptor, line)
                    return
                self._put_aside()
            finally:
                os.close(descriptor)

    def _fields(self, entry: AuditEntry) -> dict[str, object]:
        contact = None
        if entry.contact_id is not None:
            contact = self._pseudonym(entry.contact_id.encode("utf-8", "surrogatepass")).hex()
        return {
            "at": format_rfc3339(entry.at_ms),
            "who": entry.who,
            "by": entry.by,
            "from": entry.address,
            "operation": entry.operation,
            "object": None if entry.object is None else entry.object[:MAX_OBJECT_CHARS],
            "contact": contact,
            "status": entry.status,
        }

    def _opened(self) -> int:
        """The file, locked against all who write, and not one that another has just put aside."""
        path = self._files.path
        while True:
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
            try:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise OSError(0, "it is no regular file")
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                with contextlib.suppress(FileNotFoundError):
                    if os.path.samestat(os.fstat(descriptor), path.stat()):
                        return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)

    def _put_aside(self) -> None:
        path = self._files.path
        if self._files.file_count == 1:
            path.unlink(missing_ok=True)
            return
        names = [path, *(path.with_name(f"{path.name}.{number}") for number in range(1, self._files.file_count))]
        for newer, older in reversed(list(pairwise(names))):
            if newer.exists():
                newer.replace(older)
