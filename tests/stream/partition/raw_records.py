"""Records of Kafka for tests of what scores them."""

from __future__ import annotations

from typing import NamedTuple


class Raw(NamedTuple):
    """A record as the client's parser makes it."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]
