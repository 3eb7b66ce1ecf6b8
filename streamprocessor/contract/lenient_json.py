"""JSON read in a second try where the strict one fails: what one bad character spoils is mended, and counted.

| what came | what it is read as | reason |
|---|---|---|
| a byte order mark, UTF-16 with one | nothing, the text | byte-order-mark |
| bytes that are no UTF-8 | their Windows-1252 characters, U+FFFD where there are none | encoding |
| an escaped half of a surrogate pair | U+FFFD | half-character |
| NaN, Infinity, a number beyond all doubles | null | not-a-number |
| a control character in a text, not escaped | the character | control-character |

All else that is no JSON stays none. Each step is linear and runs in C, for this is done to whatever strangers send.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import orjson

from streamprocessor.contract import reason_codes, strict_json
from streamprocessor.errors import RecordError

BYTE_ORDER_MARK, ENCODING, HALF_CHARACTER = "byte-order-mark", "encoding", "half-character"
NOT_A_NUMBER, CONTROL_CHARACTER = "not-a-number", "control-character"
MEND_REASONS = (BYTE_ORDER_MARK, ENCODING, HALF_CHARACTER, NOT_A_NUMBER, CONTROL_CHARACTER)

_MARK = "\N{REPLACEMENT CHARACTER}"
_HIGH, _LOW = rb"\\u[dD][89abAB][0-9a-fA-F]{2}", rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
# Exact only where each backslash begins an escape: escaped ones are put aside as bytes that no UTF-8 has.
_ESCAPED_BACKSLASH = b"\xfe\xfe"
_HALF_ESCAPED = re.compile(rb"%b(?!%b)|(?<!%b)%b" % (_HIGH, _LOW, _HIGH, _LOW))
_MAYBE_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_HALF_ENCODED = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_LONG_NUMBER = re.compile(rb"[0-9]{19}")
_LARGE_EXPONENT = re.compile(rb"[eE]\+?[0-9]{3}")
_CHARACTER_OF_ESCAPED_BYTE = {
    chr(0xDC00 + byte): bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0x100)
}

_listener: ContextVar[Callable[[str], object] | None] = ContextVar("lenient_json_listener", default=None)


@contextmanager
def mends_told_to(listener: Callable[[str], object]) -> Iterator[None]:
    """Within the block, in threads of asyncio.to_thread too, the listener hears each reason for which a text is mended.

    A text is mended for several at most once each.
    """
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def read_json(text: bytes | str) -> Any:
    """What the text spells; raises orjson.JSONDecodeError of the strict reading where it can't be mended either."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if "depth limit" in error.msg:
            raise
        try:
            return _mended(text.encode("utf-8", "replace") if isinstance(text, str) else text)
        except (ValueError, RecursionError):
            raise error from None


def read_object(text: bytes) -> dict[str, Any]:
    """The object that the text spells, as strict_json reads it, or once it is mended; raises RecordError."""
    try:
        return strict_json.read_object(text)
    except RecordError as error:
        return mended_object(text, error)


def mended_object(text: bytes, refusal: RecordError) -> dict[str, Any]:
    """The object that a text spells once it is mended; raises the refusal of the strict reading where it is none."""
    if refusal.reason != reason_codes.NOT_JSON:
        raise refusal
    try:
        content = _mended(text, strict_json.object_of_names)
    except (ValueError, RecursionError):
        raise refusal from None
    return strict_json.checked_object(content)


def _mended(text: bytes, object_of: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """What the text spells once it is mended, which the listener is told; raises ValueError or RecursionError.

    object_of: the object of its names and values; None: of equal names the last one counts.
    """
    reasons: list[str] = []
    mended = _without_halves(_as_utf8(text, reasons), reasons)

    def nothing(_: str) -> None:
        reasons.append(NOT_A_NUMBER)

    def finite(number: str) -> int | float | None:
        value = float(number)
        if not math.isfinite(value):
            nothing(number)
            return None
        return orjson.loads(number)  # type: ignore[no-any-return]

    value = json.loads(
        mended.decode(),
        strict=False,
        parse_constant=nothing,
        parse_int=finite if _LONG_NUMBER.search(mended) else None,
        parse_float=finite if _LARGE_EXPONENT.search(mended) or _LONG_NUMBER.search(mended) else None,
        object_pairs_hook=object_of,
    )
    listener = _listener.get()
    if listener is not None:
        for reason in set(reasons) or {CONTROL_CHARACTER}:  # the one thing that this reader takes in passing
            listener(reason)
    return value


def _as_utf8(text: bytes, reasons: list[str]) -> bytes:
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        reasons.append(BYTE_ORDER_MARK)
        return text.decode("utf-16", "replace").encode()
    if text.startswith(codecs.BOM_UTF8):
        reasons.append(BYTE_ORDER_MARK)
        text = text.removeprefix(codecs.BOM_UTF8)
    try:
        text.decode()
    except UnicodeDecodeError:
        reasons.append(ENCODING)
        return decoded_leniently(text).encode()
    return text


def decoded_leniently(text: bytes) -> str:
    """The text; each byte of it that is no UTF-8 is its Windows-1252 character, or U+FFFD where there is none."""
    characters = _HALF_ENCODED.sub(_MARK.encode(), text).decode("utf-8", "surrogateescape")
    for escaped, character in _CHARACTER_OF_ESCAPED_BYTE.items():
        if escaped in characters:
            characters = characters.replace(escaped, character)
    return characters


def _without_halves(text: bytes, reasons: list[str]) -> bytes:
    if not _MAYBE_HALF.search(text):
        return text
    mended, number = _HALF_ESCAPED.subn(rb"\\ufffd", text.replace(rb"\\", _ESCAPED_BACKSLASH))
    if number:
        reasons.append(HALF_CHARACTER)
    return mended.replace(_ESCAPED_BACKSLASH, rb"\\")
