"""Events of the inbox on their way to Kafka, each until it is acknowledged."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiokafka.errors import KafkaError

from streamprocessor.delivery.store.lead_rows import events_kept, forget_events
from streamprocessor.delivery.store.store_thread import StoreThread

AGAIN_SECONDS = 1.0

log = logging.getLogger(__name__)


class LeadEventPublisher:
    """Sends what the store keeps for Kafka. A crash may send one twice, with equal bytes under the equal id."""

    def __init__(self, producer: Any, topic: str, store_thread: StoreThread) -> None:
        """Send to the topic of that full name. producer: a started aiokafka one, acks all."""
        self._producer = producer
        self._topic = topic
        self._store_thread = store_thread
        self._wake = asyncio.Event()
        self._wake.set()  # what a former process has left

    def wake(self) -> None:
        """Look for something to send; called when something was kept."""
        self._wake.set()

    async def run(self) -> None:
        """Send for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self.send_kept()

    async def send_kept(self) -> None:
        """Return once Kafka has all that is kept for it."""
        while await self._send_some():
            pass

    async def _send_some(self) -> bool:
        """Whether there may be more to send; what Kafka does not take is sent again a little later."""
        rows = await self._store_thread.ask(lambda store: store.within(events_kept))
        if not rows:
            return False
        try:
            sent = [await self._producer.send(self._topic, row.value, key=row.contact_id.encode()) for row in rows]
            await asyncio.gather(*sent)
        except KafkaError as error:
            log.warning("Kafka did not take what became of %d leads (%s): trying again", len(rows), error)
            await asyncio.sleep(AGAIN_SECONDS)
            return True
        event_ids = [row.event_id for row in rows]
        await self._store_thread.ask(lambda store: store.within(lambda kept: forget_events(kept, event_ids)))
        return True
