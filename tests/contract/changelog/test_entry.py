from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.contract.changelog.entry import (
    EPOCH_KEY,
    IDENTITY_KEY,
    MARKER_KEY,
    RESERVED,
    ChangelogEntry,
    Epoch,
    TableIdentity,
    decode_entry,
    decode_epoch,
    decode_identity,
    encode_entry,
    encode_epoch,
    encode_identity,
    encode_marker,
    microbatch_of,
    owes,
    record_of,
)
from streamprocessor.contract.messages.message import Message
from streamprocessor.errors import OperatorError

messages = st.builds(
    Message,
    topic=st.sampled_from(["score-updated", "became-hot-lead"]),
    key=st.binary(max_size=20),
    value=st.binary(max_size=200),
    headers=st.lists(st.tuples(st.text(max_size=10), st.binary(max_size=20)), max_size=4),
)


@given(record=st.binary(max_size=500), microbatch=st.integers(0, 2**64 - 1), owed=st.lists(messages, max_size=3))
def test_an_entry_written_is_the_entry_read_byte_for_byte(record: bytes, microbatch: int, owed: list[Message]) -> None:
    value = encode_entry(record, microbatch, owed)

    assert decode_entry(value) == ChangelogEntry(record, microbatch, owed)
    assert record_of(value) == record
    assert microbatch_of(value) == microbatch
    assert owes(value) is bool(owed)


def test_an_entry_that_owes_nothing_is_hardly_larger_than_its_record() -> None:
    assert len(encode_entry(b"x" * 100, 7, [])) == 113


@given(st.integers(0, 2**64 - 1))
def test_a_marker_says_its_microbatch(microbatch: int) -> None:
    assert microbatch_of(encode_marker(microbatch)) == microbatch


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**63 - 1))
def test_an_epoch_says_what_is_too_late_after_it_and_where_it_is(last_before: int, offset: int) -> None:
    assert decode_epoch(encode_epoch(Epoch(last_before, offset))) == Epoch(last_before, offset)


def test_the_identity_written_is_the_identity_read() -> None:
    identity = TableIdentity("01J", {"email-opens": "aGVsbG8"})
    assert decode_identity(encode_identity(identity)) == identity
    assert encode_identity(identity).endswith(b'"salt_check":"","address_check":""}')  # as releases before wrote it
    succeeded = TableIdentity("01J", {}, successor="second")
    assert decode_identity(encode_identity(succeeded)) == succeeded


def test_reserved_keys_begin_with_a_zero_byte() -> None:
    assert MARKER_KEY.startswith(RESERVED)
    assert IDENTITY_KEY.startswith(RESERVED)
    assert EPOCH_KEY.startswith(RESERVED)
    assert len({MARKER_KEY, IDENTITY_KEY, EPOCH_KEY}) == 3


@pytest.mark.parametrize("read", [decode_entry, record_of, microbatch_of, decode_identity, decode_epoch])
def test_a_value_of_a_newer_version_is_refused_with_what_to_do(read: Callable[[bytes], object]) -> None:
    value = b"\x02" + encode_entry(b"record", 1, [])[1:]
    with pytest.raises(OperatorError, match="written by another version"):
        read(value)


@pytest.mark.parametrize("value", [b"", b"\x01", b"\x01\x00\x00"])
@pytest.mark.parametrize("read", [decode_entry, record_of, microbatch_of, decode_identity, decode_epoch])
def test_a_value_that_is_cut_off_is_refused(read: Callable[[bytes], object], value: Any) -> None:
    with pytest.raises(OperatorError, match="changelog"):
        read(value)


def test_an_entry_whose_record_is_cut_off_is_refused() -> None:
    with pytest.raises(OperatorError, match="changelog"):
        record_of(encode_entry(b"record", 1, [])[:-1])
