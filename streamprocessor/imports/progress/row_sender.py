"""Rows put on their way to the topics that are theirs, and up to which of them all are acknowledged."""

from __future__ import annotations

from collections import deque

import orjson

from streamprocessor.contract.topics.input_topics import InputTopics
from streamprocessor.imports.kafka_sender import KafkaSender, KeyedRecord
from streamprocessor.imports.progress.rate_limit import RateLimit
from streamprocessor.imports.rows import ImportRow

_ROWS_AT_ONCE = 1_000


class RowSender:
    """Sends rows by a KafkaSender, but those that an import before this one had acknowledged."""

    def __init__(
        self, sender: KafkaSender, topics: InputTopics, rows_before: int = 0, rate_limit: RateLimit | None = None
    ) -> None:
        """rows_before: how many rows of the file, from its first on, need not be sent any more.

        rate_limit: None: as fast as the broker takes them.
        """
        self._sender = sender
        self._rate_limit = rate_limit
        self._topics = topics
        self._rows_before = rows_before
        self._acknowledged_rows = rows_before
        self._marks: deque[tuple[int, int]] = deque()
        self._waiting: list[KeyedRecord] = []

    async def send(self, number: int, row: ImportRow) -> str:
        """The topic of the row, which is the file's number-th; raises as KafkaSender.send_all does."""
        topic = self._topics.topic_of(row.value).name
        if number > self._rows_before:
            self._waiting.append(KeyedRecord(topic, row.contact_id.encode(), orjson.dumps(row.value)))
            if len(self._waiting) >= _ROWS_AT_ONCE:
                await self._send_waiting()
        return topic

    async def acknowledged_of(self, number: int) -> int:
        """Of how many rows, from the file's first on, nothing is to be sent again, where number were given so far.

        Raises as KafkaSender.send_all does.
        """
        await self._send_waiting()
        self._marks.append((number, self._sender.sent))
        acknowledged = self._sender.acknowledged
        while self._marks and self._marks[0][1] <= acknowledged:
            self._acknowledged_rows = max(self._acknowledged_rows, self._marks.popleft()[0])
        return self._acknowledged_rows

    async def all_acknowledged(self) -> None:
        """Returns once the broker has every record; raises BrokerError where it refuses one."""
        await self._send_waiting()
        await self._sender.all_acknowledged()

    async def _send_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            if self._rate_limit is not None:
                await self._rate_limit.take(len(waiting))
            await self._sender.send_all(waiting)
