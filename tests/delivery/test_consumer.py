"""Who was erased, told by the tombstones of the announcements."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple, cast

from aiokafka import TopicPartition

from streamprocessor.contract.topic_names import SCORE_UPDATED
from streamprocessor.delivery.consumer import AnnouncementConsumer
from streamprocessor.delivery.dispatch.dispatchers import Dispatchers
from streamprocessor.delivery.metrics import Metrics
from streamprocessor.kafka.clients import ClientSettings

PARTITIONS = 4


class Tombstone(NamedTuple):
    key: bytes
    offset: int = 0
    value: None = None


class Offered:
    """Stands for the dispatchers; erased: who is to be forgotten."""

    def __init__(self) -> None:
        self.erased: list[str] = []

    async def offer(self, announcements: list[Any], erased: list[str], read_to: Any) -> None:  # noqa: ARG002
        self.erased += erased


async def test_a_tombstone_is_an_erasure_only_where_its_contact_belongs() -> None:
    consumer = AnnouncementConsumer(ClientSettings("127.0.0.1:1"), {"updates": SCORE_UPDATED}, Metrics())
    consumer._partitions = Counter(updates=PARTITIONS)
    offered = Offered()
    try:
        for number in range(PARTITIONS):
            fetched = {TopicPartition("updates", number): [Tombstone(b"jane"), Tombstone(b"joe")]}
            await consumer._offer(fetched, cast("Dispatchers", offered))
    finally:
        await consumer.stop()

    assert sorted(offered.erased) == ["jane", "joe"]
