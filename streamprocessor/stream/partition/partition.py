"""One partition of the contact table: its records as bytes, its timers, its place in the changelog."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from streamprocessor.contract.changelog.entry import (
    EPOCH_KEY,
    ERASED_PREFIX,
    IDENTITY_KEY,
    MARKER_KEY,
    RESERVED,
    Epoch,
    TableIdentity,
    decode_entry,
    decode_epoch,
    decode_identity,
    erasure_of,
    microbatch_of,
    owes,
    record_of,
    says_placed,
)
from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.contract.messages.message import Message
from streamprocessor.scoring.identity.erasure import nothing_left
from streamprocessor.scoring.record.record import Record
from streamprocessor.stream.partition.batch import RawRecord
from streamprocessor.stream.partition.hot_stages import HotStages
from streamprocessor.stream.partition.timers import TimerIndex

#: What stands for a contact that was handed over to another partition until its tombstone is written.
HANDED_OVER = encode_record(Record())


class Change(NamedTuple):
    """What a micro-batch makes of one contact.

    record: the new one, encoded.
    holds_until_ms: when to look again; None: time changes nothing.
    owed: the messages to send once the record is in the changelog.
    hot: the scores in which the contact is hot by now; None: as before.
    erased_ms: the instant at which the contact was erased; None: it was not.
    is_nothing_left: whether its record is to be deleted once what it owes is sent.
    """

    key: bytes
    record: bytes
    holds_until_ms: int | None
    owed: Sequence[Message]
    hot: tuple[str, ...] | None
    erased_ms: int | None = None
    is_nothing_left: bool = False


class Partition:
    """The state of one partition number, as of `changelog_offset`; others read it, only its methods change it.

    changelog_offset: the next one to read or write.
    records: encoded, by contact key; record_bytes: of all of them together.
    microbatch: the number of the last one; stamp_ms: its time, later ones are stamped later.
    marked_microbatch: the last one of which the changelog says that its announcements are acknowledged.
    identity: of the table; None until one was read or written.
    applied: the newest input offset in any record, by topic number.
    oldest_revision, newest_revision: of the model, over the records.
    erased: the instant of the erasure in epoch milliseconds, by pseudonym.
    misplaced: keys of records that belong to another partition, where they are to go.
    awaiting_tombstone: keys of records of which nothing is left, whose tombstones are still to be written.
    was_interrupted: whether something was owed when it was recovered.
    overwritten: keys of contacts of which the changelog says last what a worker before wrote too late.
    hot_contacts: how many are hot, by score.
    """

    def __init__(self, number: int, pseudonym: Callable[[bytes], bytes], partition_of: Callable[[bytes], int]) -> None:
        """pseudonym: of an erased contact's key. partition_of: where the contact of a key belongs."""
        self.number = number
        self.pseudonym = pseudonym
        self.partition_of = partition_of
        self.misplaced: set[bytes] = set()
        self._is_placed = False
        self.erased: dict[bytes, int] = {}
        self.awaiting_tombstone: set[bytes] = set()
        self.overwritten: set[bytes] = set()
        self.was_interrupted = False
        self._last_before_epoch = -1
        self._is_marker_late = False
        self.records: dict[bytes, bytes] = {}
        self.record_bytes = 0
        self.timers = TimerIndex()
        self.hot_contacts: Counter[str] = Counter()
        self._hot: dict[bytes, tuple[str, ...]] = {}
        self.microbatch = 0
        self.changelog_offset = 0
        self.stamp_ms = 0
        self.identity: TableIdentity | None = None
        self.applied: dict[int, int] = {}
        self.newest_revision = 0
        self.oldest_revision = 2**62
        self.marked_microbatch = 0
        self._owed: dict[bytes, tuple[int, bytes]] = {}
        self._recovered: set[bytes] = set()

    def read_changelog(self, entries: Iterable[RawRecord]) -> None:
        """Apply records of the changelog, in order; raises OperatorError for a newer layout."""
        for entry in entries:
            key, value = entry.key, entry.value
            self.changelog_offset = entry.offset + 1
            self.stamp_ms = max(self.stamp_ms, entry.timestamp)
            if key is None:
                continue
            if key.startswith(RESERVED):
                self._read_reserved(entry.offset, key, value)
                continue
            microbatch = self._microbatch_of(value)
            if microbatch <= self._last_before_epoch:
                self.overwritten.add(key)
                continue
            self.overwritten.discard(key)
            if value is None:
                self._forget(key)
            else:
                self.microbatch = max(self.microbatch, microbatch)
                self._store(key, record_of(value))
                self._recovered.add(key)
                if owes(value):
                    self._owed[key] = (microbatch, value)
                else:
                    self._owed.pop(key, None)

    def _microbatch_of(self, value: bytes | None) -> int:
        """That of a contact's value; of a tombstone, one that is as late as the marker which is written before it."""
        if value is None:
            return self._last_before_epoch if self._is_marker_late else self._last_before_epoch + 1
        return microbatch_of(value)

    def _read_reserved(self, offset: int, key: bytes, value: bytes | None) -> None:
        if key == EPOCH_KEY and value is not None:
            epoch = decode_epoch(value)
            if epoch.offset == offset:
                self._last_before_epoch = epoch.last_before
                self.microbatch = max(self.microbatch, epoch.last_before)
        elif key == MARKER_KEY and value is not None:
            self._is_marker_late = microbatch_of(value) < self._last_before_epoch
            self.marked_microbatch = max(self.marked_microbatch, microbatch_of(value))
            self.microbatch = max(self.microbatch, self.marked_microbatch)
            self._owed = {key: owed for key, owed in self._owed.items() if owed[0] > self.marked_microbatch}
            self._is_placed = says_placed(value)
        elif key == IDENTITY_KEY and value is not None:
            self.identity = decode_identity(value)
        elif key.startswith(ERASED_PREFIX) and value is not None:
            self.erased[key[len(ERASED_PREFIX) :]] = erasure_of(value)

    def finish_recovery(self, stages: HotStages) -> None:
        """Rebuild what is derived from the records just read: timers, applied offsets, the newest model revision.

        Contacts that belong elsewhere are looked for where the last program that wrote here did not.
        """
        if not self._is_placed:
            self.misplaced = {key for key in self.records if self.partition_of(key) != self.number}
            self._is_placed = True
        for key in self._recovered:
            if self.records[key] == HANDED_OVER:
                self.awaiting_tombstone.add(key)
                continue
            record = decode_record(self.records[key])
            self.timers.arm(key, record.holds_until_ms)
            self._note_hot(key, stages.of(record))
            self.newest_revision = max(self.newest_revision, record.revision)
            self.oldest_revision = min(self.oldest_revision, record.revision)
            for topic_number, offset in record.offsets.items():
                if offset > self.applied.get(topic_number, -1):
                    self.applied[topic_number] = offset
            if nothing_left(record):
                self.awaiting_tombstone.add(key)
        self._recovered = set()

    def owed_after_recovery(self) -> list[Message]:
        """The announcements of micro-batches after the last marker, in their order."""
        owed = sorted(item for item in self._owed.values() if item[0] > self.marked_microbatch)
        return [message for _, value in owed for message in decode_entry(value).owed]

    def note_owed_sent(self) -> None:
        """Note that all that was owed is acknowledged; the next marker says so to others."""
        self.was_interrupted = bool(self._owed)
        self._owed.clear()

    def changes_to_write_back(self) -> list[Change]:
        """What counts of the overwritten contacts, where anything does."""
        keys = sorted(self.overwritten & self.records.keys())
        return [Change(key, self.records[key], None, (), None) for key in keys]

    def note_written_back(self) -> None:
        """Note that the changelog says what counts; overwritten contacts of whom nothing does await tombstones."""
        self.awaiting_tombstone |= self.overwritten - self.records.keys()
        self.overwritten.clear()

    def note_read_to(self, next_offset: int) -> None:
        """Note that the changelog is read up to there; what compaction removed leaves only the position behind."""
        self.changelog_offset = next_offset

    def note_stamp(self, stamp_ms: int) -> None:
        """Note the time of what is written next; later writes are stamped later."""
        self.stamp_ms = stamp_ms

    def note_changes_written(self, next_offset: int) -> None:
        """Note that the next micro-batch's changes are acknowledged, with a marker of the one before it."""
        self.changelog_offset = next_offset
        self.marked_microbatch = self.microbatch
        self.microbatch += 1

    def note_epoch_written(self, epoch: Epoch, next_offset: int) -> None:
        """Note that the changelog says where this worker began: what others had under way will not count."""
        self.changelog_offset = next_offset
        self._last_before_epoch = self.microbatch = epoch.last_before
        self._is_marker_late = False

    def note_marker_written(self, next_offset: int) -> None:
        """Note that the changelog says that all announcements so far are acknowledged."""
        self.changelog_offset = next_offset
        self.marked_microbatch = self.microbatch

    def note_tombstones_written(self, keys: Iterable[bytes], next_offset: int) -> None:
        """Drop the records of these keys, whose tombstones and a marker before them are acknowledged."""
        self.note_marker_written(next_offset)
        for key in keys:
            self._forget(key)

    def note_identity_written(self, identity: TableIdentity, next_offset: int) -> None:
        """Note the identity that the changelog holds by now."""
        self.changelog_offset = next_offset
        self.identity = identity

    def note_migrated(self, revision: int) -> None:
        """Note that no record is of an older revision of the model any more."""
        self.oldest_revision = revision

    def erased_at_ms_of(self, key: bytes) -> int:
        """When the contact of this key was erased; 0: never."""
        return self.erased.get(self.pseudonym(key), 0) if self.erased else 0

    def apply(self, changes: Iterable[Change], revision: int) -> None:
        """Take over a micro-batch, scored under a revision, whose changes and announcements are acknowledged."""
        self.oldest_revision = min(self.oldest_revision, revision)
        for change in changes:
            self._store(change.key, change.record)
            self.timers.arm(change.key, change.holds_until_ms)
            if change.hot is not None:
                self._note_hot(change.key, change.hot)
            if change.erased_ms is not None:
                self.erased[self.pseudonym(change.key)] = change.erased_ms
            if change.is_nothing_left:
                self.awaiting_tombstone.add(change.key)
            elif self.awaiting_tombstone:
                self.awaiting_tombstone.discard(change.key)

    def _note_hot(self, key: bytes, scores: tuple[str, ...]) -> None:
        before = self._hot.get(key, ())
        if scores == before:
            return
        for score in before:
            self.hot_contacts[score] -= 1
        for score in scores:
            self.hot_contacts[score] += 1
        if scores:
            self._hot[key] = scores
        else:
            del self._hot[key]

    def _store(self, key: bytes, record: bytes) -> None:
        before = self.records.get(key)
        self.record_bytes += len(record) - (len(before) if before is not None else 0)
        self.records[key] = record

    def _forget(self, key: bytes) -> None:
        before = self.records.pop(key, None)
        self.record_bytes -= len(before) if before is not None else 0
        self.timers.arm(key, None)
        self._note_hot(key, ())
        self._owed.pop(key, None)
        self._recovered.discard(key)
        self.awaiting_tombstone.discard(key)
        self.misplaced.discard(key)
