"""Whether this user may do what its process must, asked before it starts and while it runs.

A client of aiokafka that may not use a topic asks for it again and again, without a word to its caller.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aiokafka.client import AIOKafkaClient

from streamprocessor.contract.topics.rights import GROUP, READ, TOPIC, Right
from streamprocessor.errors import BrokerError, TopicError
from streamprocessor.kafka.admin.cluster import ClusterState, describe_what_may_be_seen, may_join
from streamprocessor.kafka.admin.reconcile import refuse_missing
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.connection import connected
from streamprocessor.kafka.diagnosis.principal import not_allowed

#: How often it is asked whether a running process still has its rights.
WATCH_SECONDS = 10.0
#: How long after a question that Kafka did not answer it is asked again.
AWAY_SECONDS = 2.0
#: A right counts as taken away when it is missing twice, so long after one another: brokers learn of ACLs one by one.
AGAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class ProcessRights:
    """What one process must be allowed to do.

    role: what the process is called in contract.topics.rights.
    optional: full names of topics that it does without where they do not exist.
    """

    clients: ClientSettings
    role: str
    wanted: Sequence[Right]
    optional: frozenset[str] = frozenset()

    async def refuse_where_missing(self) -> None:
        """Return where all the rights are there.

        Raises NotAllowedError, which names all that are not; TopicError where topics do not exist; BrokerError without
        Kafka.
        """
        async with connected(self.clients) as client:
            state, missing = await _missing(client, self.wanted)
        if missing:
            raise not_allowed(self.clients, missing, self.role)
        refuse_missing(_topics_of(self.wanted) - self.optional, state)

    async def watch(self, every_seconds: float = WATCH_SECONDS) -> None:
        """Go on for as long as the rights are there; raises NotAllowedError as soon as one was taken away."""
        while True:
            try:
                async with connected(self.clients) as client:
                    missing = await _once_missing(client, self.wanted, every_seconds)
                break
            except (BrokerError, TopicError):  # what keeps Kafka from answering hinders the work, which says so itself
                await asyncio.sleep(AWAY_SECONDS)
        raise not_allowed(self.clients, missing, self.role)


async def refuse_unless_allowed(clients: ClientSettings, operations: Mapping[str, str]) -> None:
    """Return where all topics exist and may be used as needed.

    operations: topic → READ or WRITE.

    Raises NotAllowedError naming all that may not be used, TopicError naming all that do not exist.
    """
    wanted = [Right(TOPIC, name, operation) for name, operation in sorted(operations.items())]
    async with connected(clients) as client:
        state, missing = await _missing(client, wanted)
    if missing:
        raise not_allowed(clients, missing)
    refuse_missing(_topics_of(wanted), state)


async def _once_missing(client: AIOKafkaClient, wanted: Sequence[Right], every_seconds: float) -> list[Right]:
    """Those of the rights that were taken away, as soon as some were."""
    while True:
        _, missing = await _missing(client, wanted)
        if missing:
            await asyncio.sleep(AGAIN_SECONDS)
            _, missing = await _missing(client, wanted)
        if missing:
            return missing
        await asyncio.sleep(every_seconds)


async def _missing(client: AIOKafkaClient, wanted: Sequence[Right]) -> tuple[ClusterState, list[Right]]:
    """The topics that may be seen, and which of the rights we do not have; topics that do not exist lack none."""
    state, hidden = await describe_what_may_be_seen(client, _topics_of(wanted))
    missing = []
    for right in wanted:
        if right.resource == GROUP:
            is_there = right.operation != READ or await may_join(client, right.name)
        elif right.name in hidden:
            is_there = False
        else:
            topic = state.topics.get(right.name)
            is_there = topic is None or right.operation in topic.allowed
        if not is_there:
            missing.append(right)
    return state, missing


def _topics_of(rights: Iterable[Right]) -> set[str]:
    return {right.name for right in rights if right.resource == TOPIC}
