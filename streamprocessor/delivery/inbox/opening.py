"""The inbox of one delivery process, put together."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from streamprocessor.contract.topic_names import ACTIVITIES, BECAME_HOT_LEAD
from streamprocessor.delivery.dispatch.dispatchers import Dispatchers
from streamprocessor.delivery.enrichment.enricher import Enricher
from streamprocessor.delivery.inbox.consumer import LeadConsumer
from streamprocessor.delivery.inbox.desk import InboxDesk
from streamprocessor.delivery.inbox.inbox import HotLeadInbox
from streamprocessor.delivery.inbox.payloads import AlertWording
from streamprocessor.delivery.inbox.publisher import LeadEventPublisher
from streamprocessor.delivery.inbox.receivers import receivers_of
from streamprocessor.delivery.store.store_thread import StoreThread
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.delivery.subscriptions.plan import DeliveryPlan
from streamprocessor.delivery.subscriptions.resolve import SubscriptionResolver
from streamprocessor.inbox.inbox_file import read_inbox_file
from streamprocessor.inbox.rules import InboxRules
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.process.clock import now_ms


@dataclass(frozen=True)
class InboxPlan:
    """The inbox's file with all that its words refer to. receivers: where people's alerts go, by the people's names."""

    rules: InboxRules
    receivers: Mapping[str, DeliveryPlan]
    phrases: Phrases

    def attributes(self) -> frozenset[str]:
        """The attributes that its rules ask for, and by which its alerts call contacts by the model in force."""
        return self.rules.attributes | self.phrases.display.attributes

    @property
    def names(self) -> frozenset[str]:
        """What its receivers are called among subscriptions."""
        return frozenset(plan.subscription.name for plan in self.receivers.values())


def read_rules(file: str) -> InboxRules | None:
    """The rules in the file, None where it is ""; raises OperatorError and ModelError as read_inbox_file does."""
    return read_inbox_file(Path(file)) if file else None


def inbox_plan_of(rules: InboxRules | None, resolver: SubscriptionResolver) -> InboxPlan | None:
    """The plan of these rules, None of none; raises OperatorError saying what of them can't be used."""
    if rules is None:
        return None
    return InboxPlan(rules, receivers_of(rules, resolver), resolver.phrases)


@dataclass(frozen=True)
class InboxParts:
    """What the inbox shares with the rest of the process. topics: full names by short ones."""

    clients: ClientSettings
    topics: Mapping[str, str]
    store_thread: StoreThread
    enricher: Enricher
    dispatchers: Dispatchers


async def open_inbox(
    opened: AsyncExitStack, plan: InboxPlan, parts: InboxParts, since_ms: int | None
) -> list[Coroutine[Any, Any, None]]:
    """The works of the inbox, started; each goes on for ever.

    since_ms: hot leads from then on are taken where the database knows none; None: those to come.
    """
    for receiver in plan.receivers.values():
        await parts.dispatchers.put(receiver)
    activities = parts.topics[ACTIVITIES]
    producer = AIOKafkaProducer(**parts.clients.arguments(), acks="all", enable_idempotence=True)
    opened.push_async_callback(producer.stop)
    await producer.start()
    receivers = {person: receiver.subscription.name for person, receiver in plan.receivers.items()}
    desk = InboxDesk(plan.rules, AlertWording(plan.rules, plan.phrases), receivers)
    inbox = HotLeadInbox(desk, parts.enricher, parts.store_thread, now_ms)
    await inbox.begin()
    consumer = LeadConsumer(parts.clients, parts.topics[BECAME_HOT_LEAD], activities)
    opened.push_async_callback(consumer.stop)
    await consumer.start(parts.store_thread, now_ms(), since_ms)
    publisher = LeadEventPublisher(producer, activities, parts.store_thread)
    inbox.on_events = publisher.wake
    return [inbox.run(consumer, parts.dispatchers), inbox.forget(), publisher.run()]
