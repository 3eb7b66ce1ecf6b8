"""How far a consumer group is: what its topics hold and what it has committed, asked again and again by one client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple, TypeAlias

from aiokafka import AIOKafkaConsumer, TopicPartition

from streamprocessor.kafka.clients import ClientSettings


class Offsets(NamedTuple):
    """One look. ends: of each partition that holds anything; committed: 0 where nothing is."""

    ends: dict[TopicPartition, int]
    committed: dict[TopicPartition, int]

    @property
    def lag(self) -> int:
        """How many records are not committed."""
        return sum(end - self.committed[place] for place, end in self.ends.items())


Look: TypeAlias = Callable[[], Awaitable[Offsets]]


@asynccontextmanager
async def offsets_of(clients: ClientSettings, group: str, places: Sequence[TopicPartition]) -> AsyncIterator[Look]:
    """What looks at the group's places in these partitions."""
    consumer = AIOKafkaConsumer(**clients.arguments(), group_id=group, enable_auto_commit=False)
    await consumer.start()  # with nothing assigned: it would fetch what nobody reads

    async def look() -> Offsets:
        ends = {place: end for place, end in (await consumer.end_offsets(list(places))).items() if end}
        # One request; the consumer's own `committed` makes one for each partition.
        found = await consumer._coordinator.fetch_committed_offsets(list(ends))
        return Offsets(ends, {place: max(found[place].offset, 0) if place in found else 0 for place in ends})

    try:
        yield look
    finally:
        await consumer.stop()
