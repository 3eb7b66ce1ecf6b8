"""What the inbox knows of Kafka before it tells anybody."""

from __future__ import annotations

import pytest
from aiokafka import TopicPartition

from streamprocessor.delivery.inbox import consumer as module
from streamprocessor.delivery.inbox.consumer import LeadConsumer
from streamprocessor.kafka.clients import ClientSettings

WHERE = TopicPartition("activities", 0)


class BusyTopic:
    """A Kafka consumer of one partition, which is read as fast as it grows."""

    def __init__(self, **_: object) -> None:
        self.read_to = 0
        self.end: int | None = None

    def assignment(self) -> set[TopicPartition]:
        return {WHERE}

    def highwater(self, _: TopicPartition) -> int | None:
        return self.end

    async def position(self, _: TopicPartition) -> int:
        return self.read_to


async def test_where_events_always_come_people_are_told_once_all_is_read_that_there_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    topic = BusyTopic()
    monkeypatch.setattr(module, "new_consumer", lambda _: topic)
    reader = LeadConsumer(ClientSettings("127.0.0.1:1"), "became-hot-lead", "activities")
    seen = []
    for read_to, end in ((0, None), (0, 100), (90, 150), (100, 200), (190, 300), (250, 400), (300, 450)):
        topic.read_to, topic.end = read_to, end
        seen.append(await reader.is_current())

    assert seen == [False, False, False, True, False, False, True]
