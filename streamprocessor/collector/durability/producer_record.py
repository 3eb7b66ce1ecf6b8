"""A record on its way into a topic."""

from __future__ import annotations

from typing import NamedTuple


class ProducerRecord(NamedTuple):
    """One accepted record, ready to be written.

    topic: its short name.
    traceparent: the trace context of the request that it came with; None: it had none.
    """

    topic: str
    key: bytes
    value: bytes
    traceparent: str | None = None
