"""Values of the changelog: a contact's record, the micro-batch that wrote it, and the announcements that it owes.

    value = version (1 byte) · micro-batch (8 bytes) · record size (4 bytes) · record · owed messages (msgpack or none)

So recovery finds the record by two slices, and looks at the owed messages only of micro-batches after the last marker.
Keys that begin with a zero byte are ours: the marker (the last micro-batch of the partition whose announcements are
acknowledged), the epoch (where the partition's worker began to write), the table's identity, the group whose table it
is made in place of, and one for each erased contact: its pseudonym and when.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from struct import Struct
from typing import NamedTuple

import msgspec

from streamprocessor.contract.messages.message import Message
from streamprocessor.errors import OperatorError

RESERVED = b"\x00"
MAX_CONTACT_KEY_BYTES = 1_024  # the longest id that any release has let in
MARKER_KEY = b"\x00marker"
EPOCH_KEY = b"\x00epoch"
IDENTITY_KEY = b"\x00identity"
ERASED_PREFIX = b"\x00erased:"
ORIGIN_KEY = b"\x00origin"

VERSION = 1
_HEAD = Struct(">BQI")
_NUMBER = Struct(">BQ")
_EPOCH = Struct(">BQQ")
_PLACED = b"\x01"


class ChangelogEntry(NamedTuple):
    """A decoded value of the changelog.

    record: a slice of its bytes.
    microbatch: the number of the micro-batch that wrote it.
    owed: announcements of the micro-batch, which may not be acknowledged yet.
    """

    record: bytes
    microbatch: int
    owed: list[Message]


class Epoch(NamedTuple):
    """Where a worker began to write, once it had read all before.

    last_before: what comes after it with this micro-batch's number or a lower one is of a worker before, too late.
    offset: where in the changelog this is; a copy that lies elsewhere says nothing.
    """

    last_before: int
    offset: int


class TableIdentity(msgspec.Struct, frozen=True):
    """The identity of a table.

    incarnation: a new one for each table that begins anew.
    topic_ids: of the input topics whose offsets its records hold, by their short names.
    salt_check: tells whether a process has the salt of the erased contacts' pseudonyms; "": there is none.
    address_check: the same of the salt of mail addresses.
    successor: the group of the application whose table goes on in its place; UNSET: none does.
    """

    incarnation: str
    topic_ids: dict[str, str]
    salt_check: str = ""
    address_check: str = ""
    successor: str | msgspec.UnsetType = msgspec.UNSET


_encode = msgspec.msgpack.Encoder().encode
_decode_owed = msgspec.msgpack.Decoder(list[Message]).decode
_decode_identity = msgspec.json.Decoder(TableIdentity).decode


def encode_entry(record: bytes, microbatch: int, owed: Sequence[Message]) -> bytes:
    """The changelog value of a record written by the partition's micro-batch of that number."""
    head = _HEAD.pack(VERSION, microbatch, len(record))
    return head + record + _encode(owed) if owed else head + record


def decode_entry(value: bytes) -> ChangelogEntry:
    """A changelog value, read; raises OperatorError where a newer version of the program wrote it."""
    record, microbatch, owed_at = _split(value)
    return ChangelogEntry(record, microbatch, _decode_owed(value[owed_at:]) if owed_at < len(value) else [])


def record_of(value: bytes) -> bytes:
    """Only the record of a changelog value, cheaply; raises as decode_entry does."""
    return _split(value)[0]


def microbatch_of(value: bytes) -> int:
    """Only the number of the micro-batch that wrote a changelog value or a marker."""
    return _number_of(value)


def owes(value: bytes) -> bool:
    """Whether the changelog value carries announcements."""
    return len(value) > _split(value)[2]


def encode_marker(microbatch: int, *, is_placed: bool = False) -> bytes:
    """The marker's value: all announcements of the partition's micro-batches up to this one are acknowledged.

    is_placed: whether every contact of the partition is known to belong there; older programs do not look at it.
    """
    return _NUMBER.pack(VERSION, microbatch) + (_PLACED if is_placed else b"")


def says_placed(marker: bytes) -> bool:
    """Whether the marker says that every contact of the partition belongs there."""
    return marker[_NUMBER.size :] == _PLACED


def encode_epoch(epoch: Epoch) -> bytes:
    """The epoch's value; older programs do not look at it."""
    return _EPOCH.pack(VERSION, *epoch)


def decode_epoch(value: bytes) -> Epoch:
    """The epoch that encode_epoch wrote; raises OperatorError where a newer version of the program wrote it."""
    if len(value) < _EPOCH.size:
        raise _torn(value)
    version, last_before, offset = _EPOCH.unpack_from(value)
    _refuse_newer(version)
    return Epoch(last_before, offset)


def encode_erasure(instant_ms: int) -> bytes:
    """The value of an erased contact's entry: when it was erased."""
    return _NUMBER.pack(VERSION, instant_ms)


def erasure_of(value: bytes) -> int:
    """The instant that encode_erasure wrote, in epoch milliseconds."""
    return _number_of(value)


def new_incarnation() -> str:
    """An incarnation that no other table has."""
    return uuid.uuid4().hex[:12]


def encode_identity(identity: TableIdentity) -> bytes:
    """The identity's value, the same in every partition: a version byte and JSON."""
    return bytes([VERSION]) + msgspec.json.encode(identity)


def decode_identity(value: bytes) -> TableIdentity:
    """The identity that encode_identity wrote; raises OperatorError where a newer version of the program wrote it."""
    if not value:
        raise _torn(value)
    _refuse_newer(value[0])
    try:
        return _decode_identity(value[1:])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _torn(value) from error


def _number_of(value: bytes) -> int:
    """The number after the version, which ends a marker and begins all else."""
    if len(value) < _NUMBER.size:
        raise _torn(value)
    version, number = _NUMBER.unpack_from(value)
    _refuse_newer(version)
    return int(number)


def _split(value: bytes) -> tuple[bytes, int, int]:
    if len(value) < _HEAD.size:
        raise _torn(value)
    version, microbatch, length = _HEAD.unpack_from(value)
    _refuse_newer(version)
    end = _HEAD.size + length
    if end > len(value):
        raise _torn(value)
    return value[_HEAD.size : end], microbatch, end


def _refuse_newer(version: int) -> None:
    if version != VERSION:
        message = (
            f"changelog: a value of layout {version}; wanted {VERSION}; it was written by another version of the "
            "program: start that one, or rebuild the table with this one"
        )
        raise OperatorError(message)


def _torn(value: bytes) -> OperatorError:
    return OperatorError(
        f"changelog: wanted a whole value of layout {VERSION}; got {len(value)} bytes; is the topic ours?"
    )
