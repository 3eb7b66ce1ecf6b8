"""The parts of a replay that run in processes of their own, a partition or some groups of contacts at a time."""

from __future__ import annotations

import asyncio
import csv
import gc
import os
import signal
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from streamprocessor.contract.contact_ids import ADDRESS
from streamprocessor.contract.events.address_identities import identities_in
from streamprocessor.contract.events.event_fields import contact_of
from streamprocessor.errors import RecordError
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.kafka.connection import client_settings
from streamprocessor.kafka.metadata_pace import pace_metadata
from streamprocessor.kafka.partitioner import partition_of
from streamprocessor.kafka.raw_fetch import use_raw_fetching
from streamprocessor.process.parent_death import end_with_parent
from streamprocessor.replay.arrivals import unpacked
from streamprocessor.replay.comparison import ContactRow, ModelComparison, ReplaySource
from streamprocessor.replay.contact_rows import csv_cells
from streamprocessor.replay.linked_replay import Link
from streamprocessor.replay.run.order import InputSpan, ReplayOrder
from streamprocessor.replay.run.topic_input import PartitionRecords, records_of_partition
from streamprocessor.replay.tally import ReplayTally
from streamprocessor.scoring.record.facts import AttributesWritten, Merged, Unmerged

RecordsByKey: TypeAlias = dict["bytes | None", "bytes"]

MOST_OBJECTS_YOUNG = 100_000
"""So many new objects are made before Python looks for circles among them; records have none."""

TOLD_AFTER = 2_000
"""So many records are replayed before progress hears of it."""


class StoppedError(Exception):
    """Nobody waits for the answer any more."""


@dataclass(slots=True)
class SharedProgress:
    """How far all processes are; shared by them. read, replayed: records. is_stopped: not 0 where they are to end."""

    read: Any
    replayed: Any
    is_stopped: Any

    def note_read(self, records: int) -> None:
        """So many more records are read; raises StoppedError."""
        self._add(self.read, records)

    def note_replayed(self, records: int) -> None:
        """So many more records are replayed; raises StoppedError."""
        self._add(self.replayed, records)

    def _add(self, count: Any, records: int) -> None:
        if self.is_stopped.value:
            raise StoppedError
        with count.get_lock():
            count.value += records


@dataclass(slots=True)
class PartOutcome:
    """What one part found out.

    partition: its number; None: it is of groups.
    deferred: records of contacts that are linked, or do not belong to the partition, by key.
    misplaced: keys of those among them that do not.
    first_ms: topic → when the first record that is there arrived.
    rows: of the contacts that were asked for.
    """

    tally: ReplayTally
    partition: int | None = None
    deferred: RecordsByKey = field(default_factory=dict)
    misplaced: frozenset[bytes] = frozenset()
    first_ms: dict[str, int] = field(default_factory=dict)
    rows: list[ContactRow] = field(default_factory=list)


@dataclass(slots=True)
class _Here:
    """What the parts of this process have in common."""

    order: ReplayOrder
    progress: SharedProgress
    rows_written: int = 0


_here: list[_Here] = []


def begin(order: ReplayOrder, read: Any, replayed: Any, is_stopped: Any) -> None:
    """Make this process one that replays parts of the order; it ends with the one that started it."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it says when it ends
    gc.set_threshold(MOST_OBJECTS_YOUNG)
    pace_metadata()
    use_raw_fetching()
    begin_here(order, read, replayed, is_stopped)


def begin_here(order: ReplayOrder, read: Any, replayed: Any, is_stopped: Any) -> None:
    """The parts that follow in this process are of the order."""
    _here[:] = [_Here(order, SharedProgress(read, replayed, is_stopped))]


def links_in(spans: Sequence[InputSpan]) -> tuple[set[Link], str | None]:
    """Which contacts the updates of one partition name together, and a contact known by an address; None: none is."""
    order = _here[0].order
    records = _read(spans, None, _nothing)
    return links_of(order, order.topic_source(), records.by_key)


def links_of(
    order: ReplayOrder, source: ReplaySource, records: Mapping[bytes | None, bytes | bytearray]
) -> tuple[set[Link], str | None]:
    """The same of records at hand."""
    addresses = {name for model in order.models() for name in model.addresses}
    links: set[Link] = set()
    is_addressed, by_address = False, None
    for key, of_contact in records.items():
        try:
            contact = contact_of(key)
        except RecordError:
            continue
        if contact.startswith(ADDRESS):
            by_address = contact
        for arrival_ms, number, value, headers in unpacked(of_contact):
            try:
                fact: Any = source.decoders[number](contact, value, headers, arrival_ms)
            except RecordError:
                continue
            if isinstance(fact, Merged | Unmerged):
                links.add((contact, fact.source))
            elif isinstance(fact, AttributesWritten):
                implied = [
                    (contact, each.source)
                    for each in identities_in(contact, fact, tuple(addresses), source.contact_ids)
                ]
                links.update(implied)
                is_addressed = is_addressed or bool(implied)
    return links, by_address if is_addressed else None


def compare_partition(
    spans: Sequence[InputSpan], partitions: int, deferred: Collection[bytes], wanted: Collection[bytes]
) -> PartOutcome:
    """Both models over the contacts of one partition that nobody is linked to.

    deferred: keys of contacts that are to be replayed with others. wanted: of whose contacts alone; empty: all.
    """
    order = _here[0].order
    read = _read(spans, wanted.__contains__ if wanted else None, _here[0].progress.note_read)
    alone: dict[bytes | None, bytearray] = {}
    number = spans[0].partition
    outcome = PartOutcome(ReplayTally(), number, first_ms=read.first_ms)
    misplaced = set()
    for key, records in read.by_key.items():
        is_elsewhere = bool(key) and partition_of(key or b"", partitions) != number
        if is_elsewhere and _names_somebody(key):
            misplaced.add(key or b"")
            outcome.deferred[key] = bytes(records)
        elif key in deferred:
            outcome.deferred[key] = bytes(records)
        else:
            alone[key] = records
    outcome.misplaced = frozenset(misplaced)
    size_bytes = read.size_bytes
    read.by_key.clear()
    _compare(order.topic_source(), outcome, lambda comparison, note: _add_alone(comparison, alone, note))
    outcome.tally.largest_bytes = size_bytes
    return outcome


def compare_groups(groups: Sequence[Mapping[bytes, bytes]], is_file: bool) -> PartOutcome:
    """Both models over groups of contacts, each complete; most groups of a file are one contact."""
    order = _here[0].order
    source = order.file_source() if is_file else order.topic_source()
    outcome = PartOutcome(ReplayTally())
    _compare(source, outcome, lambda comparison, note: _add_groups(comparison, groups, note))
    outcome.tally.largest_bytes = sum(len(records) for group in groups for records in group.values())
    return outcome


def _names_somebody(key: bytes | None) -> bool:
    try:
        contact_of(key)
    except RecordError:
        return False
    return True


def _compare(
    source: ReplaySource,
    outcome: PartOutcome,
    add: Callable[[ModelComparison, Callable[[ModelComparison], None]], None],
) -> None:
    here = _here[0]
    order, told = here.order, 0

    def note(comparison: ModelComparison) -> None:
        nonlocal told
        if comparison.tally.records - told >= TOLD_AFTER:
            here.progress.note_replayed(comparison.tally.records - told)
            told = comparison.tally.records

    with ExitStack() as ending:
        on_contact = _listener(here, outcome, ending)
        comparison = ModelComparison(order.models(), source, order.at_ms, on_contact)
        add(comparison, note)
        outcome.tally = comparison.finished()
        here.progress.note_replayed(outcome.tally.records - told)


def _listener(here: _Here, outcome: PartOutcome, ending: ExitStack) -> Callable[[ContactRow], object] | None:
    """What hears of each contact; None: nobody wants to."""
    folder, asked = here.order.rows_folder, here.order.contacts
    if folder is None and not asked:
        return None
    write: Callable[[Any], object] = _nothing
    if folder is not None:
        write = _rows_file(here, folder, ending)

    def listen(row: ContactRow) -> None:
        if asked and row.contact_id not in asked:
            return
        if asked:
            outcome.rows.append(row)
        for cells in csv_cells(row):
            write(cells)

    return listen


def _rows_file(here: _Here, folder: Path, ending: ExitStack) -> Callable[[Any], object]:
    here.rows_written += 1
    file = folder / f"{os.getpid()}-{here.rows_written}.csv"
    return csv.writer(ending.enter_context(file.open("w", newline="", encoding="utf-8"))).writerow


def _add_alone(
    comparison: ModelComparison, alone: dict[bytes | None, bytearray], note: Callable[[ModelComparison], None]
) -> None:
    while alone:
        key, records = alone.popitem()
        comparison.add_alone(key, records)
        note(comparison)


def _add_groups(
    comparison: ModelComparison, groups: Sequence[Mapping[bytes, bytes]], note: Callable[[ModelComparison], None]
) -> None:
    for group in groups:
        if len(group) == 1:
            ((key, records),) = group.items()
            comparison.add_alone(key, records)
        else:
            comparison.add_group(group)
        note(comparison)


def _read(
    spans: Sequence[InputSpan], is_wanted: Callable[[bytes | None], bool] | None, on_read: Callable[[int], object]
) -> PartitionRecords:
    settings = _here[0].order.settings
    names = layout_of(settings).input_names()
    numbers = {name: topic.number or 0 for name, topic in names.items()}
    return asyncio.run(records_of_partition(client_settings(settings), spans, numbers, is_wanted, on_read))


def _nothing(_: object) -> None:
    """Nobody listens."""
