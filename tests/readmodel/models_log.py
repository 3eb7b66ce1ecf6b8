"""The models topic in memory: one order of records, which any number of readers follow and producers write to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiokafka import TopicPartition

from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.model_file.revisions import encode_revision, new_key, revision_after
from streamprocessor.readmodel.gateways.model_topic import ModelTopic


class Record(NamedTuple):
    """What Kafka gives of a record."""

    key: bytes
    value: bytes | None
    offset: int


class ModelsLog:
    """The topic. A reader stops before `hidden_from` until that is None: others have written what it has not seen."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.hidden_from: int | None = None
        self.refusal: Exception | None = None
        self._grown = asyncio.Condition()

    def apply(self, text: str, applied_at_ms: int = 0) -> None:
        """Have the text in force as the next revision, the way of a release that knows no authors."""
        before = revision_after(None, parse_model(text, "m"), text, applied_at_ms)
        self.records.append(Record(new_key(before), encode_revision(before), len(self.records)))

    async def send_and_wait(self, topic: str, value: bytes, *, key: bytes, partition: int) -> Record:
        """Append the record, or refuse it as the producer of aiokafka does."""
        assert (topic, partition) == ("models", 0)
        if self.refusal is not None:
            raise self.refusal
        record = Record(key, value, len(self.records))
        async with self._grown:
            self.records.append(record)
            self._grown.notify_all()
        return record

    async def show(self) -> None:
        """Let readers see all that is there."""
        async with self._grown:
            self.hidden_from = None
            self._grown.notify_all()

    async def until_written(self, count: int) -> None:
        """Return once there are so many records, be they seen or not."""
        async with asyncio.timeout(10), self._grown:
            await self._grown.wait_for(lambda: len(self.records) >= count)

    async def records_from(self, place: int) -> list[Record]:
        """The records from that place on, as soon as there are some to be seen."""
        async with self._grown:
            await self._grown.wait_for(lambda: self._seen(place))
            return self._seen(place)

    def _seen(self, place: int) -> list[Record]:
        return self.records[place : self.hidden_from]


class Reader:
    """A consumer of the log."""

    def __init__(self, log: ModelsLog) -> None:
        self._log = log
        self._place = 0

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def assign(self, partitions: list[TopicPartition]) -> None: ...

    async def seek_to_beginning(self, partition: TopicPartition) -> None: ...

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, len(self._log.records))

    async def position(self, _: TopicPartition) -> int:
        return self._place

    async def getmany(self, *_: TopicPartition, **__: int) -> dict[TopicPartition, list[Record]]:
        records = await self._log.records_from(self._place)
        self._place += len(records)
        return {TopicPartition("models", 0): records}


@asynccontextmanager
async def following(log: ModelsLog, clock_ms: Callable[[], int]) -> AsyncIterator[ModelTopic]:
    """The topic as one api process has it."""

    async def in_use(_: int) -> None: ...

    topic = ModelTopic("models", Reader(log), log, clock_ms, in_use=in_use)
    await topic.start()
    task: asyncio.Task[Any] = asyncio.ensure_future(topic.follow())
    try:
        yield topic
    finally:
        task.cancel()
        await asyncio.wait([task])
