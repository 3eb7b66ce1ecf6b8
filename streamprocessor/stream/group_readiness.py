"""Whether the whole group scores: every partition has a worker, this one or another."""

from __future__ import annotations

import asyncio

from streamprocessor.errors import BrokerError
from streamprocessor.kafka.admin.consumer_group import consumer_group, group_lag
from streamprocessor.kafka.admin.reconcile import Layout
from streamprocessor.kafka.clients import ClientSettings

#: How long Kafka may take to answer, and how long an answer counts for all who ask meanwhile.
ANSWER_SECONDS = 2.0
HOLDS_SECONDS = 1.0


class GroupReadiness:
    """Asks Kafka when somebody asks us, once for all who ask at the same time."""

    def __init__(self, clients: ClientSettings, layout: Layout, group: str) -> None:
        self._clients = clients
        self._layout = layout
        self._group = group
        self._asking = asyncio.Lock()
        self._ready_until_seconds = 0.0

    async def not_ready(self) -> list[str]:
        """What keeps the group from scoring, in sentences; nothing where every partition has a worker."""
        clock = asyncio.get_running_loop().time
        async with self._asking:
            if clock() < self._ready_until_seconds:
                return []
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    reasons = await self._ask()
            except (BrokerError, TimeoutError):
                return ["Kafka does not say which partitions have a worker"]
            if not reasons:
                self._ready_until_seconds = clock() + HOLDS_SECONDS
            return reasons

    async def _ask(self) -> list[str]:
        group = await consumer_group(self._clients, self._layout, self._group)
        if not group.unowned:
            return []
        return [group.unowned_sentence(await group_lag(self._clients, self._layout, self._group))]
