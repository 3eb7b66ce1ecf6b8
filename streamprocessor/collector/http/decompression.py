"""Bodies as they were before compression; known by their header or their first bytes, never more than allowed."""

from __future__ import annotations

import zlib

from streamprocessor.collector.http.wire_format import RefusalError

MAX_MEMBERS = 200  # senders make one; those that compress by blocks make one for each 64 KiB
PIECE_BYTES = 16 * 1024

_GZIP = b"\x1f\x8b"
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_RAW_DEFLATE = -zlib.MAX_WBITS
_ENCODINGS = ("", "identity", "gzip", "x-gzip", "deflate")


def decompressed(body: bytes, encoding: str, max_bytes: int) -> bytes:
    """The body, decompressed where it is gzip or deflate: some clients say so, some only do so.

    Raises RefusalError: 413 where it would be larger than allowed, 400 where it can't be read, 415 for other encodings.
    """
    encoding = encoding.strip().lower()
    if encoding not in _ENCODINGS:
        raise RefusalError(415, "unknown-encoding", "content-encoding: wanted gzip, deflate or none; got another")
    if body[:2] == _GZIP:
        return _inflated(body, _GZIP_OR_ZLIB, max_bytes)
    if encoding == "deflate" and body:
        is_zlib = body[0] & 0x0F == zlib.DEFLATED and int.from_bytes(body[:2], "big") % 31 == 0
        return _inflated(body, _GZIP_OR_ZLIB if is_zlib else _RAW_DEFLATE, max_bytes)
    if len(body) > max_bytes:
        raise too_large(max_bytes)
    return body  # also where the header names gzip and it is none: proxies unpack and leave the header


def too_large(max_bytes: int) -> RefusalError:
    """The refusal of a body that is larger than allowed."""
    return RefusalError(413, "too-large", f"body: wanted at most {max_bytes} bytes, decompressed; got more")


def _inflated(body: bytes, window_bits: int, max_bytes: int) -> bytes:
    """The body, decompressed in one pass: of its bytes at most PIECE_BYTES are looked at again for each member."""
    parts: list[bytes] = []
    room_bytes = max_bytes
    decompressor = zlib.decompressobj(window_bits)
    member_count = 1
    try:
        for begin in range(0, len(body), PIECE_BYTES):
            piece = body[begin : begin + PIECE_BYTES]
            while piece:
                if decompressor.eof:  # gzip may consist of several members
                    member_count += 1
                    if member_count > MAX_MEMBERS:
                        requirement = f"wanted at most {MAX_MEMBERS} members of gzip"
                        raise RefusalError(400, "too-many-members", f"body: {requirement}; got more")
                    decompressor = zlib.decompressobj(window_bits)
                part = decompressor.decompress(piece, room_bytes + 1)
                room_bytes -= len(part)
                if room_bytes < 0:
                    raise too_large(max_bytes)
                parts.append(part)
                piece = decompressor.unused_data
    except zlib.error as error:
        raise RefusalError(400, "not-compressed", f"body: wanted what gzip or deflate can read; got {error}") from error
    if not decompressor.eof:
        raise RefusalError(400, "cut-off", "body: wanted the whole of what was compressed; got a part of it")
    return parts[0] if len(parts) == 1 else b"".join(parts)
