"""Trace contexts as W3C spells them: which trace something belongs to, on its way through HTTP and Kafka.

`00-TRACE ID (32 hex digits)-PARENT ID (16)-FLAGS (2)`, in a header `traceparent` of requests and of records. What a
sender gives is looked at whole, so that nothing else passes through: it comes from anybody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

TRACEPARENT = "traceparent"

_WRITTEN = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
_AS_WE_WRITE = re.compile(rb"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]")
_NO_TRACE, _NO_PARENT = "0" * 32, "0" * 16
_VERSION, _UNUSED_VERSION = "00", "ff"
_SAMPLED = 1


def traceparent_of(text: str | None) -> str | None:
    """The trace context that a header holds, in version 00; None where it has none, or what it says is none."""
    if text is None:
        return None
    written = _WRITTEN.fullmatch(text.strip())
    if written is None:
        return None
    version, trace, parent, flags, more = written.groups()
    if version == _UNUSED_VERSION or (version == _VERSION and more) or trace == _NO_TRACE or parent == _NO_PARENT:
        return None
    return f"{_VERSION}-{trace}-{parent}-{int(flags, 16) & _SAMPLED:02x}"


def traceparent_in(headers: Sequence[tuple[str, bytes | None]]) -> str | None:
    """The trace context in the headers of a record; None where there is none."""
    for name, value in headers:
        if name == TRACEPARENT and value is not None:
            text = value.decode("latin-1")
            return text if _AS_WE_WRITE.fullmatch(value) else traceparent_of(text)
    return None


def trace_id_of(traceparent: str) -> str:
    """The trace id of a trace context."""
    return traceparent[3:35]
