"""A contact's input as it arrived, packed: raw bytes one after the other, decoded when the contact's turn comes."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from struct import Struct
from typing import NamedTuple

import msgspec

from streamprocessor.contract.events.events import RecordHeaders
from streamprocessor.scoring.canonical import unchecked

_PLACE = itemgetter(0, 1)
_HEAD = Struct("<qHii")  # arrival, number of the topic, bytes of the value (-1: there is none), bytes of the headers
_encode_headers = msgspec.msgpack.Encoder().encode
_decode_headers = msgspec.msgpack.Decoder(list[tuple[str, bytes | None]]).decode


class Arrival(NamedTuple):
    """One record of an input.

    arrival_ms: when it came, in epoch milliseconds.
    topic_number: of the input that it came by.
    """

    arrival_ms: int
    topic_number: int
    value: bytes | None
    headers: RecordHeaders


def packed(arrival_ms: int, topic_number: int, value: bytes | None, headers: RecordHeaders) -> bytes:
    """The record as bytes, to be put behind others of the same contact."""
    told = _encode_headers(list(headers)) if headers else b""
    if value is None:
        return _HEAD.pack(arrival_ms, topic_number, -1, len(told)) + told
    return _HEAD.pack(arrival_ms, topic_number, len(value), len(told)) + value + told


def unpacked(records: bytes | bytearray) -> list[Arrival]:
    """The records in the order in which they arrived; those of one millisecond by the numbers of their topics.

    >>> [each.value for each in unpacked(packed(2, 1, b"later", []) + packed(1, 1, None, [("ce_id", b"7")]))]
    [None, b'later']
    """
    arrivals = list(_each(bytes(records)))
    arrivals.sort(key=_PLACE)
    return arrivals


def _each(records: bytes) -> Iterator[Arrival]:
    place, end = 0, len(records)
    while place < end:
        arrival_ms, topic_number, value_bytes, header_bytes = _HEAD.unpack_from(records, place)
        place += _HEAD.size
        value = None
        if value_bytes >= 0:
            value = records[place : place + value_bytes]
            place += value_bytes
        headers: RecordHeaders = ()
        if header_bytes:
            headers = _decode_headers(records[place : place + header_bytes])
            place += header_bytes
        yield unchecked(Arrival, (arrival_ms, topic_number, value, headers))
