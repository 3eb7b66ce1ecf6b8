"""The topics of a Kafka that runs, asked as a snapshot's files are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any

from streamprocessor.cli.kafka.topic_reader import records_of
from streamprocessor.kafka.admin.consumer_group import committed_offsets
from streamprocessor.kafka.admin.reconcile import end_offsets
from streamprocessor.kafka.clients import ClientSettings


class BrokerSource:
    """The topics of one Kafka."""

    def __init__(self, clients: ClientSettings) -> None:
        """Ask the Kafka of these settings."""
        self._clients = clients

    async def ends(self, names: Iterable[str]) -> dict[tuple[str, int], int]:
        """The offset after the last record of each partition of these topics."""
        return await end_offsets(self._clients, names)

    async def committed(self, group: str) -> dict[tuple[str, int], int]:
        """What the group has committed, by topic and partition."""
        return await committed_offsets(self._clients, group)

    async def records(self, topic: str, partition: int) -> AsyncIterator[Any]:
        """The records of a partition, in their order."""
        async for record in records_of(self._clients, topic, [partition]):
            yield record
