"""A worker is ready only where the whole group scores; what it says otherwise names the partitions and the records."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka.errors import NodeNotReadyError

from streamprocessor.kafka.admin.consumer_group import STABLE, ConsumerGroup
from streamprocessor.kafka.admin.reconcile import Layout
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.stream import group_readiness
from streamprocessor.stream.group_readiness import GroupReadiness
from tests.harness.system import Sent, System, until

UNKNOWN = ["Kafka does not say which partitions have a worker"]


class Cluster:
    """Kafka as the readiness asks it: how often it was connected to, and what it answers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened = self.closed = 0
        self.is_there = True
        self.hangs = False
        monkeypatch.setattr(group_readiness, "HOLDS_SECONDS", 0.0)
        monkeypatch.setattr(group_readiness, "connected", self._connected)
        monkeypatch.setattr(group_readiness, "described_group", self._described_group)

    @asynccontextmanager
    async def _connected(self, _: ClientSettings) -> AsyncIterator[Cluster]:
        self.opened += 1
        try:
            yield self
        finally:
            self.closed += 1

    async def _described_group(self, *_: Any) -> ConsumerGroup:
        if self.hangs:
            await asyncio.Event().wait()
        if not self.is_there:
            raise NodeNotReadyError
        return ConsumerGroup(STABLE, [], [], 4)


async def test_whoever_asks_again_is_answered_over_the_same_connection_until_that_breaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster = Cluster(monkeypatch)
    readiness = GroupReadiness(ClientSettings("localhost:1"), Layout((), "", "app", 1), "g")

    assert [await readiness.not_ready() for _ in range(5)] == [[]] * 5
    assert (cluster.opened, cluster.closed) == (1, 0)

    cluster.is_there = False
    assert await readiness.not_ready() == UNKNOWN
    cluster.is_there = True
    assert [await readiness.not_ready() for _ in range(5)] == [[]] * 5
    assert (cluster.opened, cluster.closed) == (2, 1)

    await readiness.close()
    assert (cluster.opened, cluster.closed) == (2, 2)


async def test_all_who_ask_at_once_a_kafka_that_hangs_are_answered_after_the_time_of_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster = Cluster(monkeypatch)
    monkeypatch.setattr(group_readiness, "HOLDS_SECONDS", 5.0)
    monkeypatch.setattr(group_readiness, "ANSWER_SECONDS", 0.2)
    cluster.hangs = True
    readiness = GroupReadiness(ClientSettings("localhost:1"), Layout((), "", "app", 1), "g")

    async with asyncio.timeout(3):
        answers = await asyncio.gather(*(readiness.not_ready() for _ in range(50)))

    assert answers == [UNKNOWN] * 50
    assert cluster.opened == 1


@pytest.mark.kafka
async def test_partitions_without_a_worker_are_named_with_the_records_that_wait_in_them(system: System) -> None:
    await system.create()
    await system.send([Sent("email-opens", f"c-{number}".encode(), {"id": str(number)}) for number in range(30)])

    readiness = GroupReadiness(system.clients, system.layout, "nobody")
    reason = "4 of 4 partitions have no worker (0, 1, 2, 3), 30 records behind; the group is in state Dead"
    # The first group of a cluster waits for Kafka to make the topic that groups are kept in.
    await until(readiness.not_ready, lambda reasons: reasons == [reason], 40, "the group known")
    await readiness.close()


@pytest.mark.kafka
async def test_kafka_that_does_not_answer_is_no_answer(system: System) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        clients = ClientSettings(f"127.0.0.1:{silent.getsockname()[1]}")

        reasons = await GroupReadiness(clients, system.layout, "nobody").not_ready()

    assert reasons == UNKNOWN
