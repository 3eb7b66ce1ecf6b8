"""Topics as they must be against topics as they are: each difference in words, and made good where that is safe."""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from streamprocessor.bundled_files import backup_document
from streamprocessor.contract.topics.topics import IN, INTERNAL, Topic, topic_named
from streamprocessor.errors import TopicError
from streamprocessor.kafka.admin.cluster import (
    ClusterState,
    NewTopic,
    brokers_up,
    configs,
    create,
    describe,
    set_configs,
)
from streamprocessor.kafka.admin.cluster import end_offsets as offsets_at_end
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.connection import connected

MISSING, CONFIG, PARTITIONS, REPLICATION = "missing", "config", "partitions", "replication"
MISPLACED = "misplaced"

FENCE = "message.timestamp.before.max.ms"
STAMP_SHARE = 0.6
"""Share of the session time-out after which the broker refuses a stamp; the other share is stream/lease.py's."""
MIN_INSYNC = "min.insync.replicas"
RETENTION = "retention.ms"
_FOR_EVER = "-1"
TOMBSTONES_LAST_MS = 12 * 3_600_000
"""Half of how long Kafka keeps a tombstone at least: who did not read for longer may have missed one."""
_REPLICATION = 3
_REPLICAS_THAT_ANSWER = 2


@dataclass(frozen=True, slots=True)
class Layout:
    """All topics of one application on one cluster.

    topics: as the topics' files describe them.
    prefix, app_id: what their full names are made with.
    fence_ms: how old a record's time may be when it arrives in a `fenced` topic; see `fence_below`.
    replication: replicas that each topic must have; 0: three where there are three brokers, else one.
    """

    topics: tuple[Topic, ...]
    prefix: str
    app_id: str
    fence_ms: int
    replication: int = 0

    @property
    def group(self) -> str:
        """The workers' consumer group."""
        return f"{self.prefix}{self.app_id}"

    def names(self) -> dict[str, Topic]:
        """The topics by their names on the broker."""
        return {topic.full_name(self.prefix, self.app_id): topic for topic in self.topics}

    def full_name(self, topic: str) -> str:
        """The name on the broker of the topic of this short name."""
        return topic_named(self.topics, topic).full_name(self.prefix, self.app_id)

    def input_names(self) -> dict[str, Topic]:
        """The topics that the worker reads, by their names on the broker."""
        return {topic.full_name(self.prefix, self.app_id): topic for topic in self._inputs()}

    def config(self, topic: Topic, replication: int) -> dict[str, str]:
        """The settings that the topic must have when each record has so many replicas."""
        config = dict(topic.config)
        if topic.direction == INTERNAL and topic.number is not None and RETENTION in config:
            # What lay in a wrong partition of an input waits here: it may not be gone earlier than there.
            config[RETENTION] = _longest(config[RETENTION], (each.config.get(RETENTION, "") for each in self._inputs()))
        if topic.fenced:
            config[FENCE] = str(self.fence_ms)
        if replication >= _REPLICATION:
            config[MIN_INSYNC] = str(_REPLICAS_THAT_ANSWER)
        return config

    def _inputs(self) -> list[Topic]:
        return [topic for topic in self.topics if topic.direction == IN]


@dataclass(frozen=True, slots=True)
class TopicDifference:
    """One thing about a topic that is not as it must be.

    topic: its full name.
    what: MISSING, CONFIG, PARTITIONS, REPLICATION or MISPLACED.
    required, actual: the value as it must be and as it is, in the words of the sentence.
    setting: the setting's name; empty but for CONFIG.
    """

    topic: str
    what: str
    required: str
    actual: str
    setting: str = ""

    @property
    def apply_mends_it(self) -> bool:
        """True where `apply` makes it good by itself."""
        return self.what in (MISSING, CONFIG)

    def __str__(self) -> str:
        """The difference as a sentence, with what to do where `apply` doesn't do it."""
        if self.what == MISSING:
            return f"topic {self.topic} is missing; wanted {self.required}"
        if self.what == CONFIG:
            return f"topic {self.topic}: {self.setting} is {self.actual}; wanted {self.required}"
        if self.what == PARTITIONS:
            return (
                f"topic {self.topic} has {self.actual} partitions; wanted {self.required}. This can't be changed: a "
                "contact would move to another partition, away from its state and its order. Describe it with "
                f"{self.actual} partitions, or move the table into new topics by `streamprocessor rebuild`, as "
                f"{backup_document()} says"
            )
        if self.what == MISPLACED:
            return (
                f"topic {self.topic} keeps {self.actual} contacts in partitions where they do not belong; wanted "
                f"{self.required}: bring them together with `streamprocessor topics repair`"
            )
        return (
            f"topic {self.topic} keeps {self.actual} replicas of each record; wanted {self.required}, because the "
            "cluster has brokers enough. Raise it with kafka-reassign-partitions"
        )


def fence_below(session_timeout_ms: int, percent: int = 80) -> int:
    """How old a record's time may be in fenced topics: some percent of the consumers' session time-out, in ms.

    A worker that was stopped for longer than its session may wake up holding records: they must be too old by then.
    """
    return session_timeout_ms * percent // 100


async def check(settings: ClientSettings, layout: Layout) -> list[TopicDifference]:
    """All differences between the topics as they must be and as they are, by topic; none where all is well.

    Raises BrokerError when Kafka can't be reached, TopicError when a topic may not be seen.
    """
    async with connected(settings) as client:
        state = await describe(client, layout.names())
        required = {name: layout.config(topic, _replication_of(name, state)) for name, topic in layout.names().items()}
        existing = await configs(client, {name: required[name] for name in state.topics}) if state.topics else {}
    return differences(layout, state, existing)


async def apply(settings: ClientSettings, layout: Layout) -> list[TopicDifference]:
    """Creates what is missing and sets the settings that differ; returns the differences that it made good.

    Raises TopicError, before it changes anything, when a partition count differs; BrokerAwayError when fewer brokers
    are up than the layout wants replicas.
    """
    all_differences = await check(settings, layout)
    refused = [difference for difference in all_differences if difference.what == PARTITIONS]
    if refused:
        raise TopicError("\n".join(map(str, refused)))
    missing = [difference.topic for difference in all_differences if difference.what == MISSING]
    changed: dict[str, dict[str, str]] = {}
    for difference in all_differences:
        if difference.what == CONFIG:
            changed.setdefault(difference.topic, {})[difference.setting] = difference.required
    async with connected(settings) as client:
        if missing:
            brokers = await brokers_up(client, layout.replication)
            replication = layout.replication or _replication_for(len(brokers))
            await create(client, [_new(layout, name, replication) for name in missing])
        if changed:
            await set_configs(client, changed)
    return [difference for difference in all_differences if difference.apply_mends_it]


def differences(layout: Layout, state: ClusterState, existing: dict[str, dict[str, str]]) -> list[TopicDifference]:
    """The differences, from what the cluster said; `existing`: topic → setting → value."""
    differing: list[TopicDifference] = []
    replication = layout.replication or _replication_for(len(state.brokers))
    for name, topic in sorted(layout.names().items()):
        actual = state.topics.get(name)
        if actual is None:
            differing.append(TopicDifference(name, MISSING, f"{topic.partitions} partitions", "none"))
            continue
        if actual.partitions != topic.partitions:
            differing.append(TopicDifference(name, PARTITIONS, str(topic.partitions), str(actual.partitions)))
        if actual.replication < replication:
            differing.append(TopicDifference(name, REPLICATION, str(replication), str(actual.replication)))
        for setting, required in sorted(layout.config(topic, actual.replication).items()):
            value = existing.get(name, {}).get(setting)
            if value is None or not _same(required, value):
                differing.append(TopicDifference(name, CONFIG, required, value or "not known to the broker", setting))
    return differing


async def topic_ids(settings: ClientSettings, names: Iterable[str]) -> dict[str, str]:
    """Kafka's ids of the topics, by name; another id under a name is another topic. One that is missing is left out."""
    async with connected(settings) as client:
        state = await describe(client, names)
    return {name: topic.topic_id for name, topic in state.topics.items()}


async def end_offsets(settings: ClientSettings, names: Iterable[str]) -> dict[tuple[str, int], int]:
    """The offset after the last record of each partition, by topic and partition.

    Raises TopicError for a topic that is missing.
    """
    topic_names = set(names)
    async with connected(settings) as client:
        refuse_missing(topic_names, await describe(client, topic_names))
        return await offsets_at_end(client, topic_names)


def refuse_missing(names: Iterable[str], state: ClusterState) -> None:
    """Raise TopicError, which names all topics of these names that do not exist; nothing where all do."""
    missing = sorted(set(names) - state.topics.keys())
    if missing:
        message = f"topics missing: {', '.join(missing)}; create them with `streamprocessor topics apply`"
        raise TopicError(message)


def _new(layout: Layout, name: str, replication: int) -> NewTopic:
    topic = layout.names()[name]
    return NewTopic(name, topic.partitions, replication, layout.config(topic, replication))


def _replication_for(brokers: int) -> int:
    return _REPLICATION if brokers >= _REPLICATION else 1


def _replication_of(name: str, state: ClusterState) -> int:
    return state.topics[name].replication if name in state.topics else 0


def _longest(own: str, others: Iterable[str]) -> str:
    """The longest of some times in ms; what is no number is left to Kafka to refuse."""
    times_ms = {each: int(each) for each in (own, *others) if each.removeprefix("-").isdecimal()}
    return _FOR_EVER if _FOR_EVER in times_ms else max(times_ms, key=times_ms.__getitem__, default=own)


def _same(one: str, other: str) -> bool:
    """True for one value in two spellings: 0.2 and 0.20, "compact,delete" and "delete, compact"."""
    if one == other:
        return True
    with contextlib.suppress(InvalidOperation):
        return Decimal(one) == Decimal(other)
    return sorted(word.strip() for word in one.split(",")) == sorted(word.strip() for word in other.split(","))
