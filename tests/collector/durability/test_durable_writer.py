"""What is kept safe gets into Kafka once and in order, where it is unsure what Kafka has already."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NoReturn

import orjson
import pytest

from streamprocessor.collector.durability.durable_writer import DurableWriter, NoRoomError
from streamprocessor.collector.durability.kafka_writer import KafkaWriter, NotAcknowledgedError
from streamprocessor.collector.durability.producer_record import ProducerRecord
from streamprocessor.collector.durability.readback import missing_in_kafka
from streamprocessor.collector.durability.spool import Spool, SpoolFullError
from streamprocessor.collector.metrics import Metrics
from streamprocessor.contract.topics.roles import COLLECTOR
from streamprocessor.contract.topics.topics import IN
from streamprocessor.kafka.admin.layout import process_rights
from tests.harness.system import System, until

pytestmark = pytest.mark.kafka

TOPICS = ("page-visits", "activities")


def now_ms() -> int:
    return int(time.time() * 1000)


def records(test: str, count: int, first: int = 0) -> list[ProducerRecord]:
    """Records of five contacts of this test, in two topics."""
    return [
        ProducerRecord(
            TOPICS[number % 2], f"{test}-{number % 5}".encode(), orjson.dumps({"id": f"{test}-{number:05d}"})
        )
        for number in range(first, first + count)
    ]


def kafka_writer_to(system: System) -> KafkaWriter:
    names = {topic.name: name for name, topic in system.layout.names().items() if topic.direction == IN}
    return KafkaWriter(process_rights(system.settings, system.clients, COLLECTOR), names, 10_000)


@asynccontextmanager
async def running(kafka_writer: KafkaWriter, folder: Path) -> AsyncIterator[tuple[DurableWriter, Spool]]:
    spool = Spool(folder, 1 << 24)
    writer = DurableWriter(kafka_writer, spool, Metrics(), now_ms)
    await writer.start()
    try:
        yield writer, spool
    finally:
        await writer.stop(1.0)


async def spool_emptied(writer: DurableWriter) -> None:
    await until(lambda: writer.is_spooling, lambda spooling: not spooling, 30, "all in Kafka")


async def assert_once_and_in_order(system: System, test: str, count: int) -> None:
    stored: list[str] = []
    for topic in TOPICS:
        by_key: dict[bytes, list[str]] = defaultdict(list)
        for record in await system.read(topic):
            if record.key.startswith(f"{test}-".encode()):
                by_key[record.key].append(orjson.loads(record.value)["id"])
        assert all(ids == sorted(ids) for ids in by_key.values())
        stored += [name for ids in by_key.values() for name in ids]
    assert sorted(stored) == [f"{test}-{number:05d}" for number in range(count)]


async def send(system: System, sent: Sequence[ProducerRecord]) -> None:
    async with system.producer() as producer:
        for topic, key, value, _ in sent:
            await producer.send(system.full[topic], key=key, value=value)
        await producer.flush()


async def test_what_kafka_got_before_a_crash_is_not_sent_again(system: System, tmp_path: Path) -> None:
    spool = Spool(tmp_path, 1 << 24)
    for first in range(0, 3_000, 100):
        spool.write(records("crash", 100, first), now_ms())
    spool.close()
    await send(system, records("crash", 1_234))

    async with running(kafka_writer_to(system), tmp_path) as (writer, again):
        await writer.write(records("crash", 10, 3_000))
        await spool_emptied(writer)
        assert again.backlog_bytes == 0

    await assert_once_and_in_order(system, "crash", 3_010)


class _DeafKafkaWriter(KafkaWriter):
    """Sends, and once does not hear that Kafka has it: rounds after `hears` of them."""

    hears = 1

    async def send(self, records: Iterable[ProducerRecord]) -> None:
        await super().send(records)
        self.hears -= 1
        if self.hears == -1:
            message = "not heard"
            raise NotAcknowledgedError(message)


@pytest.mark.parametrize("hears", [0, 1, 2])
async def test_a_lost_acknowledgement_doubles_nothing(system: System, tmp_path: Path, hears: int) -> None:
    names = {topic.name: name for name, topic in system.layout.names().items() if topic.direction == IN}
    kafka_writer = _DeafKafkaWriter(process_rights(system.settings, system.clients, COLLECTOR), names, 10_000)
    kafka_writer.hears = hears
    async with running(kafka_writer, tmp_path) as (writer, _):
        for first in range(0, 100, 20):
            await writer.write(records(f"deaf{hears}", 20, first))
        await spool_emptied(writer)

    await assert_once_and_in_order(system, f"deaf{hears}", 100)


async def test_requests_that_come_together_are_committed_together(system: System, tmp_path: Path) -> None:
    kafka_writer = kafka_writer_to(system)
    sizes: list[int] = []
    send_round = kafka_writer.send

    async def counted(records: Iterable[ProducerRecord]) -> None:
        sent = list(records)
        sizes.append(len(sent))
        await send_round(sent)

    kafka_writer.send = counted  # type: ignore[method-assign]
    async with running(kafka_writer, tmp_path) as (writer, _):
        await asyncio.gather(*(writer.write(records("group", 2, first)) for first in range(0, 400, 2)))

    assert sum(sizes) == 400
    assert len(sizes) <= 3
    await assert_once_and_in_order(system, "group", 400)


async def test_records_that_fit_nowhere_are_told_and_those_after_them_are_kept(system: System, tmp_path: Path) -> None:
    async with running(kafka_writer_to(system), tmp_path) as (writer, spool):
        writer._is_direct.clear()
        real_write = spool.write

        def full(_records: list[ProducerRecord], _since_ms: int) -> NoReturn:
            message = "full"
            raise SpoolFullError(message)

        spool.write = full  # type: ignore[method-assign, assignment]
        with pytest.raises(NoRoomError, match="full"):
            await writer.write(records("full", 5))
        spool.write = real_write  # type: ignore[method-assign]
        await writer.write(records("full", 5))
        assert spool.backlog_bytes > 0


async def test_only_what_is_missing_is_told_as_missing(system: System) -> None:
    kafka_writer = kafka_writer_to(system)
    await kafka_writer.connect()
    began_ms = now_ms()
    await send(system, records("missing", 50, 0))
    try:
        missing = await missing_in_kafka(kafka_writer, records("missing", 100), began_ms - 1_000)
        assert missing == records("missing", 50, 50)
        assert await missing_in_kafka(kafka_writer, records("missing", 10), now_ms() + 60_000) == records("missing", 10)
    finally:
        await kafka_writer.drop()
