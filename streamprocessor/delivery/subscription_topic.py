"""Subscriptions as the compacted topic tells them: at start, and as they change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from streamprocessor.contract.foreign_text import shown_text
from streamprocessor.contract.subscriptions.subscription_file import parse_subscription
from streamprocessor.contract.subscriptions.subscriptions import Subscription
from streamprocessor.delivery.dispatch.dispatchers import Dispatchers
from streamprocessor.delivery.subscriptions.plan import DeliveryPlan
from streamprocessor.errors import OperatorError, place_of
from streamprocessor.kafka.admin.reconcile import topic_ids
from streamprocessor.kafka.clients import ClientSettings, new_reader
from streamprocessor.kafka.compacted_topic import CompactedTopic

log = logging.getLogger(__name__)

PlanOf: TypeAlias = Callable[[Subscription], DeliveryPlan]
"""The plan of a subscription; raises OperatorError where it can't be used."""


OnEnded: TypeAlias = Callable[[str, int], Awaitable[None]]
"""What is done where a subscription ends: its name, and when that was said, in epoch milliseconds."""


class SubscriptionTopic:
    """Keeps the dispatchers as the topic says; one that can't be used is told and leaves the one before in force."""

    def __init__(self, clients: ClientSettings, topic: str, plan_of: PlanOf, on_ended: OnEnded | None = None) -> None:
        """Read the topic of that full name; plan_of is called in a thread, as it reads files."""
        self._clients = clients
        self._name = topic
        self._plan_of = plan_of
        self._on_ended = on_ended
        self._topic: CompactedTopic | None = None

    @property
    def is_followed(self) -> bool:
        """Whether there was such a topic at start."""
        return self._topic is not None

    async def start(self, dispatchers: Dispatchers) -> None:
        """Read all that there is; nothing where the topic is missing."""
        if self._name not in await topic_ids(self._clients, [self._name]):
            log.info("no topic %s: the subscriptions are those of the file", self._name)
            return
        self._topic = CompactedTopic(self._name, new_reader(self._clients))
        newest = {_name_of(record): record for record in await self._topic.start()}
        for record in newest.values():
            if record.value is not None:
                await self.take(record, dispatchers)

    async def run(self, dispatchers: Dispatchers) -> None:
        """Follow the topic for ever."""
        if self._topic is None:
            await asyncio.Event().wait()  # there is nothing to follow
            return
        while True:
            for record in await self._topic.poll():
                await self.take(record, dispatchers)

    async def stop(self) -> None:
        """Stop reading."""
        if self._topic is not None:
            await self._topic.stop()

    async def take(self, record: Any, dispatchers: Dispatchers) -> None:
        """Have a record of the topic in force; whatever it holds, the worst that comes of it is that it is refused."""
        name = _name_of(record)
        printable_name = shown_text(name)
        if name in dispatchers.fixed:
            log.error("subscription %s: the file holds one of that name, so the topic's is not taken", printable_name)
        elif record.value is None:
            await dispatchers.remove(printable_name)
            if self._on_ended is not None:
                await self._on_ended(name, record.timestamp)
            log.info("subscription %s: ended", printable_name)
        else:
            plan = await self._plan_in(record.value, name, dispatchers)
            if plan is not None:
                await dispatchers.put(plan)
                log.info("subscription %s: in force", printable_name)

    async def _plan_in(self, value: bytes, name: str, dispatchers: Dispatchers) -> DeliveryPlan | None:
        """The plan that the value spells; None: it spells none, and the dispatchers know why."""
        printable_name = shown_text(name)
        try:
            return await asyncio.to_thread(lambda: self._plan_of(_subscription_in(value, name)))
        except OperatorError as error:
            why = str(error)
        except Exception as error:  # noqa: BLE001 - a fault of ours that one subscription brings out ends no other one
            why = f"subscription {printable_name}: can't be used, by a fault of ours: {place_of(error)}"
        log.error("subscription %s of the topic can't be used: %s", printable_name, why)
        dispatchers.refuse(printable_name, why)
        return None


def _subscription_in(value: bytes, name: str) -> Subscription:
    return parse_subscription(name, value.decode("utf-8", "replace"), f"subscription {shown_text(name)}")


def _name_of(record: Any) -> str:
    return (record.key or b"").decode("utf-8", "replace")
