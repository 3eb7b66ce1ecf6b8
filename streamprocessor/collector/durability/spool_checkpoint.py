"""How far Kafka has the spool: two slots in one small file, written in turn, so that a torn write costs one step."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import NamedTuple

import xxhash

_SLOT = struct.Struct(">QQQq")
_SUM = struct.Struct(">Q")
_SLOT_BYTES = 64


class Position(NamedTuple):
    """A place in the spool: a segment's number, and bytes from its start."""

    segment: int
    offset: int


class Mark(NamedTuple):
    """Kafka has what is before the position; said at at_ms, for the sequence-th time."""

    sequence: int
    position: Position
    at_ms: int


class MarkFile:
    """The file; it takes its whole room at once, so that a full disk can't keep it from being written."""

    def __init__(self, file: Path) -> None:
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        if os.fstat(self._descriptor).st_size < 2 * _SLOT_BYTES:
            os.pwrite(self._descriptor, bytes(2 * _SLOT_BYTES), 0)
            os.fsync(self._descriptor)

    def read(self) -> Mark:
        """The last mark; the spool's beginning where there is none."""
        marks = [self._read_slot(number) for number in (0, 1)]
        return max((mark for mark in marks if mark is not None), default=Mark(0, Position(0, 0), 0))

    def write(self, mark: Mark) -> None:
        """Write a mark, safe on disk on return."""
        content = _SLOT.pack(mark.sequence, *mark.position, mark.at_ms)
        content += _SUM.pack(xxhash.xxh3_64_intdigest(content))
        os.pwrite(self._descriptor, content, mark.sequence % 2 * _SLOT_BYTES)
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)

    def _read_slot(self, number: int) -> Mark | None:
        content = os.pread(self._descriptor, _SLOT.size + _SUM.size, number * _SLOT_BYTES)
        if len(content) < _SLOT.size + _SUM.size:
            return None
        fields, said = content[: _SLOT.size], content[_SLOT.size :]
        if _SUM.unpack(said)[0] != xxhash.xxh3_64_intdigest(fields):
            return None
        sequence, segment, offset, at_ms = _SLOT.unpack(fields)
        return Mark(sequence, Position(segment, offset), at_ms)
