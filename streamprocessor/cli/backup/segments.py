"""Kafka's own files read as records, without a Kafka: what a snapshot of its data folder holds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from struct import Struct
from typing import Any

from aiokafka.record import MemoryRecords

from streamprocessor.cli.backup.snapshot import COMMITTED, KAFKA_DATA, FileAt
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.admin.consumer_group import Offsets

_LOG_SUFFIX = ".log"
_BATCH_HEAD = Struct(">qi")  # the first offset, and how many bytes follow
_VERSION, _OFFSET, _PARTITION, _LENGTH = Struct(">h"), Struct(">q"), Struct(">i"), Struct(">h")
_COMMIT_VERSIONS = (0, 1)


class SegmentSource:
    """The topics of a snapshot, asked as a broker is."""

    def __init__(self, files: Iterable[FileAt]) -> None:
        """Read Kafka's files of these."""
        self._segments: dict[tuple[str, int], list[FileAt]] = {}
        for file in files:
            if file.name.is_relative_to(KAFKA_DATA) and file.name.suffix == _LOG_SUFFIX:
                topic, _, number = file.name.parent.name.rpartition("-")
                self._segments.setdefault((topic, int(number)), []).append(file)
        for segments in self._segments.values():
            segments.sort()

    async def ends(self, names: Iterable[str]) -> Offsets:
        """The offset after the last record of each partition of these topics."""
        wanted = set(names)
        return {place: self._end(each) for place, each in sorted(self._segments.items()) if place[0] in wanted}

    async def committed(self, group: str) -> Offsets:
        """What the group has committed, by topic and partition."""
        offsets: Offsets = {}
        topic = COMMITTED.removesuffix("-")
        for place in sorted(self._segments):
            if place[0] == topic:
                async for record in self.records(*place):
                    _note_commit(offsets, group, record)
        return offsets

    async def records(self, topic: str, partition: int) -> AsyncIterator[Any]:
        """The records of a partition, in their order; control records are none."""
        for segment in self._segments.get((topic, partition), ()):
            for batch in _batches_in(segment):
                if not batch.is_control_batch:
                    for record in batch:
                        yield record

    @staticmethod
    def _end(segments: list[FileAt]) -> int:
        """The offset after the last one; a segment without records is named after it."""
        end = int(segments[-1].name.stem)
        for batch in _batches_in(segments[-1]):
            end = batch.next_offset
        return end


def _batches_in(segment: FileAt) -> Iterator[Any]:
    """The whole batches; one that was being written is none yet, as for Kafka after a power cut."""
    left = segment.size
    with Path(segment.source).open("rb") as file:
        while left >= _BATCH_HEAD.size:
            head = file.read(_BATCH_HEAD.size)
            _, length = _BATCH_HEAD.unpack(head)
            left -= _BATCH_HEAD.size + length
            if length <= 0 or left < 0:
                return
            batch = MemoryRecords(head + file.read(length)).next_batch()
            if batch is None or not batch.validate_crc():
                message = f"{segment.name}: a batch of records in it is damaged; wanted whole ones: look after the disk"
                raise OperatorError(message)
            yield batch


def _note_commit(offsets: Offsets, group: str, record: Any) -> None:
    """Take over what a record of Kafka's own topic says of the group."""
    if record.key is None or _VERSION.unpack_from(record.key)[0] not in _COMMIT_VERSIONS:
        return  # who the members are
    of_group, at = _text(record.key, _VERSION.size)
    topic, at = _text(record.key, at)
    if of_group == group:
        place = (topic, _PARTITION.unpack_from(record.key, at)[0])
        if record.value is None:
            offsets.pop(place, None)
        else:
            offsets[place] = _OFFSET.unpack_from(record.value, _VERSION.size)[0]


def _text(content: bytes, at: int) -> tuple[str, int]:
    start = at + _LENGTH.size
    end = start + _LENGTH.unpack_from(content, at)[0]
    return content[start:end].decode(), end
