"""Topics on a real Kafka against topics as described; what one broker can't show, with a cluster of words."""

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import InvalidTimestampError

from streamprocessor.contract.topics.rights import (
    ALTER_CONFIGS,
    CREATE,
    DELETE,
    DESCRIBE,
    DESCRIBE_CONFIGS,
    READ,
    WRITE,
)
from streamprocessor.contract.topics.topics import Topic
from streamprocessor.errors import BrokerAwayError, BrokerError, NotAllowedError, TopicError
from streamprocessor.kafka.admin import cluster
from streamprocessor.kafka.admin.cluster import ClusterState, TopicState
from streamprocessor.kafka.admin.reconcile import (
    CONFIG,
    MISSING,
    PARTITIONS,
    REPLICATION,
    RETENTION,
    Layout,
    TopicDifference,
    apply,
    check,
    differences,
    end_offsets,
    fence_below,
    topic_ids,
)
from streamprocessor.kafka.admin.rights import refuse_unless_allowed
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.connection import connected
from tests.harness.system import until

OPENS = Topic("email-opens", "in", "contact_id", "opens", 2, {"retention.ms": "7776000000"}, number=1)
CHANGELOG = Topic("changelog", "internal", "contact_id", "table", 2, {"cleanup.policy": "compact"}, fenced=True)
FENCE = "message.timestamp.before.max.ms"


@pytest.fixture
def layout(topic_prefix: str) -> Layout:
    return Layout((OPENS, CHANGELOG), topic_prefix, "scores", fence_ms=8_000)


@pytest.fixture
def settings(bootstrap: str) -> ClientSettings:
    return ClientSettings(bootstrap)


@pytest.fixture
async def admin(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    yield client
    await client.close()


async def write(bootstrap: str, topic: str, timestamp_ms: int | None = None) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        await producer.send_and_wait(topic, b"value", key=b"key", partition=1, timestamp_ms=timestamp_ms)


@pytest.mark.kafka
async def test_missing_topics_are_named_then_created_then_nothing_differs(
    settings: ClientSettings, layout: Layout
) -> None:
    opens, changelog = f"{layout.prefix}email-opens", f"{layout.prefix}scores-changelog"
    missing = [
        TopicDifference(opens, MISSING, "2 partitions", "none"),
        TopicDifference(changelog, MISSING, "2 partitions", "none"),
    ]

    assert await check(settings, layout) == missing
    assert await apply(settings, layout) == missing
    assert await check(settings, layout) == []
    assert await apply(settings, layout) == []


@pytest.mark.kafka
async def test_each_setting_that_differs_is_named_and_set_and_the_others_stay(
    settings: ClientSettings, layout: Layout
) -> None:
    await apply(settings, layout)
    name = f"{layout.prefix}email-opens"
    async with connected(settings) as client:
        await cluster.set_configs(client, {name: {"retention.ms": "1000", "segment.ms": "77777"}})
    found = await until(lambda: check(settings, layout), bool, 30, "the setting, at the broker that is asked")

    assert [str(each) for each in found] == [f"topic {name}: retention.ms is 1000; wanted 7776000000"]
    assert await apply(settings, layout) == found
    await until(lambda: check(settings, layout), lambda differing: differing == [], 30, "the setting as it was")
    async with connected(settings) as client:
        assert await cluster.configs(client, {name: ["segment.ms"]}) == {name: {"segment.ms": "77777"}}


@pytest.mark.kafka
async def test_another_session_time_out_is_another_fence(settings: ClientSettings, layout: Layout) -> None:
    await apply(settings, layout)
    found = await check(settings, replace(layout, fence_ms=fence_below(30_000)))

    assert found == [TopicDifference(f"{layout.prefix}scores-changelog", CONFIG, "24000", "8000", FENCE)]


@pytest.mark.kafka
async def test_a_partition_count_is_never_changed_and_nothing_else_is_then(
    settings: ClientSettings, layout: Layout
) -> None:
    await apply(settings, replace(layout, topics=(OPENS,)))
    wider = replace(layout, topics=(replace(OPENS, partitions=4), CHANGELOG))

    with pytest.raises(TopicError) as raised:
        await apply(settings, wider)
    assert "email-opens has 2 partitions; wanted 4. This can't be changed" in str(raised.value)
    assert "move the table into new topics by `streamprocessor rebuild`" in str(raised.value)
    assert [each.what for each in await check(settings, wider)] == [PARTITIONS, MISSING]


@pytest.mark.kafka
async def test_a_setting_that_kafka_refuses_is_an_error_with_its_words(
    settings: ClientSettings, layout: Layout
) -> None:
    wrong = replace(layout, topics=(replace(OPENS, config={"retention.ms": "for ever"}),))

    with pytest.raises(TopicError, match=r"Kafka refused: .*for ever.*\(INVALID_CONFIG\)"):
        await apply(settings, wrong)


@pytest.mark.kafka
async def test_a_fenced_topic_refuses_what_was_stamped_too_long_ago(settings: ClientSettings, layout: Layout) -> None:
    await apply(settings, layout)
    long_ago_ms = 1_000_000_000_000

    with pytest.raises(InvalidTimestampError):
        await write(settings.bootstrap, f"{layout.prefix}scores-changelog", long_ago_ms)
    await write(settings.bootstrap, f"{layout.prefix}scores-changelog")
    await write(settings.bootstrap, f"{layout.prefix}email-opens", long_ago_ms)


@pytest.mark.kafka
async def test_a_topic_that_is_made_anew_has_another_id(
    settings: ClientSettings, layout: Layout, admin: AIOKafkaAdminClient
) -> None:
    await apply(settings, layout)
    opens, changelog = f"{layout.prefix}email-opens", f"{layout.prefix}scores-changelog"
    before = await topic_ids(settings, [opens, changelog, f"{layout.prefix}none"])
    await admin.delete_topics([opens])
    await until(partial(topic_ids, settings, [opens]), lambda ids: not ids, 15, "the topic is gone")
    await apply(settings, layout)
    after = await topic_ids(settings, [opens, changelog])

    assert before.keys() == after.keys()
    assert before[opens] != after[opens]
    assert before[changelog] == after[changelog]


@pytest.mark.kafka
async def test_the_end_of_a_partition_is_after_its_last_record(settings: ClientSettings, layout: Layout) -> None:
    await apply(settings, layout)
    name = f"{layout.prefix}email-opens"
    for _ in range(3):
        await write(settings.bootstrap, name)

    assert await end_offsets(settings, [name]) == {(name, 0): 0, (name, 1): 3}


@pytest.mark.kafka
async def test_a_missing_topic_is_named_with_the_command_that_makes_it(
    settings: ClientSettings, topic_prefix: str
) -> None:
    name = f"{topic_prefix}none"
    for asked in (end_offsets(settings, [name]), refuse_unless_allowed(settings, {name: READ})):
        with pytest.raises(TopicError, match=rf"topics missing: {name}; create them with .*topics apply"):
            await asked


@pytest.mark.kafka
async def test_topics_that_may_be_used_are_not_refused(settings: ClientSettings, layout: Layout) -> None:
    await apply(settings, layout)

    await refuse_unless_allowed(
        settings, {f"{layout.prefix}email-opens": READ, f"{layout.prefix}scores-changelog": WRITE}
    )


async def test_a_kafka_that_cant_be_reached_is_named(topic_prefix: str) -> None:
    with pytest.raises(BrokerError, match=r"Kafka can't be used at 127\.0\.0\.1:1 over PLAINTEXT"):
        await check(ClientSettings("127.0.0.1:1"), Layout((OPENS,), topic_prefix, "scores", 1))


def three_brokers(replication: int) -> ClusterState:
    topic = TopicState("email-opens", "id", {0: 1, 1: 2}, replication, frozenset())
    return ClusterState(frozenset({1, 2, 3}), {"email-opens": topic})


def test_on_three_brokers_each_record_must_have_three_replicas_and_two_that_answer() -> None:
    layout = Layout((OPENS,), "", "scores", 8_000)
    as_created = {"email-opens": {"retention.ms": "7776000000", "min.insync.replicas": "1"}}

    (thin,) = differences(layout, three_brokers(1), {"email-opens": {"retention.ms": "7776000000"}})
    assert thin.what == REPLICATION
    assert "email-opens keeps 1 replicas of each record; wanted 3" in str(thin)
    assert not thin.apply_mends_it
    assert differences(layout, three_brokers(3), as_created) == [
        TopicDifference("email-opens", CONFIG, "2", "1", "min.insync.replicas")
    ]


@pytest.mark.parametrize(
    ("inputs", "own", "kept"),
    [
        (["7776000000", "2592000000"], "604800000", "7776000000"),
        (["7776000000"], "9000000000", "9000000000"),
        (["7776000000", "-1"], "604800000", "-1"),
        (["7776000000", None], "-1", "-1"),
        (["for ever"], "604800000", "604800000"),
    ],
)
def test_what_lay_in_a_wrong_partition_is_kept_for_as_long_as_the_input_that_it_came_from(
    inputs: list[str | None], own: str, kept: str
) -> None:
    topics = [
        replace(OPENS, name=f"in-{number}", config={} if time is None else {RETENTION: time})
        for number, time in enumerate(inputs)
    ]
    transfers = Topic("transfers", "internal", "contact_id", "handed over", 2, {RETENTION: own}, number=7)

    assert Layout((*topics, transfers), "", "scores", 1).config(transfers, 1) == {RETENTION: kept}


@pytest.mark.parametrize(
    ("wanted", "got", "differs"),
    [
        ("compact,delete", "delete, compact", False),
        ("0.2", "0.20", False),
        ("compact", "delete", True),
        ("100", "1000", True),
        ("true", "false", True),
    ],
)
def test_one_value_in_two_spellings_is_no_difference(wanted: str, got: str, differs: bool) -> None:
    layout = Layout((replace(OPENS, config={"setting": wanted}),), "", "scores", 8_000)
    state = ClusterState(frozenset({1}), three_brokers(1).topics)

    assert bool(differences(layout, state, {"email-opens": {"setting": got}})) is differs


class WordsOfACluster:
    """A cluster of one broker that says what it is told to."""

    force_metadata_update: Any = None

    def __init__(self, *answers: Any) -> None:
        self.cluster = SimpleNamespace(brokers=lambda: [SimpleNamespace(nodeId=1)])
        self._answers = list(answers)

    async def send(self, _node: int, _request: object) -> Any:
        return self._answers.pop(0)


def metadata(code: int, leader: int = 1, operations: int = 1 << 3) -> SimpleNamespace:
    partition: tuple[Any, ...] = (0, 0, leader, 0, [1], [1], [], {})
    return SimpleNamespace(
        brokers=[(1, "localhost", 9092, None, {})],
        topics=[(code, "email-opens", bytes(16), False, [partition], operations, {})],
    )


async def test_a_topic_that_may_not_be_seen_ends_in_a_sentence_at_once() -> None:
    with pytest.raises(TopicError, match=r"^DESCRIBE on topic email-opens$"):
        await cluster.describe(WordsOfACluster(metadata(29)), ["email-opens"])


@pytest.mark.parametrize(
    ("operations", "allowed"),
    [
        (1 << 3, {READ}),
        (1 << 4 | 1 << 8, {WRITE, DESCRIBE}),
        (0, set()),
        (
            -(2**31),
            {READ, WRITE, CREATE, DELETE, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS},
        ),  # a broker that doesn't tell
    ],
)
async def test_what_may_be_done_with_a_topic_is_read_from_its_state(operations: int, allowed: set[str]) -> None:
    state = await cluster.describe(WordsOfACluster(metadata(0, operations=operations)), ["email-opens"])

    assert state.topics["email-opens"].allowed == allowed


async def test_a_right_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    async def read_only(*_: object) -> tuple[ClusterState, frozenset[str]]:
        topics = {"email-opens": TopicState("email-opens", "id", {0: 1}, 1, frozenset({READ}))}
        return ClusterState(frozenset({1}), topics), frozenset()

    monkeypatch.setattr("streamprocessor.kafka.admin.rights.describe_what_may_be_seen", read_only)
    monkeypatch.setattr("streamprocessor.kafka.admin.rights.connected", lambda _: Connected())
    with pytest.raises(NotAllowedError, match="not allow User:ANONYMOUS what it needs: WRITE on topic email-opens;"):
        await refuse_unless_allowed(ClientSettings("x:1"), {"email-opens": WRITE})


class Connected:
    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *_: object) -> None: ...


async def test_brokers_that_were_silent_for_a_moment_are_waited_for() -> None:
    """A stalled broker is fenced: for a moment the cluster has none."""
    client = WordsOfACluster(metadata(0))
    client.cluster.brokers = list

    async def heard_again() -> None:
        client.cluster.brokers = lambda: [SimpleNamespace(nodeId=1)]

    client.force_metadata_update = heard_again

    assert "email-opens" in (await cluster.describe(client, ["email-opens"])).topics


async def test_an_election_is_waited_for() -> None:
    """Neither a topic without a leader nor a broker that doesn't lead yet is an error."""
    not_leader, answered = (SimpleNamespace(topics=[("email-opens", [(0, code, -1, 5)])]) for code in (6, 0))
    client = WordsOfACluster(metadata(5), metadata(0, leader=-1), metadata(0), not_leader, metadata(0), answered)

    assert await cluster.end_offsets(client, ["email-opens"]) == {("email-opens", 0): 5}


def up(*ids: int) -> SimpleNamespace:
    return SimpleNamespace(brokers=[(number, "localhost", 9092, None, {}) for number in ids], topics=[])


async def test_topics_with_so_many_replicas_wait_for_so_many_brokers() -> None:
    client = WordsOfACluster(up(1), up(1, 3), up(1, 2, 3))

    assert await cluster.brokers_up(client, 3) == {1, 2, 3}


async def test_too_few_brokers_for_the_replicas_end_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_SETTLE_SECONDS", -1.0)
    with pytest.raises(BrokerAwayError, match=r"wanted 3 brokers, one for each replica .*_REPLICATION\); 2 are up"):
        await cluster.brokers_up(WordsOfACluster(up(1, 2)), 3)


def test_replicas_that_are_set_are_wanted_however_many_brokers_are_up() -> None:
    layout = Layout((OPENS,), "", "scores", 8_000, replication=3)
    state = ClusterState(frozenset({1, 2}), three_brokers(1).topics)

    (thin,) = differences(layout, state, {"email-opens": {"retention.ms": "7776000000"}})

    assert (thin.what, thin.required, thin.actual) == (REPLICATION, "3", "1")
