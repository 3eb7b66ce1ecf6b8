"""How often a client asks again for topics that it may not see, or that are not there.

Left to itself aiokafka asks as fast as the broker answers, thousands of times a second, and logs each answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.consumer import consumer
from aiokafka.producer import producer

#: Between an answer that lacks one of the topics, and the next question for them.
PAUSE_SECONDS = 0.2


class PacedClient(AIOKafkaClient):  # type: ignore[misc]
    """A client that waits a little where it learned nothing."""

    async def _metadata_update(self, cluster_metadata: Any, topics: Iterable[str] | None) -> bool:
        is_updated: bool = await super()._metadata_update(cluster_metadata, topics)
        if topics and any(cluster_metadata.partitions_for_topic(topic) is None for topic in topics):
            await asyncio.sleep(PAUSE_SECONDS)
        return is_updated


def pace_metadata() -> None:
    """Let every consumer and producer that this process makes from now on have such a client."""
    consumer.AIOKafkaClient = producer.AIOKafkaClient = PacedClient
