"""Replays refused: a token of a signature that does not cover the content is good for what it first came with."""

from __future__ import annotations

import logging
import os
import struct
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from streamprocessor.contract.events.event_fields import content_key

MAX_TOKENS = 200_000

_ROW = struct.Struct("<8s8sq")

log = logging.getLogger(__name__)


class _Use(NamedTuple):
    """What a token came with, as a hash, and when it came first."""

    content: bytes
    at_ms: int


class ReplayGuard:
    """Remembers the tokens of the last max_age_ms, at most MAX_TOKENS: beyond, the oldest are forgotten.

    file: where they outlive the process; None: nowhere. What is cut off at its end, by a kill, is passed over.
    """

    def __init__(self, max_age_ms: int, file: Path | None) -> None:
        self._max_age_ms = max_age_ms
        self._uses: OrderedDict[bytes, _Use] = OrderedDict()
        self._file = file
        self._rows_in_file = 0
        if file is not None and file.exists():
            content = file.read_bytes()
            for token, used_for, at_ms in _ROW.iter_unpack(content[: len(content) // _ROW.size * _ROW.size]):
                self._uses[token] = _Use(used_for, at_ms)
            self._forget(max((use.at_ms for use in self._uses.values()), default=0))
            self._keep(lambda: self._rewrite(file))

    def __len__(self) -> int:
        return len(self._uses)

    def is_good_for(self, token: str, content: list[Any], now_ms: int) -> bool:
        """Whether the token comes for the first time, or again with the same content; from now on only with that."""
        self._forget(now_ms)
        key, used_for = _hash([token]), _hash(content)
        use = self._uses.get(key)
        if use is not None:
            return use.content == used_for
        self._uses[key] = _Use(used_for, now_ms)
        if (file := self._file) is not None:
            self._keep(lambda: self._append(file, _ROW.pack(key, used_for, now_ms)))
        return True

    def _keep(self, write: Callable[[], None]) -> None:
        """Write to the file, where that can be done: events are worth more than what is remembered beyond a restart."""
        try:
            write()
        except OSError as error:
            log.warning("%s can't be written (%s): a restart forgets tokens", self._file, error.strerror)

    def _forget(self, now_ms: int) -> None:
        while self._uses:
            oldest = next(iter(self._uses))
            if len(self._uses) <= MAX_TOKENS and self._uses[oldest].at_ms >= now_ms - self._max_age_ms:
                return
            del self._uses[oldest]

    def _append(self, file: Path, row: bytes) -> None:
        with file.open("ab", buffering=0) as appended:
            appended.write(row)
        self._rows_in_file += 1
        if self._rows_in_file > 2 * MAX_TOKENS:
            self._rewrite(file)

    def _rewrite(self, file: Path) -> None:
        """Leave only what is remembered in the file."""
        rows = b"".join(_ROW.pack(token, use.content, use.at_ms) for token, use in self._uses.items())
        new = file.with_name(f"{file.name}.new")
        new.write_bytes(rows)
        os.replace(new, file)
        self._rows_in_file = len(self._uses)


def _hash(content: list[Any]) -> bytes:
    return blake2b(content_key(content).encode(), digest_size=8).digest()
