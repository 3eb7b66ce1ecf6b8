"""Waiting for a Kafka that does not answer yet; ending instead would leave it to a supervisor when to look again."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from prometheus_client import CollectorRegistry

from streamprocessor.errors import BrokerAwayError
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.connection import connected
from streamprocessor.process.http.starting import QUIET_SECONDS, health_answered
from streamprocessor.process.lifecycle import first_of

#: How soon to look again for a Kafka that does not answer; doubled each time, up to the longest.
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 5.0

T = TypeVar("T")

log = logging.getLogger(__name__)


async def once_kafka_answers(ask: Callable[[], Awaitable[T]], on_away: Callable[[], None] = lambda: None) -> T:
    """What `ask` finds out, as soon as a broker answers; it is asked again for as long as it raises BrokerAwayError.

    on_away: called each time that no broker answered.
    """
    pause_seconds = FIRST_PAUSE_SECONDS
    while True:
        try:
            return await ask()
        except BrokerAwayError as error:
            if pause_seconds == FIRST_PAUSE_SECONDS:
                log.warning("%s; trying again until it does", error)
            on_away()
        await asyncio.sleep(pause_seconds)
        pause_seconds = min(LONGEST_PAUSE_SECONDS, pause_seconds * 2)


async def is_reached(
    clients: ClientSettings, stop: asyncio.Future[None], listening: socket.socket, registry: CollectorRegistry
) -> bool:
    """True once Kafka answers, False where `stop` is done before; meanwhile health is answered on the socket.

    Raises BrokerError where Kafka answers and does not let us in.
    """
    reaching = asyncio.ensure_future(once_kafka_answers(partial(_reach, clients)))
    try:
        await asyncio.wait([reaching, stop], timeout=QUIET_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not reaching.done() and not stop.done():
            async with health_answered(listening, registry, [f"waiting for Kafka at {clients.bootstrap}"]):
                await first_of(reaching, stop)
        if not reaching.done():
            return False
        reaching.result()
        return True
    finally:
        reaching.cancel()


async def _reach(clients: ClientSettings) -> None:
    async with connected(clients):
        return
