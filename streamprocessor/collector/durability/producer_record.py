"""A record on its way into a topic."""

from __future__ import annotations

from typing import NamedTuple


class ProducerRecord(NamedTuple):
    """One accepted record, ready to be written. topic: its short name."""

    topic: str
    key: bytes
    value: bytes
