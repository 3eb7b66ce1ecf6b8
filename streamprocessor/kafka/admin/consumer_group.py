"""Who owns the partitions of a group's topics, and how far behind the group is, as the coordinator has it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError, for_code
from aiokafka.protocol.commit import OffsetFetchRequest

from streamprocessor.contract.topics.rights import DESCRIBE, GROUP, Right
from streamprocessor.errors import NotAllowedError
from streamprocessor.kafka.admin.protocol import DescribeGroupRequest
from streamprocessor.kafka.admin.reconcile import Layout, end_offsets
from streamprocessor.kafka.clients import ClientSettings, new_reader
from streamprocessor.kafka.connection import connected
from streamprocessor.kafka.diagnosis.diagnosis import broker_error

_RETRY_SECONDS = 0.1
_SETTLE_SECONDS = 15.0

Offsets = dict[tuple[str, int], int]

#: The one state in which members own partitions; in all others they are being given out.
STABLE = "Stable"


class GroupMember(NamedTuple):
    """A worker, as the coordinator knows it; one that was killed is a member until its session has timed out.

    name: the same after a restart.
    owned: the partitions that it has, by topic and number.
    """

    name: str
    host: str
    owned: frozenset[tuple[str, int]]

    @property
    def numbers(self) -> list[int]:
        """The partition numbers that it has, in order."""
        return sorted({number for _, number in self.owned})


class ConsumerGroup(NamedTuple):
    """A group as its coordinator has it.

    state: in Kafka's word, such as Stable or PreparingRebalance.
    unowned: the partition numbers of which some input has no member.
    partitions: how many there are.
    """

    state: str
    members: list[GroupMember]
    unowned: list[int]
    partitions: int

    def unowned_sentence(self, lag: Mapping[tuple[str, int], int]) -> str:
        """What to tell people where partitions have no worker. lag: of each input partition, in records."""
        records = sum(behind for (_, number), behind in lag.items() if number in self.unowned)
        state = "" if self.state == STABLE else f"; the group is in state {self.state}"
        numbers = ", ".join(map(str, self.unowned))
        return (
            f"{len(self.unowned)} of {self.partitions} partitions have no worker ({numbers}), "
            f"{records} records behind{state}"
        )


async def consumer_group(clients: ClientSettings, layout: Layout, group: str) -> ConsumerGroup:
    """The group with its members and what they own of the input topics; of one that does not exist yet, nobody.

    Raises BrokerError where Kafka can't be asked.
    """
    async with _asking_of(clients, group) as client:
        return await described_group(client, layout, group)


async def described_group(client: AIOKafkaClient, layout: Layout, group: str) -> ConsumerGroup:
    """As consumer_group, asked over a connection that is there; raises KafkaError where Kafka does not answer."""
    state, members = await _describe(client, group)
    partitions = {(name, number) for name, topic in layout.input_names().items() for number in range(topic.partitions)}
    # Of a group that is not stable Kafka tells what the members had before.
    owners = members if state == STABLE else []
    without_owner = partitions.difference(*(member.owned for member in owners))
    numbers = {number for _, number in partitions}
    return ConsumerGroup(state, members, sorted({number for _, number in without_owner}), len(numbers))


async def group_lag(clients: ClientSettings, layout: Layout, group: str) -> Offsets:
    """How many records of each input partition the group has not committed yet, by the topic's full name and number.

    Raises TopicError where a topic is missing, BrokerError where Kafka can't be asked.
    """
    ends = await end_offsets(clients, layout.input_names())
    async with _asking_of(clients, group) as client:
        committed = await _committed(client, group)
    committed |= await _beginnings(clients, [where for where in ends if committed.get(where, -1) < 0])
    return {where: max(0, end - committed[where]) for where, end in ends.items()}


async def committed_offsets(clients: ClientSettings, group: str) -> Offsets:
    """What the group has committed, by topic and partition; raises BrokerError where Kafka can't be asked."""
    async with _asking_of(clients, group) as client:
        return await _committed(client, group)


@asynccontextmanager
async def _asking_of(clients: ClientSettings, group: str) -> AsyncIterator[AIOKafkaClient]:
    """A connection to ask for a group.

    Raises NotAllowedError where we may not, BrokerError, which names the group, where Kafka can't be asked otherwise.
    """
    async with connected(clients) as client:
        try:
            yield client
        except GroupAuthorizationFailedError as error:
            raise NotAllowedError(str(Right(GROUP, group, DESCRIBE))) from error
        except KafkaError as error:
            raise await broker_error(clients, error, f"group {group}: can't be asked for") from error


async def _describe(client: AIOKafkaClient, group: str) -> tuple[str, list[GroupMember]]:
    response = await _ask_coordinator(client, group, DescribeGroupRequest(group), lambda answer: answer.groups[0][0])
    ((_code, _group, state, _protocol_type, _protocol, rows, _operations),) = response.groups
    return state, [_member(row) for row in rows]


def _member(row: tuple[Any, ...]) -> GroupMember:
    """A member of the answer; one that owns nothing yet comes with an empty assignment."""
    member_id, instance_id, _client_id, host, _metadata, assignment = row
    owned = ConsumerProtocolMemberAssignment.decode(assignment).partitions() if assignment else []
    return GroupMember(
        instance_id or member_id, host.lstrip("/"), frozenset((where.topic, where.partition) for where in owned)
    )


async def _committed(client: AIOKafkaClient, group: str) -> Offsets:
    request = OffsetFetchRequest(group, None)
    response = await _ask_coordinator(client, group, request, lambda answer: answer.error_code)
    return {(topic, number): offset for topic, rows in response.topics for number, offset, *_ in rows}


async def _ask_coordinator(client: AIOKafkaClient, group: str, request: Any, code_of: Callable[[Any], int]) -> Any:
    """The coordinator's answer, as soon as there is one: a new cluster, or one that lost a broker, first makes it."""
    deadline = asyncio.get_running_loop().time() + _SETTLE_SECONDS
    while True:
        try:
            coordinator = await client.coordinator_lookup(CoordinationType.GROUP, group)
            response = await client.send(coordinator, request)
            if code := code_of(response):
                raise for_code(code)
        except KafkaError as error:
            if not error.retriable or asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            return response


async def _beginnings(clients: ClientSettings, where: list[tuple[str, int]]) -> Offsets:
    if not where:
        return {}
    reader = new_reader(clients)
    try:
        await reader.start()
        offsets = await reader.beginning_offsets([TopicPartition(*each) for each in where])
    except KafkaError as error:
        raise await broker_error(clients, error, "the first offsets of topics can't be asked for") from error
    finally:
        await reader.stop()
    return {tuple(each): offset for each, offset in offsets.items()}
