"""Whether the whole group scores: every partition has a worker, this one or another."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from streamprocessor.errors import BrokerError, NotAllowedError
from streamprocessor.kafka.admin.consumer_group import described_group, group_lag
from streamprocessor.kafka.admin.reconcile import Layout
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.connection import connected

#: How long Kafka may take to answer, and how long an answer counts for all who ask meanwhile.
ANSWER_SECONDS = 2.0
HOLDS_SECONDS = 1.0


class GroupReadiness:
    """Asks Kafka when somebody asks us, once for all who ask at the same time, over a connection that it keeps."""

    def __init__(self, clients: ClientSettings, layout: Layout, group: str) -> None:
        self._clients = clients
        self._layout = layout
        self._group = group
        self._asking = asyncio.Lock()
        self._reasons: list[str] = []
        self._holds_until_seconds = 0.0
        self._client: AIOKafkaClient | None = None
        self._opened = AsyncExitStack()

    async def not_ready(self) -> list[str]:
        """What keeps the group from scoring, in sentences; nothing where every partition has a worker."""
        clock = asyncio.get_running_loop().time
        async with self._asking:
            if clock() >= self._holds_until_seconds:
                try:
                    async with asyncio.timeout(ANSWER_SECONDS):
                        self._reasons = await self._ask()
                except (BrokerError, NotAllowedError, KafkaError, OSError, TimeoutError):
                    await self.close()
                    self._reasons = ["Kafka does not say which partitions have a worker"]
                self._holds_until_seconds = clock() + HOLDS_SECONDS
            return self._reasons

    async def close(self) -> None:
        """Close the connection; whoever asks opens another."""
        self._client = None
        await self._opened.aclose()

    async def _ask(self) -> list[str]:
        if self._client is None:
            self._client = await self._opened.enter_async_context(connected(self._clients))
        group = await described_group(self._client, self._layout, self._group)
        if not group.unowned:
            return []
        return [group.unowned_sentence(await group_lag(self._clients, self._layout, self._group))]
