"""Twelve ways to break the system, each with the alerts that it must bring and how it is healed."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from tests.delivery.receivers import status
from tests.harness.clients import send_by_confluent
from tests.harness.system import Sent
from tests.ops.gameday.running_system import RunningSystem

Act = Callable[[RunningSystem], Awaitable[None]]


class Break(NamedTuple):
    """alerts: those that must come, by receiver and name. may_come: names of what can be told besides; no others."""

    name: str
    make: Act
    heal: Act
    alerts: frozenset[tuple[str, str]]
    may_come: frozenset[str] = frozenset()
    within_seconds: float = 100.0


def page(name: str) -> frozenset[tuple[str, str]]:
    return frozenset({("page", name)})


def ticket(name: str) -> frozenset[tuple[str, str]]:
    return frozenset({("ticket", name)})


async def _nothing(_: RunningSystem) -> None:
    return None


async def _kill_a_worker(running: RunningSystem) -> None:
    await asyncio.to_thread(running.workers[0].kill)


async def _start_a_worker(running: RunningSystem) -> None:
    await running.workers[0].start().ready(90)


async def _freeze_a_worker(running: RunningSystem) -> None:
    running.workers[1].send(signal.SIGSTOP)


async def _thaw_a_worker(running: RunningSystem) -> None:
    running.workers[1].send(signal.SIGCONT)
    await running.workers[1].ready(90)


async def _kill_all_workers(running: RunningSystem) -> None:
    for worker in running.workers:
        await asyncio.to_thread(worker.kill)


async def _start_all_workers(running: RunningSystem) -> None:
    for worker in running.workers:
        worker.start()
    for worker in running.workers:
        await worker.ready(90)


async def _kill_the_collector(running: RunningSystem) -> None:
    running.collector.kill()


async def _start_the_collector(running: RunningSystem) -> None:
    await running.collector.start().ready()


async def _kill_delivery(running: RunningSystem) -> None:
    running.delivery.kill()


async def _start_delivery(running: RunningSystem) -> None:
    await running.delivery.start().ready()


async def _kill_the_api(running: RunningSystem) -> None:
    running.api.kill()


async def _start_the_api(running: RunningSystem) -> None:
    await running.api.start().ready()


async def _kill_kafka(running: RunningSystem) -> None:
    await asyncio.to_thread(running.kafka.kill)


async def _start_kafka(running: RunningSystem) -> None:
    await asyncio.to_thread(running.kafka.start)
    for process in running.processes:
        await process.ready(90)
    await running.collector.all_in_kafka()


async def _send_bad_records(running: RunningSystem) -> None:
    for number in range(60):
        await running.system.send([Sent("page-visits", b"c-bad-%d" % number, b"{not json")])


async def _send_into_wrong_partitions(running: RunningSystem) -> None:
    occurred_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
    records = [
        Sent(
            "activities",
            b"c-lost-%d" % number,
            {"id": f"lost-{number}", "type": "download", "occurred_at": occurred_at},
        )
        for number in range(60)
    ]
    await send_by_confluent(running.system, records, 0.2)


async def _let_an_endpoint_fail(running: RunningSystem) -> None:
    running.crm.answer = status(500)


async def _let_the_endpoint_work(running: RunningSystem) -> None:
    running.crm.answer = running.crm.take


async def _let_an_endpoint_be_gone(running: RunningSystem) -> None:
    running.chat.answer = status(410)


async def _stop_clicks(running: RunningSystem) -> None:
    running.load.types.discard("email_click")


async def _let_them_click(running: RunningSystem) -> None:
    running.load.types.add("email_click")


#: The last one needs the load of those before it: silence is told against "last week", which is 150 s ago.
BREAKS = (
    Break("kill -9 of one of two workers", _kill_a_worker, _start_a_worker, ticket("ProcessDown")),
    Break("a worker hangs", _freeze_a_worker, _thaw_a_worker, ticket("ProcessDown")),
    Break(
        "an endpoint answers 500",
        _let_an_endpoint_fail,
        _let_the_endpoint_work,
        ticket("EndpointFails"),
        within_seconds=180.0,
    ),
    Break("kill -9 of all workers", _kill_all_workers, _start_all_workers, page("AllProcessesDown")),
    Break("kill -9 of delivery", _kill_delivery, _start_delivery, page("AllProcessesDown")),
    Break("kill -9 of the api", _kill_the_api, _start_the_api, page("AllProcessesDown")),
    Break("kill -9 of the collector", _kill_the_collector, _start_the_collector, page("AllProcessesDown")),
    Break("kill -9 of Kafka", _kill_kafka, _start_kafka, page("KafkaAway")),
    Break("records that are no JSON", _send_bad_records, _nothing, ticket("DeadLetters")),
    Break("a producer with another partitioner", _send_into_wrong_partitions, _nothing, ticket("RecordsMisplaced")),
    Break("an endpoint answers 410", _let_an_endpoint_be_gone, _nothing, ticket("EndpointDisabled")),
    Break("nobody clicks any more", _stop_clicks, _let_them_click, ticket("TopicSilent"), within_seconds=200.0),
)
