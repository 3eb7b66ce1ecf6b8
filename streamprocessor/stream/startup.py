"""What must be so before a worker joins its group; each thing that is not ends in a sentence, not in a log flood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from streamprocessor.contract.topic_names import MODELS
from streamprocessor.contract.topics.roles import WORKER
from streamprocessor.contract.topics.topics import inputs
from streamprocessor.errors import OperatorError, TopicError
from streamprocessor.kafka.admin.layout import process_rights
from streamprocessor.kafka.admin.reconcile import Layout, check, topic_ids
from streamprocessor.kafka.admin.rights import ProcessRights
from streamprocessor.kafka.broker_wait import once_kafka_answers
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.settings import Settings
from streamprocessor.stream.clock_skew import clock_skew_ms, disagreement


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
    return await once_kafka_answers(
        partial(check_broker, settings, clients, layout), partial(on_away, f"Kafka at {settings.bootstrap}")
    )


async def check_broker(settings: Settings, clients: ClientSettings, layout: Layout) -> BrokerFacts:
    """What a worker must know of the broker.

    Raises:
        BrokerAwayError: Kafka can't be reached.
        BrokerError: Kafka doesn't let us in.
        NotAllowedError: topics may not be used as needed, or the group not be joined; all are named.
        TopicError: topics are missing or differ; all are named.
        OperatorError: the clocks disagree.
    """
    rights = process_rights(settings, clients, WORKER)
    await rights.refuse_where_missing()
    used = _used(layout, rights)
    differing = await check(clients, used)
    if differing:
        sentences = "\n".join(map(str, differing))
        message = f"{sentences}\nput it right with `streamprocessor topics apply`"
        raise TopicError(message)
    ids = await topic_ids(clients, used.names())
    skew_ms = await clock_skew_ms(clients, layout.full_name(MODELS))
    wrong = disagreement(skew_ms, settings.max_clock_skew_seconds)
    if wrong is not None:
        raise OperatorError(wrong)
    short_ids = {topic.name: ids[name] for name, topic in used.names().items() if topic.number is not None}
    return BrokerFacts(inputs(layout.topics)[0].partitions, skew_ms, short_ids)


def _used(layout: Layout, rights: ProcessRights) -> Layout:
    """The layout of those topics that a worker uses: of others it may know nothing."""
    used = {right.name for right in rights.wanted}
    return replace(layout, topics=tuple(topic for name, topic in layout.names().items() if name in used))
