"""Partitions are read up to their ends and no further."""

from __future__ import annotations

from typing import Any

from aiokafka import TopicPartition

from streamprocessor.kafka.reader import read_to

FIRST, SECOND = TopicPartition("topic", 0), TopicPartition("topic", 1)


class Consumer:
    """A consumer that stands at `positions`; each fetch brings what `fetches` says: records and the position after."""

    def __init__(
        self, positions: dict[TopicPartition, int], *fetches: dict[TopicPartition, tuple[list[str], int]]
    ) -> None:
        self.asked: list[set[TopicPartition]] = []
        self._positions = positions
        self._fetches = iter(fetches)

    async def position(self, where: TopicPartition) -> int:
        return self._positions[where]

    async def getmany(self, *wanted: TopicPartition, timeout_ms: int) -> dict[TopicPartition, list[str]]:
        assert timeout_ms > 0
        self.asked.append(set(wanted))
        fetch = next(self._fetches)
        self._positions |= {where: position for where, (_, position) in fetch.items()}
        return {where: records for where, (records, _) in fetch.items() if records}


async def all_of(consumer: Consumer, ends: dict[TopicPartition, int]) -> list[Any]:
    return [fetched async for fetched in read_to(consumer, ends)]


async def test_each_partition_is_asked_for_until_it_is_read_to_its_end() -> None:
    consumer = Consumer(
        {FIRST: 0, SECOND: 0}, {FIRST: (["a"], 1), SECOND: (["b"], 1)}, {}, {SECOND: (["c", "after the end"], 3)}
    )

    assert await all_of(consumer, {FIRST: 1, SECOND: 2}) == [
        {FIRST: ["a"], SECOND: ["b"]},
        {},
        {SECOND: ["c", "after the end"]},
    ]
    assert consumer.asked == [{FIRST, SECOND}, {SECOND}, {SECOND}]


async def test_what_compaction_removed_at_the_end_is_not_waited_for() -> None:
    consumer = Consumer({FIRST: 0}, {FIRST: (["a"], 1)}, {FIRST: ([], 9)})

    assert await all_of(consumer, {FIRST: 9}) == [{FIRST: ["a"]}, {}]


async def test_nothing_is_fetched_where_all_was_read_before() -> None:
    consumer = Consumer({FIRST: 5, SECOND: 0})

    assert await all_of(consumer, {FIRST: 5, SECOND: 0}) == []
    assert consumer.asked == []
