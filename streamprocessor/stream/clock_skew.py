"""How far the broker's clock is off ours, read off the time that it stamps a record with."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple, NoReturn

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streamprocessor.errors import BrokerAwayError, OperatorError, TopicError
from streamprocessor.kafka.clients import ClientSettings

#: Written to the models topic, whose time is the broker's, to read the broker's clock off the acknowledgement.
CLOCK_KEY = b"\x00clock"
MEASURE_EVERY_SECONDS = 60.0
#: A reading that takes longer is off by up to half of that: it is taken again, so often, and the quickest counts. Each
#: leaves a record in the topic until that is compacted, so no more are taken than are needed.
QUICK_MS = 100
MORE_READINGS = 3

log = logging.getLogger(__name__)


class ClockReading(NamedTuple):
    """One reading of the broker's clock: how long it took, and by how much that clock was ahead half-way through."""

    took_ms: float
    skew_ms: int


async def clock_skew_ms(clients: ClientSettings, topic: str) -> int:
    """The broker's clock less ours; raises BrokerAwayError, or TopicError where the topic can't be written."""
    producer = AIOKafkaProducer(**clients.arguments(), acks="all", request_timeout_ms=10_000)
    try:
        await producer.start()
        reading = await _reading(producer, topic)
        for _ in range(MORE_READINGS):
            if reading.took_ms > QUICK_MS:
                reading = min(reading, await _reading(producer, topic))
    except KafkaError as error:
        message = f"{topic}: can't be written: {error!r}"
        raise (BrokerAwayError if error.retriable else TopicError)(message) from error
    finally:
        await producer.stop()
    return reading.skew_ms


async def _reading(producer: AIOKafkaProducer, topic: str) -> ClockReading:
    before_ms = time.time() * 1000
    acknowledged = await producer.send_and_wait(topic, key=CLOCK_KEY, partition=0)
    after_ms = time.time() * 1000
    return ClockReading(after_ms - before_ms, int(acknowledged.timestamp - (before_ms + after_ms) / 2))


def disagreement(skew_ms: int, most_seconds: float) -> str | None:
    """What is wrong with two clocks that are so far apart; None where that is as near as the setting wants them."""
    if abs(skew_ms) <= most_seconds * 1000:
        return None
    return (
        f"clocks: the broker's is {skew_ms} ms off ours; wanted at most {most_seconds * 1000:.0f} ms: synchronise both "
        "(NTP); the fence against stale writers depends on it"
    )


async def follow_clock_skew(
    measured_ms: Callable[[], Awaitable[int]], tell: Callable[[float], object], most_seconds: float
) -> NoReturn:
    """Measure it every minute, for ever, and tell it in seconds; where Kafka is away the last figure stays."""
    while True:
        await asyncio.sleep(MEASURE_EVERY_SECONDS)
        try:
            skew_ms = await measured_ms()
        except OperatorError as error:
            log.warning("the clocks could not be compared: %s", error)
            continue
        tell(skew_ms / 1000)
        wrong = disagreement(skew_ms, most_seconds)
        if wrong is not None:
            log.error("%s", wrong)
