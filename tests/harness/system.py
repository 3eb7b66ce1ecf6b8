"""A whole small system for a test: topics, model, producers, readers, on a real Kafka under a prefix of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, overload

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from streamprocessor.contract.model_file.read_model import read_model
from streamprocessor.contract.model_file.revisions import ModelRevision, encode_revision, model_of, new_key
from streamprocessor.contract.topics.topics import IN, Topic, topic_named
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.kafka.admin.reconcile import apply
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.connection import client_settings
from streamprocessor.scoring.model.model import Model
from streamprocessor.settings import Settings
from tests.harness.offsets import Look, offsets_of

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
DEFAULT_MODEL = ROOT / "deploy" / "scoring.yaml"


class Sent(NamedTuple):
    """One record to be sent to an input topic. value None or bytes: as it is; a dict: as JSON."""

    topic: str
    key: bytes | None
    value: bytes | dict[str, Any] | None


class System:
    """Names and clients of one application."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.layout = layout_of(settings)
        self.clients: ClientSettings = client_settings(settings)
        self.full = {topic.name: name for name, topic in self.layout.names().items()}

    async def create(self, model: Path = DEFAULT_MODEL) -> Model:
        """Create the topics and apply the model as revision 1."""
        await apply(self.clients, self.layout)
        return await self.apply_model(model, 1)

    async def apply_model(self, path: Path, revision: int, **more: Any) -> Model:
        """Put the model file into the models topic under a revision, with more of its fields where given."""
        model = read_model(path)
        applied = ModelRevision(revision, model.name, model.version, path.read_text(), 0, **more)
        value = encode_revision(applied)
        async with self.producer() as producer:
            await producer.send_and_wait(self.full["models"], key=new_key(applied), value=value, partition=0)
        return model_of(applied)

    @asynccontextmanager
    async def producer(self) -> AsyncIterator[AIOKafkaProducer]:
        """A started idempotent producer."""
        producer = AIOKafkaProducer(**self.clients.arguments(), enable_idempotence=True, linger_ms=5)
        await producer.start()
        try:
            yield producer
        finally:
            await producer.stop()

    async def send(self, records: Iterable[Sent]) -> None:
        """Send records in order and wait until all are acknowledged."""
        async with self.producer() as producer:
            await self.send_through(producer, records)

    async def send_through(self, producer: AIOKafkaProducer, records: Iterable[Sent]) -> None:
        """As send, through a producer at hand."""
        waiting = []
        for topic, key, value in records:
            raw = orjson.dumps(value) if isinstance(value, dict) else value
            waiting.append(await producer.send(self.full[topic], key=key, value=raw))
        await asyncio.gather(*waiting)

    async def read(self, topic: str) -> list[ConsumerRecord]:
        """All records of a topic, partition by partition in order of offset."""
        consumer = AIOKafkaConsumer(**self.clients.arguments(), group_id=None, auto_offset_reset="earliest")
        await consumer.start()
        try:
            name = self.full[topic]
            partitions = [TopicPartition(name, n) for n in range(self._topic(topic).partitions)]
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            ends = await consumer.end_offsets(partitions)
            records: list[ConsumerRecord] = []
            while any([await consumer.position(p) < ends[p] for p in partitions]):
                for fetched in (await consumer.getmany(timeout_ms=200)).values():
                    records += fetched
            return sorted(records, key=lambda record: (record.partition, record.offset))
        finally:
            await consumer.stop()

    def _topic(self, name: str) -> Topic:
        return topic_named(self.layout.topics, name)

    async def values(self, topic: str) -> list[dict[str, Any]]:
        """All values of a topic, decoded."""
        return [orjson.loads(record.value) for record in await self.read(topic) if record.value is not None]

    async def delete(self, topic: str) -> None:
        """Delete a topic and wait until it is gone."""
        admin = AIOKafkaAdminClient(**self.clients.arguments())
        await admin.start()
        try:
            await admin.delete_topics([self.full[topic]])
            await until(admin.list_topics, lambda names: self.full[topic] not in names, 15, "the topic gone")
        finally:
            await admin.close()

    async def lag(self) -> int:
        """Records of the input topics that the application has not committed yet."""
        async with self.offsets_in() as look:
            return (await look()).lag

    async def until_applied(self, timeout_seconds: float = 60.0) -> None:
        """Return when every input record is applied and committed."""
        async with self.offsets_in() as look:
            await until(look, lambda offsets: offsets.lag == 0, timeout_seconds, "all input committed")

    def offsets_in(self, *internals: str) -> AbstractAsyncContextManager[Look]:
        """What looks at how far the workers are in the input topics, and in these internal ones."""
        group = f"{self.settings.topic_prefix}{self.settings.app_id}"
        places = [
            TopicPartition(name, number)
            for name, topic in self.layout.names().items()
            if topic.direction == IN or topic.name in internals
            for number in range(topic.partitions)
        ]
        return offsets_of(self.clients, group, places)


@overload
async def until(
    ask: Callable[[], Awaitable[T]],
    good: Callable[[T], bool],
    timeout_seconds: float,
    what: str,
    every_seconds: float = 0.1,
) -> T: ...
@overload
async def until(
    ask: Callable[[], T], good: Callable[[T], bool], timeout_seconds: float, what: str, every_seconds: float = 0.1
) -> T: ...
async def until(
    ask: Callable[[], Awaitable[T] | T],
    good: Callable[[T], bool],
    timeout_seconds: float,
    what: str,
    every_seconds: float = 0.1,
) -> T:
    """The first good answer; fails with the last one where none comes in time."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        answer = ask()
        if isinstance(answer, Awaitable):
            answer = await answer
        if good(answer):
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout_seconds} s; last: {answer!r}")
        await asyncio.sleep(every_seconds)


def header(record: ConsumerRecord, name: str) -> str:
    """A header's text."""
    return str(dict(record.headers)[name].decode())


def by_contact(values: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Announcements of each contact, in order."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for value in values:
        found.setdefault(value["contact_id"], []).append(value)
    return found
