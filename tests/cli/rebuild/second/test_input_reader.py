"""Topics of one partition number come in the order of arrival, however far a fetch of one of them reaches ahead."""

from __future__ import annotations

import random
from typing import Any

import pytest
from aiokafka import TopicPartition

from streamprocessor.cli.rebuild.second import input_reader
from streamprocessor.cli.rebuild.second.input_reader import in_order_of_arrival
from streamprocessor.kafka.clients import ClientSettings


class Fetched:
    """A record as a consumer gives it."""

    def __init__(self, topic: str, offset: int, timestamp: int) -> None:
        self.topic, self.partition, self.offset, self.timestamp = topic, 0, offset, timestamp


class Topics:
    """A consumer of topics at hand, which fetches so many records of each at once as chance says."""

    def __init__(self, arrivals: dict[str, list[int]], chance: random.Random) -> None:
        self.records = {
            TopicPartition(topic, 0): [Fetched(topic, offset, at) for offset, at in enumerate(of_topic)]
            for topic, of_topic in arrivals.items()
        }
        self._positions: dict[TopicPartition, int] = {}
        self._chance = chance
        self.is_stopped = False

    async def start(self) -> None:
        """It is at hand."""

    async def stop(self) -> None:
        self.is_stopped = True

    def assign(self, places: list[TopicPartition]) -> None:
        self._positions = dict.fromkeys(places, 0)

    def seek(self, where: TopicPartition, offset: int) -> None:
        self._positions[where] = offset

    async def position(self, where: TopicPartition) -> int:
        return self._positions[where]

    async def getmany(self, *places: TopicPartition, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        assert timeout_ms
        fetched = {}
        for where in places:
            first = self._positions[where]
            fetched[where] = self.records[where][first : first + self._chance.randrange(4)]
            self._positions[where] += len(fetched[where])
        return fetched


@pytest.mark.parametrize("seed", range(20))
async def test_they_come_in_order_and_each_between_start_and_end_once(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    arrivals = {name: sorted(chance.choices(range(30), k=chance.randrange(12))) for name in ("a", "b", "c")}
    consumer = Topics(arrivals, chance)
    monkeypatch.setattr(input_reader, "new_reader", lambda _: consumer)
    starts = {(name, 0): chance.randrange(len(of) + 1) for name, of in arrivals.items()}
    ends = {(name, 0): chance.randrange(starts[name, 0], len(of) + 1) for name, of in arrivals.items()}

    read = [
        record async for records in in_order_of_arrival(ClientSettings("nowhere:1"), starts, ends) for record in records
    ]

    assert [record.timestamp for record in read] == sorted(record.timestamp for record in read)
    for name in arrivals:
        wanted = list(range(starts[name, 0], ends[name, 0]))
        assert [record.offset for record in read if record.topic == name] == wanted
    assert consumer.is_stopped is any(starts[place] < ends[place] for place in ends)
