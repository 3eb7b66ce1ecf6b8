"""Bodies as they were before compression; told by their header or their first bytes, never more than allowed."""

from __future__ import annotations

import zlib

from streamprocessor.collector.http.wire_format import Refusal

_GZIP = b"\x1f\x8b"
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_RAW_DEFLATE = -zlib.MAX_WBITS
_ENCODINGS = ("", "identity", "gzip", "x-gzip", "deflate")


def decompressed(body: bytes, encoding: str, most_bytes: int) -> bytes:
    """The body, decompressed where it is gzip or deflate: some clients say so, some only do so.

    Raises Refusal: 413 where it would be larger than allowed, 400 where it can't be read, 415 for other encodings.
    """
    said = encoding.strip().lower()
    if said not in _ENCODINGS:
        raise Refusal(415, "unknown-encoding", "content-encoding: wanted gzip, deflate or none; got another")
    if body[:2] == _GZIP:
        return _inflated(body, _GZIP_OR_ZLIB, most_bytes)
    if said == "deflate" and body:
        is_zlib = body[0] & 0x0F == zlib.DEFLATED and int.from_bytes(body[:2], "big") % 31 == 0
        return _inflated(body, _GZIP_OR_ZLIB if is_zlib else _RAW_DEFLATE, most_bytes)
    if len(body) > most_bytes:
        raise too_large(most_bytes)
    return body  # also where gzip is said and is not there: proxies unpack and leave the header


def too_large(most_bytes: int) -> Refusal:
    """The refusal of a body that is larger than allowed."""
    return Refusal(413, "too-large", f"body: wanted at most {most_bytes} bytes, decompressed; got more")


def _inflated(body: bytes, window_bits: int, most_bytes: int) -> bytes:
    parts: list[bytes] = []
    left = most_bytes
    rest = body
    try:
        while rest:  # gzip may consist of several members
            inflating = zlib.decompressobj(window_bits)
            part = inflating.decompress(rest, left + 1)
            left -= len(part)
            if left < 0:
                raise too_large(most_bytes)
            if not inflating.eof:
                raise Refusal(400, "cut-off", "body: wanted the whole of what was compressed; got a part of it")
            parts.append(part)
            rest = inflating.unused_data
    except zlib.error as error:
        raise Refusal(400, "not-compressed", f"body: wanted what gzip or deflate can read; got {error}") from error
    return parts[0] if len(parts) == 1 else b"".join(parts)
