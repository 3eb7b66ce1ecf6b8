"""A consumer of records that are at hand, for tests of what reads topics."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import TopicPartition


class TopicsAtHand:
    """Fetches of each partition so many records at once as chance says, and now and then none."""

    def __init__(self, records: Mapping[TopicPartition, Sequence[Any]], chance: random.Random) -> None:
        self.records = records
        self.is_stopped = False
        self._positions: dict[TopicPartition, int] = {}
        self._chance = chance

    async def start(self) -> None:
        """It is at hand."""

    async def stop(self) -> None:
        self.is_stopped = True

    def assign(self, places: Sequence[TopicPartition]) -> None:
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
            fetched[where] = list(self.records[where][first : first + self._chance.randrange(4)])
            self._positions[where] += len(fetched[where])
        return fetched
