"""Topics of one partition number come in the order of arrival, however far a fetch of one of them reaches ahead."""

from __future__ import annotations

import random
from typing import NamedTuple

import pytest
from aiokafka import TopicPartition

from streamprocessor.cli.rebuild.second import input_reader
from streamprocessor.cli.rebuild.second.input_reader import in_order_of_arrival
from streamprocessor.kafka.clients import ClientSettings
from tests.cli.rebuild.second.topics_at_hand import TopicsAtHand


class Arrival(NamedTuple):
    """A record as a consumer gives it."""

    topic: str
    partition: int
    offset: int
    timestamp: int


@pytest.mark.parametrize("seed", range(20))
async def test_they_come_in_order_and_each_between_start_and_end_once(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    arrivals = {name: sorted(chance.choices(range(30), k=chance.randrange(12))) for name in ("a", "b", "c")}
    records = {
        TopicPartition(name, 0): [Arrival(name, 0, offset, at_ms) for offset, at_ms in enumerate(of)]
        for name, of in arrivals.items()
    }
    consumer = TopicsAtHand(records, chance)
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
