"""What a user may not do on Kafka is named before its process starts, and when it is taken away."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from streamprocessor.contract.topics.rights import GROUP, READ, TOPIC, WRITE, Right
from streamprocessor.contract.topics.topics import Topic
from streamprocessor.errors import NotAllowedError, TopicError
from streamprocessor.kafka.admin.reconcile import Layout, apply
from streamprocessor.kafka.admin.rights import ProcessRights
from streamprocessor.kafka.clients import ClientSettings, new_reader
from streamprocessor.kafka.diagnosis.principal import principal_of
from streamprocessor.kafka.diagnosis.refusal import refusals_named
from tests.harness.acls import Acls
from tests.harness.secured_kafka import PASSWORD, STRANGER, SecuredKafka

PRINCIPAL = f"User:{STRANGER}"
OPENS = Topic("email-opens", "in", "contact_id", "opens", 1, {"retention.ms": "7776000000"}, number=1)


@pytest.fixture
def stranger(secured: SecuredKafka) -> ClientSettings:
    return ClientSettings(secured.addresses["LOGIN"], "SASL_PLAINTEXT", "PLAIN", STRANGER, PASSWORD)


@pytest.fixture
def acls(secured: SecuredKafka) -> Acls:
    return Acls(secured.addresses["PLAIN"])


@pytest.fixture
def opens(secured: SecuredKafka, topic_prefix: str) -> Layout:
    layout = Layout((OPENS,), topic_prefix, "app", fence_ms=8_000)
    asyncio.run(apply(ClientSettings(secured.addresses["PLAIN"]), layout))
    return layout


@pytest.mark.kafka
def test_each_right_that_is_missing_is_named_and_no_other(
    stranger: ClientSettings, acls: Acls, opens: Layout, topic_prefix: str
) -> None:
    topic, group = f"{topic_prefix}email-opens", f"{topic_prefix}app"
    wanted = [Right(GROUP, group, READ), Right(TOPIC, topic, READ), Right(TOPIC, topic, WRITE)]
    rights = ProcessRights(stranger, "worker", wanted)

    def missing() -> str:
        with pytest.raises(NotAllowedError) as refused:
            asyncio.run(rights.refuse_where_missing())
        return str(refused.value)

    assert missing() == (
        f"worker: Kafka does not allow {PRINCIPAL} what it needs: READ on group {group}, READ on topic {topic}, WRITE "
        f"on topic {topic}; wanted an ACL for each; got none: `streamprocessor topics acl --process worker --principal "
        f"worker={PRINCIPAL}` prints what to grant"
    )
    acls.grant(PRINCIPAL, [Right(TOPIC, topic, READ)])
    assert f"needs: READ on group {group}, WRITE on topic {topic};" in missing()
    acls.grant(PRINCIPAL, [Right(GROUP, group, READ)])
    assert f"needs: WRITE on topic {topic};" in missing()
    acls.grant(PRINCIPAL, [Right(TOPIC, topic, WRITE)])
    asyncio.run(rights.refuse_where_missing())


@pytest.mark.kafka
def test_topics_that_are_not_there_are_told_unless_the_process_does_without(
    stranger: ClientSettings, acls: Acls, topic_prefix: str
) -> None:
    topic = f"{topic_prefix}never-made"
    wanted = [Right(TOPIC, topic, READ)]
    acls.grant(PRINCIPAL, wanted)

    with pytest.raises(TopicError, match=f"topics missing: {topic}; create them with `streamprocessor topics apply`"):
        asyncio.run(ProcessRights(stranger, "delivery", wanted).refuse_where_missing())
    asyncio.run(ProcessRights(stranger, "delivery", wanted, frozenset({topic})).refuse_where_missing())


@pytest.mark.kafka
async def test_a_right_that_is_taken_away_is_missed_by_who_watches_and_by_who_reads(
    secured: SecuredKafka, stranger: ClientSettings, acls: Acls, topic_prefix: str
) -> None:
    layout = Layout((OPENS,), topic_prefix, "app", fence_ms=8_000)
    await apply(ClientSettings(secured.addresses["PLAIN"]), layout)
    right = Right(TOPIC, f"{topic_prefix}email-opens", READ)
    acls.grant(PRINCIPAL, [right])
    watching = asyncio.ensure_future(ProcessRights(stranger, "delivery", [right]).watch(every_seconds=0.1))
    reader = new_reader(stranger)
    await reader.start()
    try:
        reader.assign([TopicPartition(right.name, 0)])
        await reader.seek_to_beginning()
        assert await reader.getmany(timeout_ms=300) == {}
        assert not watching.done()

        acls.take_away(PRINCIPAL, right)

        said = f"delivery: Kafka does not allow {PRINCIPAL} what it needs: {right};"
        with pytest.raises(NotAllowedError, match=said):
            await watching
        with pytest.raises(NotAllowedError, match=said):
            await _read_on(reader, stranger)
    finally:
        await reader.stop()


async def _read_on(reader: AIOKafkaConsumer, clients: ClientSettings) -> None:
    with refusals_named(clients, "delivery"):
        async with asyncio.timeout(10):
            while True:
                await reader.getmany(timeout_ms=500)


@pytest.fixture
def certificate(secured: SecuredKafka) -> ClientSettings:
    file = secured.authority.certificate("sp-worker", ["client"])
    return ClientSettings(secured.addresses["MUTUAL"], "SSL", ssl_ca=secured.authority.file, ssl_cert=file)


@pytest.mark.kafka
def test_who_we_are_to_kafka_follows_from_how_we_connect(
    stranger: ClientSettings, certificate: ClientSettings, secured: SecuredKafka
) -> None:
    assert principal_of(stranger) == PRINCIPAL
    assert principal_of(certificate) == "User:CN=sp-worker"
    assert principal_of(ClientSettings(secured.addresses["PLAIN"])) == "User:ANONYMOUS"
    assert principal_of(ClientSettings("kafka:9092", "SSL")) == "User:ANONYMOUS"
