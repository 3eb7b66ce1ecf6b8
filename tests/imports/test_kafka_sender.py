"""What is imported or played stands on Kafka: every record, in order, acknowledged."""

from __future__ import annotations

from collections import Counter

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streamprocessor.errors import BrokerError, TopicError
from streamprocessor.imports.importer import import_rows
from streamprocessor.imports.json_lines import read_json_lines
from streamprocessor.imports.kafka_sender import kafka_sender
from streamprocessor.imports.progress.row_sender import RowSender
from streamprocessor.imports.rows import BadRow
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.process.ports import any_free
from tests.harness.input_topics import INPUT_TOPICS

LINES = [
    b'{"id": "%d", "contact_id": "c-%d", "type": "page_visit", "occurred_at": 1795000000000}' % (number, number % 7)
    for number in range(12_000)  # more than may be unacknowledged at once
]


async def read_all(bootstrap: str, topic: str) -> list[tuple[bytes | None, bytes]]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        records: list[tuple[bytes | None, bytes]] = []
        while await consumer.position(partition) < end:
            for batch in (await consumer.getmany(timeout_ms=1000)).values():
                records += [(record.key, record.value) for record in batch]
        return records
    finally:
        await consumer.stop()


async def create(bootstrap: str, topic: str, **config: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics(
            [NewTopic(topic, 1, 1, topic_configs={name.replace("_", "."): value for name, value in config.items()})]
        )
    finally:
        await admin.close()


@pytest.mark.kafka
async def test_imported_rows_stand_on_kafka_in_the_order_of_the_file(bootstrap: str, topic_prefix: str) -> None:
    await create(bootstrap, f"{topic_prefix}page-visits")
    bad: list[BadRow] = []
    seen: list[int] = []

    async with kafka_sender(ClientSettings(bootstrap), topic_prefix) as sender:
        rows = read_json_lines([*LINES, b"{"])
        counts = await import_rows(
            rows, RowSender(sender, INPUT_TOPICS), bad.append, lambda so_far: seen.append(so_far.sent.total())
        )

    assert (counts.sent, counts.bad) == (Counter({"page-visits": 12_000}), Counter({"not-json": 1}))
    assert counts.acknowledged_rows == 12_001
    assert [row.line for row in bad] == [12_001]
    assert seen == sorted(seen)
    assert seen[-1] == 12_000
    expected = [(orjson.loads(line)["contact_id"].encode(), orjson.dumps(orjson.loads(line))) for line in LINES]
    assert await read_all(bootstrap, f"{topic_prefix}page-visits") == expected


@pytest.mark.kafka
async def test_a_record_that_the_broker_refuses_is_an_error_that_names_its_topic(
    bootstrap: str, topic_prefix: str
) -> None:
    await create(bootstrap, f"{topic_prefix}activities", max_message_bytes="100000")

    with pytest.raises(
        BrokerError, match=f"{topic_prefix}activities: wanted a record acknowledged; got MessageSizeTooL"
    ):
        async with kafka_sender(ClientSettings(bootstrap), topic_prefix) as sender:
            await sender.send("activities", b"c-1", b"x" * 200_000)


@pytest.mark.kafka
async def test_a_missing_topic_is_an_error_at_once(bootstrap: str, topic_prefix: str) -> None:
    with pytest.raises(TopicError, match=f"{topic_prefix}activities"):
        async with kafka_sender(ClientSettings(bootstrap), topic_prefix) as sender:
            await sender.send("activities", b"c-1", b"{}")


async def test_no_broker_is_an_error_that_says_where_it_was_sought() -> None:
    bootstrap = f"127.0.0.1:{any_free()}"

    with pytest.raises(
        BrokerError,
        match=f"Kafka can't be used at {bootstrap} over PLAINTEXT: nothing listens there; wanted a running Kafka",
    ):
        async with kafka_sender(ClientSettings(bootstrap), ""):
            pass
