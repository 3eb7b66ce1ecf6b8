"""Records that are read again sent to the workers, never more at a time than they take beside live events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from streamprocessor.cli.kafka.topic_reader import writer_to
from streamprocessor.contract.events.transfers import RetainedRecord, retained_message
from streamprocessor.contract.topic_names import EVIDENCE_TRANSFERS
from streamprocessor.errors import OperatorError
from streamprocessor.imports.progress.rate_limit import RateLimit
from streamprocessor.kafka.admin.consumer_group import committed_offsets, consumer_group
from streamprocessor.kafka.admin.reconcile import Layout, end_offsets
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.partitioner import partition_of

MOST_AHEAD = 2_000
"""At most so many records wait for all workers together: live events wait behind them for a part of a second."""

AT_ONCE = 500
LOOK_SECONDS = 0.1
STALLED_SECONDS = 120.0
MOST_ROUNDS = 10


async def refuse_without_workers(clients: ClientSettings, layout: Layout) -> None:
    """Raise OperatorError where no worker runs: nobody would take what is sent."""
    if not (await consumer_group(clients, layout, layout.group)).members:
        message = (
            f"group {layout.group}: has no workers; wanted some that run: they store what is read again; start them "
            "with `streamprocessor worker`"
        )
        raise OperatorError(message)


class RetainedSender:
    """Sends records that are read again to the partitions of their contacts; made by retained_sender.

    sent: how many were.
    """

    def __init__(self, clients: ClientSettings, layout: Layout, producer: Any, rate: RateLimit | None) -> None:
        self.sent = 0
        self._clients, self._layout, self._producer, self._rate = clients, layout, producer, rate
        self._topic = layout.full_name(EVIDENCE_TRANSFERS)
        self._partitions = 0
        self._ends: dict[tuple[str, int], int] = {}

    async def send(self, records: Sequence[RetainedRecord]) -> None:
        """Send these, in their order; returns when workers have so much of all that was sent that more may come.

        Raises OperatorError where workers take nothing any more.
        """
        self._partitions = self._partitions or len(await end_offsets(self._clients, [self._topic]))
        for first in range(0, len(records), AT_ONCE):
            some = records[first : first + AT_ONCE]
            if self._rate is not None:
                await self._rate.take(len(some))
            waiting = []
            for record in some:
                message = retained_message(record)
                partition = partition_of(message.key or b"", self._partitions)
                waiting.append(
                    await self._producer.send(self._topic, key=message.key, value=message.value, partition=partition)
                )
            for done in await asyncio.gather(*waiting):
                place = (self._topic, done.partition)
                self._ends[place] = max(done.offset + 1, self._ends.get(place, 0))
            self.sent += len(some)
            await self._until_applied(self._ends, MOST_AHEAD - AT_ONCE)

    async def until_applied(self) -> None:
        """Return when workers have applied all that was sent, and what came of it for contacts that are linked.

        Raises OperatorError where they take nothing any more.
        """
        ends = self._ends
        for _ in range(MOST_ROUNDS):  # a chain of links; what live events send among themselves never ends
            await self._until_applied(ends, 0)
            newest = {place: end for place, end in (await end_offsets(self._clients, [self._topic])).items() if end}
            if newest == ends:
                return
            ends = newest

    async def _until_applied(self, ends: dict[tuple[str, int], int], most_ahead: int) -> None:
        ahead, moved_at_seconds = -1, time.monotonic()
        while True:
            committed = await committed_offsets(self._clients, self._layout.group)
            now_ahead = sum(max(0, end - max(0, committed.get(place, 0))) for place, end in ends.items())
            if now_ahead <= most_ahead:
                return
            if now_ahead != ahead:
                ahead, moved_at_seconds = now_ahead, time.monotonic()
            elif time.monotonic() - moved_at_seconds > STALLED_SECONDS:
                message = (
                    f"{self._topic}: workers have applied nothing for {STALLED_SECONDS:.0f} s, {ahead} records wait; "
                    "wanted workers that run: `streamprocessor status` says what they do; the rebuild goes on where "
                    "it was when it is started again"
                )
                raise OperatorError(message)
            await asyncio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def retained_sender(
    clients: ClientSettings, layout: Layout, records_per_second: float | None
) -> AsyncIterator[RetainedSender]:
    """A sender of at most so many records a second, None: of as many as workers take; raises as writer_to does."""
    rate = None if records_per_second is None else RateLimit(records_per_second)
    async with writer_to(clients, [layout.full_name(EVIDENCE_TRANSFERS)]) as producer:
        yield RetainedSender(clients, layout, producer, rate)
