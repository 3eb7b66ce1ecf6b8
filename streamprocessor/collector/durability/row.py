"""A row: one accepted record on its way into a topic."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One record for Kafka, ready to be written. topic: its short name."""

    topic: str
    key: bytes
    value: bytes
