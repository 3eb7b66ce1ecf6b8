"""The inbox of a delivery process: what Kafka tells of leads goes in, events and alerts come out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from sqlalchemy import Connection

from streamprocessor.delivery.deliveries import Delivery
from streamprocessor.delivery.enrichment.enricher import Enricher
from streamprocessor.delivery.inbox.consumer import LeadNews
from streamprocessor.delivery.inbox.desk import KEPT_MS, InboxDesk
from streamprocessor.delivery.store.lead_rows import forget_old_leads
from streamprocessor.delivery.store.store import write_positions
from streamprocessor.delivery.store.store_thread import StoreThread

FORGET_SECONDS = 3_600.0


class LeadReader(Protocol):
    """What tells of leads: delivery's LeadConsumer."""

    async def poll(self) -> LeadNews:
        """What came; nothing where nothing came for a while."""

    async def is_current(self) -> bool:
        """Whether all is read that Kafka was known to have when this was first asked since it last was so."""


class DeliveryQueue(Protocol):
    """What sends deliveries once they are kept: delivery's Dispatchers."""

    async def queue_of(self, work: Callable[[Connection], Sequence[Delivery]]) -> None:
        """Send the work's deliveries, once they are kept with all that it did."""


class HotLeadInbox:
    """Brings leads to their owners.

    again_ms: when people are to be told though nothing new comes; None: never.
    on_events: is called when there may be events for Kafka.
    """

    def __init__(
        self, desk: InboxDesk, enricher: Enricher, store_thread: StoreThread, clock_ms: Callable[[], int]
    ) -> None:
        self._desk = desk
        self._enricher = enricher
        self._store_thread = store_thread
        self._clock_ms = clock_ms
        self.again_ms: int | None = 0
        self.on_events: Callable[[], None] = lambda: None

    async def begin(self) -> None:
        """Keep since when people are told, before anything is read."""
        began_ms = self._clock_ms()
        await self._store_thread.ask(lambda store: store.within(lambda rows: self._desk.begin(rows, began_ms)))

    async def run(self, reader: LeadReader, queue: DeliveryQueue) -> None:
        """Work for ever. Nobody is told of anything before all is read that was done with leads meanwhile."""
        while True:
            news = await reader.poll()
            if news.read_to:
                await self.take(news)
            is_time = self.again_ms is not None and self.again_ms <= self._clock_ms()
            if (news.read_to or is_time) and await reader.is_current():
                await queue.queue_of(self._send)
            elif news.read_to:
                self.again_ms = 0  # once it is

    async def take(self, news: LeadNews) -> None:
        """Keep what came, with the positions after it."""
        facts = await self._enricher.facts_of(news.hot_leads, news.partitions) if news.hot_leads else []

        def work(rows: Connection) -> None:
            for announcement, known in zip(news.hot_leads, facts, strict=True):
                self._desk.take_hot_lead(rows, announcement, known)
            for act in news.acts:
                self._desk.take_act(rows, act)
            write_positions(rows, news.read_to)

        await self._store_thread.ask(lambda store: store.within(work))
        if news.hot_leads:
            self.on_events()

    async def forget(self) -> None:
        """Forget what is old, for ever."""

        def work(rows: Connection) -> None:
            forget_old_leads(rows, self._clock_ms() - KEPT_MS)

        while True:
            await self._store_thread.ask(lambda store: store.within(work))
            await asyncio.sleep(FORGET_SECONDS)

    def _send(self, rows: Connection) -> Sequence[Delivery]:
        outgoing = self._desk.send(rows, self._clock_ms())
        self.again_ms = outgoing.again_ms
        return outgoing.deliveries
