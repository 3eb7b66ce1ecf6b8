"""The revisions of the model as their topic has them: read, and written on the base that somebody began with."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from aiokafka.errors import KafkaError, MessageSizeTooLargeError, TopicAuthorizationFailedError

from streamprocessor.contract.model_file.next_revision import (
    NextModel,
    RevisionConflictError,
    entry_labelled,
    next_revision,
)
from streamprocessor.contract.model_file.revisions import (
    HistoryEntry,
    ModelRevision,
    encode_revision,
    highest_number_of,
    history_of,
    new_key,
)
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.compacted_topic import CompactedTopic
from streamprocessor.readmodel.problem import Problem

log = logging.getLogger(__name__)

InUse = Callable[[int], Awaitable[None]]

_READ_BACK_SECONDS = 10.0


class PublishedRevision(NamedTuple):
    """What is in force after somebody published.

    before: what was until then; None: nothing, or is_new is False.
    is_new: whether that brought it; else it was in force already.
    """

    entry: HistoryEntry
    before: HistoryEntry | None
    is_new: bool


class ModelTopic:
    """Knows all revisions of the topic, and writes the next one.

    history: of all that were ever in force; the last one is.
    """

    history: Sequence[HistoryEntry] = ()

    def __init__(self, topic: str, consumer: Any, producer: Any, clock_ms: Callable[[], int], *, in_use: InUse) -> None:
        """Read by an aiokafka consumer without a group, not started; write by a producer that waits for all replicas.

        in_use: returns once the process shows contacts by the revision of that number, or a newer one.
        """
        self._topic = CompactedTopic(topic, consumer)
        self._producer = producer
        self._clock_ms = clock_ms
        self._in_use = in_use
        self._records: list[Any] = []
        self._highest = 0
        self._read_to = 0
        self._read = asyncio.Condition()

    async def start(self) -> None:
        """Read what there is."""
        await self._take(await self._topic.start())

    async def follow(self) -> None:
        """Read on for ever."""
        while True:
            await self._take(await self._topic.poll())

    async def stop(self) -> None:
        """Stop reading."""
        await self._topic.stop()

    async def publish(self, wanted: NextModel) -> PublishedRevision:
        """Have the model in force, once Kafka has it and it is read back. wanted: names its base.

        Raises:
            RevisionConflictError: its base is not in force any more, or was not when it landed.
            OperatorError: its base is no revision of the history.
            Problem: Kafka is away, does not allow it, or does not take as much.
        """
        assert wanted.publication.based_on is not None
        revision = await asyncio.to_thread(next_revision, self.history, self._highest, wanted, self._clock_ms())
        if revision is None:
            return PublishedRevision(self.history[-1], None, is_new=False)
        key = new_key(revision)
        await self._read_beyond(await self._sent(key, revision))
        for before, entry in zip((None, *self.history), self.history, strict=False):
            if entry.key == key:
                with contextlib.suppress(OperatorError):  # it is in force, whether or not it is seen here yet
                    await self._in_use(entry.revision.revision)
                return PublishedRevision(entry, before, is_new=True)
        raise RevisionConflictError(entry_labelled(self.history, wanted.publication.based_on), self.history[-1])

    async def _sent(self, key: bytes, revision: ModelRevision) -> int:
        """The offset at which the topic has the revision."""
        value = encode_revision(revision)
        try:
            sent = await self._producer.send_and_wait(self._topic.topic, value, key=key, partition=0)
        except MessageSizeTooLargeError as error:
            detail = f"text: wanted a model that the topic takes; got one of {len(value)} bytes with what is told of it"
            raise Problem(413, "too-large", detail) from error
        except TopicAuthorizationFailedError as error:
            detail = (
                f"Kafka does not allow the api to write {self._topic.topic}; wanted the right to: "
                "`streamprocessor topics acl api` prints it; until then `streamprocessor model apply` does it"
            )
            raise Problem(503, "kafka-forbids", detail) from error
        except KafkaError as error:
            detail = f"Kafka did not take the model ({type(error).__name__}); wanted it acknowledged: try again"
            raise Problem(503, "kafka-away", detail, {"Retry-After": "5"}) from error
        return int(sent.offset)

    async def _read_beyond(self, offset: int) -> None:
        try:
            async with asyncio.timeout(_READ_BACK_SECONDS), self._read:
                await self._read.wait_for(lambda: self._read_to > offset)
        except TimeoutError as error:
            detail = "Kafka took the model, and it was not read back in time; wanted to see whether it came first: look"
            raise Problem(503, "kafka-away", f"{detail} at the history", {"Retry-After": "5"}) from error

    async def _take(self, records: Sequence[Any]) -> None:
        if records:
            self._records += [record for record in records if self._can_be_read(record)]
            self.history, self._highest = history_of(self._records), highest_number_of(self._records)
            self._read_to = records[-1].offset + 1
        async with self._read:
            self._read.notify_all()

    def _can_be_read(self, record: Any) -> bool:
        try:
            history_of([record])
        except OperatorError as error:
            log.error("%s: a record is passed over: %s", self._topic.topic, error)
            return False
        return True
