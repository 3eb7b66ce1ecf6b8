"""Subscriptions as the compacted topic tells them: at start, and as they change."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from streamprocessor.contract.subscriptions.subscription_file import parse_subscription
from streamprocessor.delivery.dispatch.dispatchers import Dispatchers
from streamprocessor.delivery.subscriptions.resolve import SubscriptionResolver
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.admin.reconcile import topic_ids
from streamprocessor.kafka.clients import ClientSettings, new_reader
from streamprocessor.kafka.compacted_topic import CompactedTopic

log = logging.getLogger(__name__)


class SubscriptionTopic:
    """Keeps the dispatchers as the topic says; one that can't be used is logged and leaves the one before in force."""

    def __init__(self, clients: ClientSettings, topic: str) -> None:
        self._clients = clients
        self._name = topic
        self._topic: CompactedTopic | None = None

    async def start(self, dispatchers: Dispatchers, resolver: SubscriptionResolver) -> None:
        """Read all that there is; nothing where the topic is missing."""
        if self._name not in await topic_ids(self._clients, [self._name]):
            log.info("no topic %s: the subscriptions are those of the file", self._name)
            return
        self._topic = CompactedTopic(self._name, new_reader(self._clients))
        newest = {_name_of(record): record for record in await self._topic.start()}
        for record in newest.values():
            if record.value is not None:
                await self._take(record, dispatchers, resolver)

    async def run(self, dispatchers: Dispatchers, resolver: SubscriptionResolver) -> None:
        """Follow the topic for ever."""
        if self._topic is None:
            await asyncio.Event().wait()  # there is nothing to follow
            return
        while True:
            for record in await self._topic.poll():
                await self._take(record, dispatchers, resolver)

    async def stop(self) -> None:
        """Stop reading."""
        if self._topic is not None:
            await self._topic.stop()

    async def _take(self, record: Any, dispatchers: Dispatchers, resolver: SubscriptionResolver) -> None:
        name = _name_of(record)
        if name in dispatchers.fixed:
            log.error("subscription %s: the file holds one of that name, so the topic's is not taken", name)
        elif record.value is None:
            await dispatchers.remove(name)
            log.info("subscription %s: ended", name)
        else:
            try:
                text = record.value.decode("utf-8", "replace")
                await dispatchers.put(resolver.plan_of(parse_subscription(name, text, f"subscription {name}")))
                log.info("subscription %s: in force", name)
            except OperatorError as error:
                log.error("subscription %s of the topic can't be used: %s", name, error)
                dispatchers.refuse(name, str(error))


def _name_of(record: Any) -> str:
    return (record.key or b"").decode("utf-8", "replace")
