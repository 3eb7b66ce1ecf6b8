"""Topics that can be read whole, wherever they lie: in a Kafka that runs, or in its files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any, Protocol

from streamprocessor.kafka.admin.consumer_group import Offsets


class TopicSource(Protocol):
    """Topics that can be read whole."""

    async def ends(self, names: Iterable[str]) -> Offsets:
        """The offset after the last record of each partition of these topics."""

    async def committed(self, group: str) -> Offsets:
        """What the group has committed, by topic and partition."""

    def records(self, topic: str, partition: int) -> AsyncIterator[Any]:
        """The records of a partition, in their order."""
