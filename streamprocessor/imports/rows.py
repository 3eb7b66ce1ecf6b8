"""Rows of a file, read: those to send, to skip, and those that can't be, each with the line that it begins on."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any, NamedTuple, TypeAlias

CSV, JSON_LINES, ACCESS_LOG = "csv", "jsonl", "access-log"
"""The formats that files come in."""


class ImportRow(NamedTuple):
    """An event or contact update of a file.

    line: 1 is the file's first.
    contact_id: the key of the record.
    value: the record's JSON.
    """

    line: int
    contact_id: str
    value: dict[str, Any]


class BadRow(NamedTuple):
    """A row that can't be used.

    line: 1 is the file's first.
    reason: a short code, for counting.
    detail: the sentence for a person.
    """

    line: int
    reason: str
    detail: str


class SkippedRow(NamedTuple):
    """A row that the mapping passes over.

    line: 1 is the file's first.
    """

    line: int


ReadRow: TypeAlias = ImportRow | BadRow | SkippedRow


class ContentIds:
    """Ids for rows that have none: the row's hash, then which repetition of it in the file this is, from 1.

    Equal rows may be two real requests of one second or a true repeat: nobody can tell, so both are kept, and the
    number makes a second reading of the file give the same ids. Rows must be given in the order of the file.
    """

    def __init__(self, prefix: str) -> None:
        """Begin a file; every id will begin with `prefix`."""
        self._prefix = prefix
        self._seen: Counter[bytes] = Counter()

    def next_for(self, content: bytes) -> str:
        """The id of the next row with this content."""
        digest = hashlib.blake2b(content, digest_size=16).digest()
        self._seen[digest] += 1
        return f"{self._prefix}{digest.hex()}-{self._seen[digest]}"
