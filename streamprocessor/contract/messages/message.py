"""Messages: what is produced to a topic, whatever its kind."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

Headers: TypeAlias = list[tuple[str, bytes | None]]


class Message(NamedTuple):
    """Bytes to be sent. topic is the contract's short name; the partition is that of the contact."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers
