"""Sending a micro-batch: changelog acknowledged first, then what it owes; all with acks=all, in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from streamprocessor.contract.changelog.entry import (
    EPOCH_KEY,
    ERASED_PREFIX,
    IDENTITY_KEY,
    MARKER_KEY,
    Epoch,
    TableIdentity,
    encode_entry,
    encode_epoch,
    encode_erasure,
    encode_identity,
    encode_marker,
)
from streamprocessor.contract.messages.message import Headers, Message
from streamprocessor.contract.topic_names import EVIDENCE_TRANSFERS
from streamprocessor.errors import MustRestartError
from streamprocessor.stream.partition.partition import Change, Partition
from streamprocessor.stream.partition.ports import BatchProducer

ProduceRow = tuple[bytes | None, bytes | None, Headers]


class Outbox:
    """Sends micro-batches of any partition."""

    def __init__(
        self,
        producer: BatchProducer,
        changelog: str,
        full_names: dict[str, str],
        partition_of: Callable[[bytes], int],
    ) -> None:
        """Send by this producer.

        changelog: the topic's full name.
        full_names: the broker's topic names by the contract's short ones.
        partition_of: where messages between contacts go, by the other one's key; all else stays in its partition.
        """
        self._producer = producer
        self._changelog = changelog
        self._full_names = full_names
        self._partition_of = partition_of

    async def write_changes(self, partition: Partition, changes: Sequence[Change], stamp_ms: int) -> None:
        """Write a micro-batch's changes; on return they are acknowledged and its number is the partition's.

        Raises:
            MustRestartError: the broker did not take them; nobody can say which are in.
        """
        microbatch = partition.microbatch + 1
        rows: list[ProduceRow] = [(MARKER_KEY, _marker(partition), [])]
        rows += [(change.key, encode_entry(change.record, microbatch, change.owed), []) for change in changes]
        rows += [
            (ERASED_PREFIX + partition.pseudonym(change.key), encode_erasure(change.erased_ms), [])
            for change in changes
            if change.erased_ms is not None
        ]
        partition.note_changes_written(await self._write(partition, rows, stamp_ms))

    async def write_epoch(self, partition: Partition, stamp_ms: int) -> bool:
        """Say that another worker writes from here on; False: what this one has not read lies before, and counts."""
        epoch = Epoch(partition.microbatch + 1, partition.changelog_offset)
        rows: list[ProduceRow] = [(EPOCH_KEY, encode_epoch(epoch), [])]
        next_offset = await self._send(self._changelog, partition.number, rows, stamp_ms)
        if next_offset != epoch.offset + 1:
            return False
        partition.note_epoch_written(epoch, next_offset)
        return True

    async def write_marker(self, partition: Partition, stamp_ms: int) -> None:
        """Say that all announcements of the partition's micro-batches so far are acknowledged, without another one."""
        rows: list[ProduceRow] = [(MARKER_KEY, _marker(partition), [])]
        partition.note_marker_written(await self._write(partition, rows, stamp_ms))

    async def write_tombstones(self, partition: Partition, stamp_ms: int) -> None:
        """Take the records of erased contacts out of the changelog; all that they owed is acknowledged."""
        keys = list(partition.awaiting_tombstone)
        rows: list[ProduceRow] = [
            (MARKER_KEY, _marker(partition), []),
            *((key, None, []) for key in keys),
        ]
        partition.note_tombstones_written(keys, await self._write(partition, rows, stamp_ms))

    async def write_identity(self, partition: Partition, identity: TableIdentity, stamp_ms: int) -> None:
        """Give a new partition of the table its identity."""
        rows: list[ProduceRow] = [(IDENTITY_KEY, encode_identity(identity), [])]
        partition.note_identity_written(identity, await self._write(partition, rows, stamp_ms))

    async def announce(self, partition: int, messages: Iterable[Message], stamp_ms: int) -> None:
        """Send announcements and dead letters; on return they are acknowledged. Raises MustRestartError."""
        by_place: dict[tuple[str, int], list[ProduceRow]] = {}
        for topic, key, value, headers in messages:
            number = self._partition_of(key) if topic == EVIDENCE_TRANSFERS and key is not None else partition
            by_place.setdefault((topic, number), []).append((key, value, headers))
        await asyncio.gather(
            *(self._send(self._full_names[topic], number, rows, stamp_ms) for (topic, number), rows in by_place.items())
        )

    async def _write(self, partition: Partition, rows: Sequence[ProduceRow], stamp_ms: int) -> int:
        """The changelog's next offset, once the rows before it are acknowledged and nothing else lies between."""
        begins_at = partition.changelog_offset
        next_offset = await self._send(self._changelog, partition.number, rows, stamp_ms)
        if next_offset != begins_at + len(rows):
            message = (
                f"{self._changelog}[{partition.number}]: wanted to write offsets {begins_at} to "
                f"{begins_at + len(rows) - 1}; got {next_offset - 1} as the last: another worker wrote there, too"
            )
            raise MustRestartError(message)
        return next_offset

    async def _send(self, topic: str, partition: int, rows: Sequence[ProduceRow], stamp_ms: int) -> int:
        """The offset after the last row."""
        producer = self._producer
        acknowledgements = []
        batch = producer.create_batch()
        try:
            for key, value, headers in rows:
                if batch.append(key=key, value=value, timestamp=stamp_ms, headers=headers) is None:
                    acknowledgements.append(await producer.send_batch(batch, topic, partition=partition))
                    batch = producer.create_batch()
                    batch.append(key=key, value=value, timestamp=stamp_ms, headers=headers)
            last_rows: int = batch.record_count()
            acknowledgements.append(await producer.send_batch(batch, topic, partition=partition))
            metadata = [await acknowledgement for acknowledgement in acknowledgements]
        except asyncio.CancelledError:
            raise
        except Exception as error:
            message = f"{topic}[{partition}]: {len(rows)} records were not acknowledged: {error!r}"
            raise MustRestartError(message) from error
        return int(metadata[-1].offset) + last_rows


def _marker(partition: Partition) -> bytes:
    return encode_marker(partition.microbatch, is_placed=not partition.misplaced)
