"""Frames, of which the spool's files are made. Each has a checksum of its own, so that what is torn is found.

A frame is what one fsync made safe: magic, payload length, since_ms, XXH3 of the latter and the payload, payload
(MessagePack: a list of [topic, key, value]). Trace contexts are not kept: releases before them read the same files.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import xxhash

from streamprocessor.collector.durability.producer_record import ProducerRecord

MAGIC = b"SPf1"
_HEAD = struct.Struct(">4sIqQ")

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[ProducerRecord]).decode


class Frame(NamedTuple):
    """Records made safe together.

    since_ms: before it none of them was sent to Kafka.
    start, end: of the frame, in bytes from the start of what was read.
    """

    records: list[ProducerRecord]
    since_ms: int
    start: int
    end: int


def encode_frame(records: Sequence[ProducerRecord], since_ms: int) -> bytes:
    """The frame of some records."""
    payload = _encode([(record.topic, record.key, record.value) for record in records])
    return _HEAD.pack(MAGIC, len(payload), since_ms, _sum(since_ms, payload)) + payload


def frames_in(content: bytes, start: int = 0) -> Iterator[Frame]:
    """All whole frames from `start` on. What is none is passed over: it shows as a gap between an end and a start."""
    at = content.find(MAGIC, start)
    while at >= 0:
        frame = _frame_at(content, at)
        if frame is not None:
            yield frame
        at = content.find(MAGIC, at + 1 if frame is None else frame.end)


def _frame_at(content: bytes, at: int) -> Frame | None:
    if len(content) - at < _HEAD.size:
        return None
    _, length, since_ms, checksum = _HEAD.unpack_from(content, at)
    begin = at + _HEAD.size
    payload = content[begin : begin + length]
    if len(payload) < length or _sum(since_ms, payload) != checksum:
        return None
    return Frame(_decode(payload), since_ms, at, begin + length)


def _sum(since_ms: int, payload: bytes) -> int:
    return xxhash.xxh3_64_intdigest(payload, seed=since_ms & 0xFFFF_FFFF_FFFF_FFFF)
