"""What must be so before a worker joins its group; each thing that is not ends in a sentence, not in a log flood."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import NamedTuple

from streamprocessor.contract.topic_names import MODELS
from streamprocessor.contract.topics.topics import inputs
from streamprocessor.errors import BrokerAwayError, OperatorError, TopicError
from streamprocessor.kafka.admin.cluster import READ, WRITE
from streamprocessor.kafka.admin.reconcile import (
    Layout,
    check,
    refuse_unless_allowed,
    refuse_unless_member_allowed,
    topic_ids,
)
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.settings import Settings
from streamprocessor.stream.clock_skew import clock_skew_ms, disagreement

#: How soon to look again for a Kafka that does not answer; doubled each time, up to the longest.
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 5.0

log = logging.getLogger(__name__)


class BrokerFacts(NamedTuple):
    """What the checks found out. clock_skew_ms: the broker's clock less ours. topic_ids: of inputs, by short name."""

    partitions: int
    clock_skew_ms: int
    topic_ids: dict[str, str]


async def check_broker_once_reached(
    settings: Settings, clients: ClientSettings, layout: Layout, on_away: Callable[[str], None]
) -> BrokerFacts:
    """What check_broker finds out, as soon as a broker answers; on_away gets "Kafka at HOST:PORT" while none does.

    Ending instead would leave it to the supervisor when to look again, which may be minutes after Kafka is back.
    """
    pause_seconds = FIRST_PAUSE_SECONDS
    while True:
        try:
            return await check_broker(settings, clients, layout)
        except BrokerAwayError as error:
            if pause_seconds == FIRST_PAUSE_SECONDS:
                log.warning("%s; trying again until it does", error)
            on_away(f"Kafka at {settings.bootstrap}")
        await asyncio.sleep(pause_seconds)
        pause_seconds = min(LONGEST_PAUSE_SECONDS, pause_seconds * 2)


async def check_broker(settings: Settings, clients: ClientSettings, layout: Layout) -> BrokerFacts:
    """What a worker must know of the broker.

    Raises:
        BrokerAwayError: Kafka can't be reached.
        BrokerError: Kafka doesn't let us in.
        TopicError: topics are missing, differ or may not be used; all are named. Or the group may not be joined.
        OperatorError: the clocks disagree.
    """
    differing = await check(clients, layout)
    if differing:
        sentences = "\n".join(map(str, differing))
        message = f"{sentences}\nput it right with `streamprocessor topics apply`"
        raise TopicError(message)
    await refuse_unless_allowed(clients, _rights(layout))
    await refuse_unless_member_allowed(clients, f"{layout.prefix}{layout.app_id}")
    ids = await topic_ids(clients, layout.names())
    skew_ms = await clock_skew_ms(clients, layout.full_name(MODELS))
    wrong = disagreement(skew_ms, settings.max_clock_skew_seconds)
    if wrong is not None:
        raise OperatorError(wrong)
    short_ids = {topic.name: ids[name] for name, topic in layout.names().items() if topic.number is not None}
    return BrokerFacts(inputs(layout.topics)[0].partitions, skew_ms, short_ids)


def _rights(layout: Layout) -> dict[str, str]:
    return {name: WRITE if topic.number is None else READ for name, topic in layout.names().items()}
