"""Messages between partitions: between owners of linked contacts, and of what lay where its contact does not belong.

As bytes they are a version byte, then msgpack. Only our processes read them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import msgspec

from streamprocessor.contract import reason_codes
from streamprocessor.contract.changelog.links_codec import claim_of_row, claim_row, source_of_row, source_row
from streamprocessor.contract.changelog.record_codec import decode_record
from streamprocessor.contract.changelog.record_layout import ClaimLayout, SourceLayout, StampLayout, encode
from streamprocessor.contract.messages.message import Message
from streamprocessor.contract.topic_names import EVIDENCE_TRANSFERS
from streamprocessor.errors import OperatorError, RecordError
from streamprocessor.scoring.record.facts import Event, Fact, RetainedEvent
from streamprocessor.scoring.record.transfers import (
    ClaimTransfer,
    CutTransfer,
    ErasureTransfer,
    EvidenceTransfer,
    ObjectionTransfer,
    OutgoingTransfer,
    Received,
    RivalsTransfer,
    SecondRecord,
    Transfer,
)

VERSION = 4
_VERSION_BYTE = b"\x01"
_MISPLACED_VERSION_BYTE = b"\x02"
"""The version of records that programs which know no misplaced ones must not pass over."""
_RIVALS_VERSION_BYTE = b"\x03"
_RETAINED_VERSION_BYTE = b"\x04"


Decode: TypeAlias = (
    "Callable[[str, bytes | None, list[tuple[str, bytes | None]], int], Received | MisplacedRecord | RetainedRecord]"
)
"""(contact, value, headers, arrival_ms) to a fact; raises RecordError."""


class MisplacedRecord(NamedTuple):
    """A record of an input topic as it came, which lay where its contact does not belong.

    topic_number, partition, offset: where it lay.
    timestamp: when it arrived there, in epoch milliseconds.
    key, value, headers: as they came.
    """

    topic_number: int
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


class RetainedRecord(NamedTuple):
    """A record of an input topic that was applied long ago, read again for what evidence did not store of it.

    revision: of the model that asks for more of it.
    record: where it lay, and what it is.
    """

    revision: int
    record: MisplacedRecord


class _Claim(msgspec.Struct, array_like=True, tag="claim"):
    parent: str
    claim: ClaimLayout


class _Evidence(msgspec.Struct, array_like=True, tag="evidence"):
    child: str
    version: int
    stamp: StampLayout
    sources: list[SourceLayout]


class _Cut(msgspec.Struct, array_like=True, tag="cut"):
    parent: str
    stamp: StampLayout


class _Erasure(msgspec.Struct, array_like=True, tag="erasure"):
    instant_ms: int
    sender: str = ""


class _Objection(msgspec.Struct, array_like=True, tag="objection"):
    word: tuple[bool, int, str]
    sender: str = ""


class _Rivals(msgspec.Struct, array_like=True, tag="rivals"):
    address: str
    version: int
    rivals: tuple[str, ...]


class _Misplaced(msgspec.Struct, array_like=True, tag="misplaced"):
    topic_number: int
    partition: int
    offset: int
    timestamp: int
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


class _Retained(msgspec.Struct, array_like=True, tag="retained"):
    revision: int
    topic_number: int
    partition: int
    offset: int
    timestamp: int
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


class _Second(msgspec.Struct, array_like=True, tag="second"):
    partition: int
    record: bytes


_Row: TypeAlias = _Claim | _Evidence | _Cut | _Erasure | _Objection | _Rivals | _Misplaced | _Retained | _Second
_decode = msgspec.msgpack.Decoder(_Row).decode


def transfer_message(sending: OutgoingTransfer) -> Message:
    """The message, keyed by the contact that it is for."""
    version = _RIVALS_VERSION_BYTE if isinstance(sending.transfer, RivalsTransfer) else _VERSION_BYTE
    return Message(EVIDENCE_TRANSFERS, sending.to.encode(), version + encode(_row(sending.transfer)), [])


def misplaced_message(misplaced: MisplacedRecord) -> Message:
    """The message that brings a record to the partition where its contact belongs."""
    topic_number, partition, offset, timestamp, key, value, headers = misplaced
    row = ["misplaced", topic_number, partition, offset, timestamp, value, headers]
    return Message(EVIDENCE_TRANSFERS, key, _MISPLACED_VERSION_BYTE + encode(row), [])


def retained_message(retained: RetainedRecord) -> Message:
    """The message that brings a record that is read again to the partition where its contact belongs."""
    topic_number, partition, offset, timestamp, key, value, headers = retained.record
    row = ["retained", retained.revision, topic_number, partition, offset, timestamp, value, headers]
    return Message(EVIDENCE_TRANSFERS, key, _RETAINED_VERSION_BYTE + encode(row), [])


def retained_events(retained: MisplacedRecord, decoders: Mapping[int, Decode], arrival_ms: int) -> list[Fact]:
    """The event, if any, in a record that is read again. arrival_ms: of the message that brought it.

    decoders: of the input topics, by their numbers.

    No other record has to be read again: all that updates say is stored.
    """
    try:
        decoded = decoders[retained.topic_number](
            (retained.key or b"").decode(), retained.value, retained.headers, retained.timestamp
        )
    except RecordError:  # its dead letter was written when it came
        return []
    if not isinstance(decoded, Event):
        return []
    where = (retained.topic_number, retained.partition, retained.offset)
    return [RetainedEvent(decoded.id, decoded.occurred_at_ms, arrival_ms, decoded, *where)]


def second_record_message(key: bytes, partition: int, record: bytes) -> Message:
    """The message that brings an encoded record of a partition to the one where its contact belongs."""
    return Message(EVIDENCE_TRANSFERS, key, _MISPLACED_VERSION_BYTE + encode(["second", partition, record]), [])


def decode_transfer(
    contact: str,
    value: bytes | None,
    headers: Sequence[tuple[str, bytes | None]] | None,  # noqa: ARG001 - a ValueDecoder's signature
    arrival_ms: int,
) -> Transfer | SecondRecord | MisplacedRecord | RetainedRecord:
    """The transfer that these bytes hold.

    Raises:
        OperatorError: a newer program wrote it.
        RecordError: it is none of ours.
    """
    if not value:
        raise RecordError(reason_codes.EMPTY, "value: wanted a message between contacts; got nothing")
    if value[0] > VERSION and value[0] < 16:
        got = f"a message of version {value[0]}"
        message = f"{EVIDENCE_TRANSFERS}: {got}; this program reads up to {VERSION}: start the newer one"
        raise OperatorError(message)
    try:
        row = _decode(memoryview(value)[1:])
        if isinstance(row, _Misplaced):
            where = (row.topic_number, row.partition, row.offset, row.timestamp)
            return MisplacedRecord(*where, contact.encode(), row.value, row.headers)
        if isinstance(row, _Retained):
            where = (row.topic_number, row.partition, row.offset, row.timestamp)
            return RetainedRecord(row.revision, MisplacedRecord(*where, contact.encode(), row.value, row.headers))
        if isinstance(row, _Second):
            return SecondRecord(arrival_ms, row.partition, decode_record(row.record))
        return _transfer(row, arrival_ms)
    except msgspec.DecodeError as error:
        raise RecordError(reason_codes.BAD_UPDATE, f"value: wanted a message between contacts; got {error}") from error


def _transfer(row: _Claim | _Evidence | _Cut | _Erasure | _Objection | _Rivals, arrival_ms: int) -> Transfer:
    """The transfer of these fields; raises DecodeError where a table of names is none."""
    if isinstance(row, _Claim):
        return ClaimTransfer(arrival_ms, row.parent, claim_of_row(row.claim))
    if isinstance(row, _Evidence):
        sources = [source_of_row(source) for source in row.sources]
        return EvidenceTransfer(arrival_ms, row.child, row.version, row.stamp, sources)
    if isinstance(row, _Cut):
        return CutTransfer(arrival_ms, row.parent, row.stamp)
    if isinstance(row, _Erasure):
        return ErasureTransfer(arrival_ms, row.instant_ms, row.sender)
    if isinstance(row, _Rivals):
        return RivalsTransfer(arrival_ms, row.address, row.version, row.rivals)
    return ObjectionTransfer(arrival_ms, row.word, row.sender)


def _row(transfer: Transfer) -> list[Any]:
    if isinstance(transfer, ClaimTransfer):
        return ["claim", transfer.parent, claim_row(transfer.claim)]
    if isinstance(transfer, EvidenceTransfer):
        sources = [source_row(source) for source in transfer.sources]
        return ["evidence", transfer.child, transfer.version, transfer.stamp, sources]
    if isinstance(transfer, CutTransfer):
        return ["cut", transfer.parent, transfer.stamp]
    if isinstance(transfer, ErasureTransfer):
        return ["erasure", transfer.instant_ms, transfer.sender]
    if isinstance(transfer, RivalsTransfer):
        return ["rivals", transfer.address, transfer.version, transfer.rivals]
    return ["objection", transfer.word, transfer.sender]
