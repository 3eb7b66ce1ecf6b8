"""Records written so that what was not acknowledged is not passed over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaProducer

from streamprocessor.cli.kafka.topic_reader import writer_to
from streamprocessor.kafka.clients import ClientSettings

_MOST_WAITING = 5_000


class AcknowledgedWriter:
    """Sends records, and waits for those that are on their way now and then."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        """Send by this producer."""
        self._producer = producer
        self._waiting: list[Any] = []

    async def send(
        self,
        where: tuple[str, int],
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes | None]] = (),
    ) -> None:
        """Send a record to this topic and partition; raises KafkaError where an earlier one was not taken."""
        topic, partition = where
        sent = await self._producer.send(topic, key=key, value=value, headers=list(headers), partition=partition)
        self._waiting.append(sent)
        if len(self._waiting) >= _MOST_WAITING:
            await self.flush()

    async def flush(self) -> None:
        """Return once all are acknowledged; raises KafkaError where one was not taken."""
        waiting, self._waiting = self._waiting, []
        await asyncio.gather(*waiting)


@asynccontextmanager
async def acknowledged_writer(clients: ClientSettings, topics: Collection[str]) -> AsyncIterator[AcknowledgedWriter]:
    """A writer whose records are all acknowledged after the block; raises as writer_to does."""
    async with writer_to(clients, topics) as producer:
        writer = AcknowledgedWriter(producer)
        yield writer
        await writer.flush()
