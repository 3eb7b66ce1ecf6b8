"""The spool's checkpoint: two slots in one small file, written in turn, so that a torn write loses one at most."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import NamedTuple

import xxhash

_SLOT = struct.Struct(">QQQq")
_SUM = struct.Struct(">Q")
_SLOT_BYTES = 64


class SpoolPosition(NamedTuple):
    """A place in the spool: a segment's number, and bytes from its start."""

    segment: int
    offset: int


class Checkpoint(NamedTuple):
    """How far Kafka has the spool.

    sequence: how many checkpoints there were before it.
    position: Kafka has all that is before it.
    at_ms: when it was made, milliseconds since the epoch.
    """

    sequence: int
    position: SpoolPosition
    at_ms: int


class CheckpointFile:
    """The checkpoint's file; it takes its whole room at once, so that a full disk can't keep it from being written."""

    def __init__(self, file: Path) -> None:
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        if os.fstat(self._descriptor).st_size < 2 * _SLOT_BYTES:
            os.pwrite(self._descriptor, bytes(2 * _SLOT_BYTES), 0)
            os.fsync(self._descriptor)

    def read(self) -> Checkpoint:
        """The last checkpoint; the spool's beginning where there is none."""
        slots = [self._read_slot(number) for number in (0, 1)]
        return max((slot for slot in slots if slot is not None), default=Checkpoint(0, SpoolPosition(0, 0), 0))

    def write(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, safe on disk on return."""
        content = _SLOT.pack(checkpoint.sequence, *checkpoint.position, checkpoint.at_ms)
        content += _SUM.pack(xxhash.xxh3_64_intdigest(content))
        os.pwrite(self._descriptor, content, checkpoint.sequence % 2 * _SLOT_BYTES)
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)

    def _read_slot(self, number: int) -> Checkpoint | None:
        content = os.pread(self._descriptor, _SLOT.size + _SUM.size, number * _SLOT_BYTES)
        if len(content) < _SLOT.size + _SUM.size:
            return None
        fields, checksum = content[: _SLOT.size], content[_SLOT.size :]
        if _SUM.unpack(checksum)[0] != xxhash.xxh3_64_intdigest(fields):
            return None
        sequence, segment, offset, at_ms = _SLOT.unpack(fields)
        return Checkpoint(sequence, SpoolPosition(segment, offset), at_ms)
