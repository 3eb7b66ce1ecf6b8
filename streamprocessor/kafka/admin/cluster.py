"""What the cluster says of topics, and what it is told to do with them."""

import asyncio
import base64
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.admin import CreateTopicsRequest, DescribeConfigsRequest
from aiokafka.protocol.group import HeartbeatRequest
from aiokafka.protocol.offset import OffsetRequest

from streamprocessor.contract.topics.rights import (
    ALTER_CONFIGS,
    CREATE,
    DELETE,
    DESCRIBE,
    DESCRIBE_CONFIGS,
    READ,
    TOPIC,
    WRITE,
    Right,
)
from streamprocessor.errors import BrokerAwayError, NotAllowedError, TopicError
from streamprocessor.kafka.admin.protocol import SetTopicConfigsRequest, TopicMetadataRequest

# bit numbers in Kafka's field of authorized operations
_OPERATIONS = {3: READ, 4: WRITE, 5: CREATE, 6: DELETE, 8: DESCRIBE, 10: DESCRIBE_CONFIGS, 11: ALTER_CONFIGS}
_RIGHTS_UNKNOWN = -(2**31)  # from brokers that don't tell
_NO_ERROR = 0
_UNKNOWN_TOPIC = 3
_LEADER_NOT_AVAILABLE = 5
_NO_LEADER = -1
_TRANSIENT = {
    _LEADER_NOT_AVAILABLE,
    6,
    7,
    14,
    15,
    41,
    72,
    77,
    78,
}  # a leader or controller is being chosen, an offset isn't known yet
_TOPIC_EXISTS = 36
_TOPIC_NOT_AUTHORIZED = 29
_NOT_AUTHORIZED = {_TOPIC_NOT_AUTHORIZED, 31}
_GROUP_NOT_AUTHORIZED = 30
_TOPIC_KIND = 2
_LATEST = -1
_RETRY_SECONDS = 0.1
_SETTLE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic as it is on the brokers.

    topic_id: Kafka's own id, new for each topic that is created.
    leaders: the broker that leads each partition, -1 while there is none.
    replication: the replicas of the partition that has fewest.
    allowed: what we may do with it, in Kafka's words.
    """

    name: str
    topic_id: str
    leaders: dict[int, int]
    replication: int
    allowed: frozenset[str]

    @property
    def partitions(self) -> int:
        """How many partitions it has."""
        return len(self.leaders)


@dataclass(frozen=True, slots=True)
class NewTopic:
    """A topic to be created."""

    name: str
    partitions: int
    replication: int
    config: dict[str, str]


@dataclass(frozen=True, slots=True)
class ClusterState:
    """The brokers that are up, and the topics asked for that exist, by name."""

    brokers: frozenset[int]
    topics: dict[str, TopicState]


async def describe(client: AIOKafkaClient, names: Iterable[str]) -> ClusterState:
    """The state of the topics of these names; one that doesn't exist is left out.

    Raises NotAllowedError for topics that we may not see, TopicError when the leaders of one aren't known in time.
    """
    state, hidden = await describe_what_may_be_seen(client, names)
    if hidden:
        raise NotAllowedError(", ".join(str(Right(TOPIC, name, DESCRIBE)) for name in sorted(hidden)))
    return state


async def describe_what_may_be_seen(
    client: AIOKafkaClient, names: Iterable[str]
) -> tuple[ClusterState, frozenset[str]]:
    """The state of those topics that we may see, and the names of those that we may not, whether they exist or not.

    Raises TopicError when the leaders of one aren't known in time.
    """
    ordered_names = sorted(names)
    deadline = asyncio.get_running_loop().time() + _SETTLE_SECONDS
    while True:
        response = await _ask_any(client, TopicMetadataRequest(ordered_names))
        codes = {name: code for code, name, *_ in response.topics}
        unsettled = [name for name, code in codes.items() if code in _TRANSIENT]
        if not unsettled:
            break
        if asyncio.get_running_loop().time() > deadline:
            raise _failed(unsettled[0], codes[unsettled[0]], None)
        await asyncio.sleep(_RETRY_SECONDS)
    for name, code in codes.items():
        if code not in (_NO_ERROR, _UNKNOWN_TOPIC, _TOPIC_NOT_AUTHORIZED):
            raise _failed(name, code, None)
    topics = [_state(row) for row in response.topics if row[0] == _NO_ERROR]
    brokers = frozenset(row[0] for row in response.brokers)
    hidden = frozenset(name for name, code in codes.items() if code == _TOPIC_NOT_AUTHORIZED)
    return ClusterState(brokers, {topic.name: topic for topic in topics}), hidden


async def brokers_up(client: AIOKafkaClient, at_least: int) -> frozenset[int]:
    """The ids of the brokers that are up, once they are so many: those of one start come up one after the other.

    Raises BrokerAwayError where fewer are up after a while.
    """
    deadline = asyncio.get_running_loop().time() + _SETTLE_SECONDS
    while True:
        brokers = (await describe(client, [])).brokers
        if len(brokers) >= at_least:
            return brokers
        if asyncio.get_running_loop().time() > deadline:
            message = (
                f"Kafka: wanted {at_least} brokers, one for each replica (STREAMPROCESSOR_REPLICATION); {len(brokers)} "
                "are up: wait, or look at the logs of the others"
            )
            raise BrokerAwayError(message)
        await asyncio.sleep(_RETRY_SECONDS)


async def configs(client: AIOKafkaClient, settings_by_topic: dict[str, Iterable[str]]) -> dict[str, dict[str, str]]:
    """The settings of topics: topic → setting → value; one that the broker doesn't know is left out."""
    resources = [(_TOPIC_KIND, name, sorted(settings)) for name, settings in settings_by_topic.items()]
    response = await _ask_any(client, DescribeConfigsRequest(resources))
    values_by_topic: dict[str, dict[str, str]] = {}
    for code, message, _kind, name, entries in response.resources:
        if code != _NO_ERROR:
            raise _failed(name, code, message, DESCRIBE_CONFIGS)
        values_by_topic[name] = {setting: value for setting, value, *_ in entries if value is not None}
    return values_by_topic


async def create(client: AIOKafkaClient, topics: list[NewTopic]) -> None:
    """Creates the topics and waits until all brokers know them; one that exists already is left as it is."""
    rows: list[Any] = [
        (topic.name, topic.partitions, topic.replication, [], list(topic.config.items())) for topic in topics
    ]
    timeout_ms = int(_SETTLE_SECONDS * 1000)
    response = await _ask_any(client, CreateTopicsRequest(rows, timeout_ms, False))
    for name, code, message in response.topic_errors:
        if code not in (_NO_ERROR, _TOPIC_EXISTS):
            raise _failed(name, code, message, CREATE)
    await _wait_until_known(client, {topic.name for topic in topics})


async def set_configs(client: AIOKafkaClient, settings_by_topic: dict[str, dict[str, str]]) -> None:
    """Sets settings of topics (topic → setting → value); their other settings stay as they are."""
    response = await _ask_any(client, SetTopicConfigsRequest(settings_by_topic))
    for code, message, _kind, name in response.results:
        if code != _NO_ERROR:
            raise _failed(name, code, message, ALTER_CONFIGS)


async def end_offsets(client: AIOKafkaClient, names: Iterable[str]) -> dict[tuple[str, int], int]:
    """The offset after the last record of each partition of these topics, by topic and partition."""
    topic_names = set(names)
    deadline = asyncio.get_running_loop().time() + _SETTLE_SECONDS
    while True:
        rows = await _ask_leaders(client, await describe(client, topic_names))
        failed = {(name, partition): code for name, partition, code, _ in rows if code != _NO_ERROR}
        if not failed:
            return {(name, partition): offset for name, partition, _, offset in rows}
        (name, partition), code = next(iter(failed.items()))
        if not _TRANSIENT.issuperset(failed.values()) or asyncio.get_running_loop().time() > deadline:
            raise _failed(name, code, f"the end of partition {partition} is not known")
        await asyncio.sleep(_RETRY_SECONDS)


async def may_join(client: AIOKafkaClient, group: str) -> bool:
    """Whether we have the right to be a member of the consumer group.

    Asked by the heartbeat of nobody, which changes nothing: brokers look at rights before they look at members.
    """
    response = await _ask_any(client, HeartbeatRequest(group, -1, ""))
    return bool(response.error_code != _GROUP_NOT_AUTHORIZED)


async def _ask_leaders(client: AIOKafkaClient, state: ClusterState) -> list[tuple[str, int, int, int]]:
    """Topic, partition, error code and end offset of each partition."""
    by_leader: dict[int, dict[str, list[tuple[int, int]]]] = {}
    for topic in state.topics.values():
        for partition, leader in topic.leaders.items():
            by_leader.setdefault(leader, {}).setdefault(topic.name, []).append((partition, _LATEST))
    leaderless = by_leader.pop(_NO_LEADER, {})
    rows = [(name, number, _LEADER_NOT_AVAILABLE, 0) for name, each in leaderless.items() for number, _ in each]
    for leader, topics in by_leader.items():
        response = await client.send(leader, OffsetRequest(-1, 0, list(topics.items())))
        rows += [(name, number, code, offset) for name, each in response.topics for number, code, _, offset in each]
    return rows


async def _wait_until_known(client: AIOKafkaClient, names: set[str]) -> None:
    deadline = asyncio.get_running_loop().time() + _SETTLE_SECONDS
    missing = names
    while asyncio.get_running_loop().time() < deadline:
        topics = (await describe(client, names)).topics
        missing = {name for name in names if name not in topics or _NO_LEADER in topics[name].leaders.values()}
        if not missing:
            return
        await asyncio.sleep(_RETRY_SECONDS)
    message = f"topic {sorted(missing)[0]}: was created, but has no leader after {_SETTLE_SECONDS:.0f} s"
    raise TopicError(message)


async def _ask_any(client: AIOKafkaClient, request: Any) -> Any:
    """The answer of the first broker that can be reached; raises the last one's KafkaError."""
    nodes = await _brokers_up(client)
    for node in nodes[:-1]:
        with contextlib.suppress(KafkaError):
            return await client.send(node, request)
    return await client.send(nodes[-1], request)


async def _brokers_up(client: AIOKafkaClient) -> list[int]:
    """The ids of the brokers; one that was silent for too long is none until it is heard again, and is waited for.

    Raises BrokerAwayError where all stay silent.
    """
    deadline = asyncio.get_running_loop().time() + _SETTLE_SECONDS
    while True:
        nodes = [broker.nodeId for broker in client.cluster.brokers()]
        if nodes:
            return nodes
        if asyncio.get_running_loop().time() > deadline:
            message = "Kafka can't be used: it says that none of its brokers is up; wait, or look at their logs"
            raise BrokerAwayError(message)
        await asyncio.sleep(_RETRY_SECONDS)
        await client.force_metadata_update()


def _state(row: tuple[Any, ...]) -> TopicState:
    _code, name, topic_id, _internal, partitions, operations, _tags = row
    return TopicState(
        name=name,
        topic_id=base64.urlsafe_b64encode(topic_id).decode().rstrip("="),
        leaders={number: leader for _, number, leader, *_ in sorted(partitions, key=lambda each: each[1])},
        replication=min((len(replicas) for _, _, _, _, replicas, *_ in partitions), default=0),
        allowed=_allowed(operations),
    )


def _allowed(operations: int) -> frozenset[str]:
    """What the field of authorized operations allows; everything where the broker doesn't tell."""
    is_known = operations != _RIGHTS_UNKNOWN
    return frozenset(word for bit, word in _OPERATIONS.items() if not is_known or operations & (1 << bit))


def _failed(name: str, code: int, message: str | None, operation: str = DESCRIBE) -> TopicError:
    """The error of a topic's; operation: what is not allowed, where that is what the code says."""
    if code in _NOT_AUTHORIZED:
        return NotAllowedError(str(Right(TOPIC, name, operation)))
    error = for_code(code)
    return TopicError(f"topic {name}: Kafka refused: {message or error.description} ({error.message})")
