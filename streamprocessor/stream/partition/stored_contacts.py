"""Micro-batches of stored contacts: what time, a newer model, and a partition where they do not belong make of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from streamprocessor.contract.changelog.record_codec import decode_record
from streamprocessor.stream.partition.microbatch import MicrobatchContext, change_of, open_record
from streamprocessor.stream.partition.microbatch_result import MicrobatchResult
from streamprocessor.stream.partition.partition import Partition
from streamprocessor.stream.partition.placement import handed_over

#: Steps that time makes of one contact in one slice; what is due beyond them is looked at again at once.
MOST_STEPS = 200


def score_due(
    context: MicrobatchContext, records: Mapping[bytes, bytes], keys: Iterable[bytes], until_ms: int
) -> tuple[MicrobatchResult, list[tuple[bytes, int | None]]]:
    """What time makes of contacts that may be due, and those that are not, with when to look again."""
    result = MicrobatchResult()
    later: list[tuple[bytes, int | None]] = []
    for key in keys:
        stored = records.get(key)
        if stored is None:
            continue
        record = open_record(context, key, stored)
        steps = context.scorer.advance_in_place(record, until_ms, at_most=MOST_STEPS)
        if steps:
            result.steps_by_time_ms += [step.at_ms for step in steps]
            result.count(steps)
            result.changes.append(change_of(context, key, record, steps))
        else:
            later.append((key, record.holds_until_ms))
    return result, later


def migrate_to_model(
    context: MicrobatchContext, records: Mapping[bytes, bytes], keys: Iterable[bytes], at_ms: int
) -> MicrobatchResult:
    """What brings contacts of an older model revision to the scorer's."""
    result = MicrobatchResult()
    for key in keys:
        stored = records.get(key)
        if stored is None:
            continue
        record = decode_record(stored)
        if record.revision < context.scorer.model.revision:
            steps = context.scorer.migrate_in_place(record, at_ms)
            result.count(steps)
            result.changes.append(change_of(context, key, record, steps))
    return result


def hand_over_misplaced(partition: Partition, most: int) -> MicrobatchResult:
    """What brings so many contacts at most that the partition stores to the partitions where they belong."""
    keys = islice(partition.misplaced, most)
    return MicrobatchResult(changes=[handed_over(partition.number, key, partition.records[key]) for key in keys])
