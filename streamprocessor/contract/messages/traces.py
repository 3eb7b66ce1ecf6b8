"""Which trace messages belong to: that of the newest record that they were made from.

A micro-batch merges records, and an announcement has one trace: of many that of the newest. The header is part of the
message, so of what the changelog keeps of it: what is sent again after a crash has it, byte for byte. A message made
from records without a trace has no such header, and is the bytes that it was before there were traces.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from streamprocessor.contract.messages.message import Headers, Message
from streamprocessor.contract.traceparents import TRACEPARENT, traceparent_in


class RecordTrace(NamedTuple):
    """The trace context that a record brought, and when the record arrived, in epoch milliseconds."""

    arrival_ms: int
    traceparent: str


def newest(traces: Sequence[RecordTrace]) -> str:
    """The trace context of the record that arrived last, of those at one instant the last."""
    found = traces[0]
    for trace in traces:
        if trace.arrival_ms >= found.arrival_ms:
            found = trace
    return found.traceparent


def traced(messages: Sequence[Message], traceparent: str) -> list[Message]:
    """The messages, in this trace; a tombstone is in none."""
    header = (TRACEPARENT, traceparent.encode())
    return [
        Message(topic, key, value, headers if value is None else [*headers, header])
        for topic, key, value, headers in messages
    ]


def traced_like(message: Message, headers: Headers) -> Message:
    """The message, in the trace of the record that had these headers."""
    traceparent = traceparent_in(headers) if headers else None
    return message if traceparent is None else traced([message], traceparent)[0]
