"""What a changelog says of one partition, and what is made of it where it knows more of the inputs than there is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from streamprocessor.cli.kafka.stored_partition import StoredPartition
from streamprocessor.contract.changelog.entry import (
    EPOCH_KEY,
    MARKER_KEY,
    Epoch,
    decode_entry,
    encode_entry,
    encode_epoch,
    encode_marker,
)
from streamprocessor.contract.changelog.record_codec import decode_record, encode_record
from streamprocessor.contract.messages.message import Message
from streamprocessor.scoring.record.record import Record, number_elsewhere

OWED = [Message("score-updated", b"jane", b"{}", [])]


def _stored(offsets: dict[int, int], microbatch: int = 7) -> StoredPartition:
    stored = StoredPartition(0)
    value = encode_entry(encode_record(Record(sequence=3, offsets=offsets)), microbatch, OWED)
    for key, each in ((b"jane", value), (b"joe", value), (b"joe", None), (MARKER_KEY, encode_marker(6))):
        stored.add(SimpleNamespace(key=key, value=each))
    return stored


def test_the_newest_value_of_each_contact_counts_with_what_it_may_owe() -> None:
    [contact] = _stored({1: 5}).contacts()
    assert (contact.key, contact.record.sequence, contact.owed, contact.order) == (b"jane", 3, OWED, 1)

    entry = decode_entry(contact.value_without_offsets())
    assert (decode_record(entry.record).offsets, entry.microbatch, entry.owed) == ({}, 1, OWED)


def test_what_the_marker_says_was_announced_is_owed_no_more() -> None:
    [contact] = _stored({1: 5}, microbatch=6).contacts()
    assert (contact.owed, contact.order) == ([], 0)


@pytest.mark.parametrize(
    ("offsets", "renewed", "ends", "corrected"),
    [
        ({1: 5, 2: 8}, {1}, {1: 0, 2: 9}, {2: 8}),
        ({number_elsewhere(1, 3): 5, 2: 8}, {1}, {1: 0, 2: 9}, {2: 8}),
        ({1: 5, 2: 8}, set(), {1: 4, 2: 9}, {1: 3, 2: 8}),
        ({number_elsewhere(1, 3): 5, 2: 8}, set(), {1: 4, 2: 9}, None),
        ({1: 5, 2: 8}, set(), {1: 6, 2: 9}, None),
    ],
)
def test_no_more_is_known_of_an_input_than_it_holds(
    offsets: dict[int, int], renewed: set[int], ends: dict[int, int], corrected: dict[int, int] | None
) -> None:
    """None: the contact stays as it is."""
    found = dict(_stored(offsets).corrected(renewed, ends))

    if corrected is None:
        assert found == {}
    else:
        entry = decode_entry(found[b"jane"])
        assert (decode_record(entry.record).offsets, entry.microbatch, entry.owed) == (corrected, 7, OWED)


def test_what_is_corrected_is_not_taken_for_what_a_worker_before_wrote_too_late() -> None:
    stored = _stored({1: 5, 2: 8})
    stored.add(SimpleNamespace(key=EPOCH_KEY, value=encode_epoch(Epoch(9, 4))))

    [value] = dict(stored.corrected({1}, {2: 9})).values()

    assert decode_entry(value).microbatch == 10
