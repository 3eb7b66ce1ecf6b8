"""A worker is ready only where the whole group scores; what it says otherwise names the partitions and the records."""

from __future__ import annotations

import socket

import pytest

from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.stream.group_readiness import GroupReadiness
from tests.harness.system import Sent, System, until

pytestmark = pytest.mark.kafka


async def test_partitions_without_a_worker_are_named_with_the_records_that_wait_in_them(system: System) -> None:
    await system.create()
    await system.send([Sent("email-opens", f"c-{number}".encode(), {"id": str(number)}) for number in range(30)])

    readiness = GroupReadiness(system.clients, system.layout, "nobody")
    reason = "4 of 4 partitions have no worker (0, 1, 2, 3), 30 records behind; the group is in state Dead"
    # The first group of a cluster waits for Kafka to make the topic that groups are kept in.
    await until(readiness.not_ready, lambda reasons: reasons == [reason], 40, "the group known")


async def test_kafka_that_does_not_answer_is_no_answer(system: System) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        clients = ClientSettings(f"127.0.0.1:{silent.getsockname()[1]}")

        reasons = await GroupReadiness(clients, system.layout, "nobody").not_ready()

    assert reasons == ["Kafka does not say which partitions have a worker"]
