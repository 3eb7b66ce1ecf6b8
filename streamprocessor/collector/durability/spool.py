"""The spool: records on disk while Kafka is away, in order, bounded, safe once `write` returns.

Append-only segment files of checked frames, and the checkpoint in the file `mark`: how far Kafka has them. Blocking:
call it in threads; `write` may run beside `next_chunk` and `mark`.

Files of its own, because SQLite (WAL, synchronous FULL) writes each byte twice, which makes rounds of 1 000 records
half as fast; on a disk that is full it can't delete what Kafka has, and one damaged bit in its log loses all rounds
after it without a word.
"""

from __future__ import annotations

import logging
import os
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from streamprocessor.collector.durability.producer_record import ProducerRecord
from streamprocessor.collector.durability.spool_checkpoint import Checkpoint, CheckpointFile, SpoolPosition
from streamprocessor.collector.durability.spool_frames import encode_frame, frames_in
from streamprocessor.errors import OperatorError
from streamprocessor.process.files.locks import Lock, claim

SEGMENT_BYTES = 8 * 1024 * 1024
CHUNK_RECORDS = 2_000
_READ_BYTES = 4 * 1024 * 1024
_SUFFIX = ".spool"

log = logging.getLogger(__name__)


class SpoolFullError(Exception):
    """No more fits: the limit is reached, or the disk takes nothing."""


class Chunk(NamedTuple):
    """Records to be sent next, in order.

    since_ms: before it none of them was sent to Kafka.
    end: the position to mark once Kafka has them.
    """

    records: list[ProducerRecord]
    since_ms: int
    end: SpoolPosition


class Spool:
    """The spool in one folder, for one process. max_bytes: of all files together."""

    def __init__(self, folder: Path, max_bytes: int, segment_bytes: int = SEGMENT_BYTES) -> None:
        """Takes the folder, and finds what an earlier process left; raises OperatorError where it can't."""
        self._folder = folder
        self._max_bytes = max_bytes
        self._segment_bytes = min(segment_bytes, max_bytes)
        self._guard = threading.Lock()
        self._tail: int | None = None  # the descriptor of the segment that is written
        self._lengths: dict[int, int] = {}  # of segments, as far as they are safe
        self.damaged_bytes = 0
        try:
            with ExitStack() as undoing:
                folder.mkdir(parents=True, exist_ok=True)
                self._lock = undoing.enter_context(_locked(folder / "lock"))
                self._checkpoint_file = CheckpointFile(folder / "mark")
                undoing.callback(self._checkpoint_file.close)
                self._checkpoint = self._checkpoint_file.read()
                self._find_segments()
                self.oldest_ms = self._oldest_ms()
                undoing.pop_all()
        except OSError as error:
            message = f"spool {folder}: wanted a folder to write to; got {error.strerror or error}"
            raise OperatorError(message) from error

    @property
    def backlog_bytes(self) -> int:
        """How many bytes Kafka does not have yet."""
        at = self._checkpoint.position
        return max(0, sum(length for number, length in list(self._lengths.items()) if number >= at.segment) - at.offset)

    @property
    def has_room(self) -> bool:
        """Whether one more batch may fit."""
        return sum(list(self._lengths.values())) + self._segment_bytes // 8 <= self._max_bytes

    @property
    def marked_at_ms(self) -> int:
        """When the checkpoint was made: nothing beyond it was sent earlier, but for records whose frame says so."""
        return self._checkpoint.at_ms

    def write(self, records: list[ProducerRecord], since_ms: int) -> SpoolPosition:
        """The position after the records, once they are safe on disk; raises SpoolFullError, and then none is."""
        frame = encode_frame(records, since_ms)
        with self._guard:
            if sum(self._lengths.values()) + len(frame) > self._max_bytes:
                message = f"{self._max_bytes} bytes are taken"
                raise SpoolFullError(message)
            try:
                number = self._segment_for(len(frame))
                self._append(number, frame)
            except OSError as error:
                self._give_up_tail()
                message = f"{self._folder}: {error.strerror or error}"
                raise SpoolFullError(message) from error
            self._lengths[number] += len(frame)
            if self.oldest_ms is None:
                self.oldest_ms = since_ms
            return SpoolPosition(number, self._lengths[number])

    def next_chunk(self) -> Chunk | None:
        """The records that Kafka is to get next; None where it has everything."""
        at = self._checkpoint.position
        for number in sorted(list(self._lengths)):  # a copy: `write` may add one meanwhile
            offset = at.offset if number == at.segment else 0
            chunk = self._chunk_of(number, offset) if number >= at.segment else None
            if chunk is not None:
                self.oldest_ms = chunk.since_ms
                return chunk
        self.oldest_ms = None
        return None

    def mark(self, end: SpoolPosition, at_ms: int) -> None:
        """Note that Kafka has everything before `end`; files that it has as a whole are deleted."""
        with self._guard:
            if end.segment == max(self._lengths) and end.offset >= self._lengths[end.segment]:
                self._close_tail()
                end = SpoolPosition(end.segment + 1, 0)
            self._checkpoint = Checkpoint(self._checkpoint.sequence + 1, end, at_ms)
            self._checkpoint_file.write(self._checkpoint)
            for number in [number for number in self._lengths if number < end.segment]:
                self._file(number).unlink(missing_ok=True)
                del self._lengths[number]
            if not self._lengths:
                self.oldest_ms = None

    def close(self) -> None:
        """Let go of the folder; what is in it stays."""
        with self._guard:
            self._close_tail()
            self._checkpoint_file.close()
            self._lock.release()

    def _find_segments(self) -> None:
        first = self._checkpoint.position
        for file in sorted(self._folder.glob(f"*{_SUFFIX}")):
            number = int(file.stem)
            if number < first.segment:
                file.unlink()
                continue
            self._lengths[number] = self._whole_length(file, first.offset if number == first.segment else 0)

    def _whole_length(self, file: Path, start: int) -> int:
        """The segment's length up to its last whole frame; what is torn off behind it is cut, and was never claimed."""
        content = file.read_bytes()
        end = start
        for frame in frames_in(content, start):
            if frame.start > end:
                self._note_damage(file, end, frame.start)
            end = frame.end
        if end < len(content):
            os.truncate(file, end)
        return end

    def _oldest_ms(self) -> int | None:
        chunk = self.next_chunk()
        return None if chunk is None else chunk.since_ms

    def _chunk_of(self, number: int, offset: int) -> Chunk | None:
        length = self._lengths[number]
        records: list[ProducerRecord] = []
        since_ms, end = 0, offset
        for window in (_READ_BYTES, length):  # the whole rest only where a part holds no whole frame
            with self._file(number).open("rb") as file:
                file.seek(offset)
                content = file.read(min(window, length - offset))
            for frame in frames_in(content):
                since_ms = since_ms or frame.since_ms
                records += frame.records
                end = offset + frame.end
                if len(records) >= CHUNK_RECORDS:
                    break
            if records:
                return Chunk(records, since_ms, SpoolPosition(number, end))
        if length > offset:
            self._note_damage(self._file(number), offset, length)
            self._lengths[number] = offset
        return None

    def _note_damage(self, file: Path, start: int, end: int) -> None:
        self.damaged_bytes += end - start
        log.error("spool %s: bytes %d to %d can't be read, and are lost", file, start, end)

    def _segment_for(self, size: int) -> int:
        if self._tail is not None:
            number = max(self._lengths)
            if self._lengths[number] + size <= self._segment_bytes:
                return number
            self._close_tail()
        number = max([*self._lengths, self._checkpoint.position.segment - 1]) + 1
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        self._tail = os.open(self._file(number), flags, 0o600)
        self._lengths[number] = 0
        _sync_folder(self._folder)
        return number

    def _append(self, number: int, frame: bytes) -> None:
        assert self._tail is not None
        rest = memoryview(frame)
        at = self._lengths[number]
        while rest:
            count = os.pwrite(self._tail, rest, at)
            rest, at = rest[count:], at + count
        os.fdatasync(self._tail)

    def _give_up_tail(self) -> None:
        """Cut what was not written whole, and begin another segment next time: nobody knows what a failed sync left."""
        if self._tail is not None:
            number = max(self._lengths)
            try:
                os.ftruncate(self._tail, self._lengths[number])
            except OSError as error:
                log.error("spool %s: can't be cut: %s", self._file(number), error)
            self._close_tail()

    def _close_tail(self) -> None:
        if self._tail is not None:
            os.close(self._tail)
            self._tail = None

    def _file(self, number: int) -> Path:
        return self._folder / f"{number:012d}{_SUFFIX}"


def _locked(file: Path) -> Lock:
    lock = claim(file)
    if lock is None:
        message = (
            f"spool {file.parent}: another collector runs on this folder; wanted a folder of its own for each: end the "
            "other, or give another --data-dir"
        )
        raise OperatorError(message)
    return lock


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
