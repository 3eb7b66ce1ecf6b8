"""Webhooks on one core: as many as there are, and how late each is at a hundred a second."""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Any

import psutil

from streamprocessor.contract.topic_names import BECAME_HOT_LEAD
from tests.bench.calibration import pinned
from tests.bench.preload import Deliveries, fast_producer
from tests.bench.report import Figure
from tests.bench.rig import Rig
from tests.bench.steady import cpu_seconds
from tests.delivery.leads import Lead
from tests.harness.deliveries import DeliveryProcess
from tests.harness.system import System, until

RATE = 100
BURST_SECONDS = 15
GOAL = 1_000
CONTACTS = 5_000
FLUSH_SECONDS = 30
TEMPLATES = ("cloudevents",)

_SUBSCRIPTION = """
subscriptions:
  bench:
    url: http://127.0.0.1:{port}/
    events: [became-hot-lead]
    template: {template}
    secrets: [env:HOOK_SECRET]
"""


def delivery(rig: Rig) -> list[Figure]:
    """Signed hot leads from Kafka to a receiver beside it."""
    return [figure for template in TEMPLATES for figure in asyncio.run(_delivered(rig, template))]


async def _delivered(rig: Rig, template: str) -> list[Figure]:
    loop = asyncio.get_running_loop()
    receiver = Receiver()
    server = await loop.create_server(receiver.connection, "127.0.0.1", 0)
    system = await asyncio.to_thread(rig.system, f"delivered-{template}")
    folder = rig.folder / f"delivery-{template}"
    folder.mkdir()
    port = server.sockets[0].getsockname()[1]
    process = DeliveryProcess(system.settings, folder, _SUBSCRIPTION.format(port=port, template=template)).start()
    rig.ending.callback(process.discard)
    await process.ready()
    seen = psutil.Process(process.process.pid)
    pinned(seen)
    leads = Leads(rig.bootstrap, system)
    share = rig.scale.latency_seconds / 15
    try:
        late_ms = sorted(await _evenly(leads, receiver, max(1.0, BURST_SECONDS * share)))
        used, began = cpu_seconds(seen), time.perf_counter()
        count = max(500, round(GOAL * BURST_SECONDS * share))
        await _all_at_once(leads, receiver, count)
        seconds, used = time.perf_counter() - began, cpu_seconds(seen) - used
    finally:
        server.close()
    process.stop()
    percentiles = statistics.quantiles(late_ms, n=100)
    return [
        Figure(f"{template}: hot leads at once", count / seconds, "webhooks/s"),
        Figure(f"{template}: of the process", count / max(used, 0.01), "webhooks/CPU s"),
        Figure(f"{template}: at {RATE}/s: median", percentiles[49], "ms"),
        Figure(f"{template}: at {RATE}/s: 99th percentile", percentiles[98], "ms"),
    ]


async def _evenly(leads: Leads, receiver: Receiver, seconds: float) -> list[float]:
    """Milliseconds from each crossing to its webhook's coming, at RATE."""
    receiver.came_ms.clear()
    began = time.perf_counter()
    for number in range(int(RATE * seconds)):
        await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
        leads.send()
    await until(lambda: len(receiver.came_ms), lambda came: came >= int(RATE * seconds), 60, "all webhooks")
    return list(receiver.came_ms)


async def _all_at_once(leads: Leads, receiver: Receiver, count: int) -> None:
    receiver.came_ms.clear()
    for _ in range(count):
        leads.send()
    await asyncio.to_thread(leads.flush)
    await until(lambda: len(receiver.came_ms), lambda came: came >= count, 120, "all webhooks", every_seconds=0.01)


class Leads:
    """Sends hot leads, each with the instant of its crossing in its id."""

    def __init__(self, bootstrap: str, system: System) -> None:
        self._topic = system.full[BECAME_HOT_LEAD]
        self._producer, self._taken = fast_producer(bootstrap, linger_ms=0.0), Deliveries()
        self._sent = 0

    def send(self) -> None:
        """Send the next one."""
        self._sent += 1
        now_us = time.time_ns() // 1_000
        lead = Lead(f"c-{self._sent % CONTACTS}", now_us, now_us // 1_000)
        headers: Any = lead.headers()
        self._producer.produce(
            self._topic, lead.value(), lead.contact_id.encode(), headers=headers, on_delivery=self._taken
        )
        self._producer.poll(0)

    def flush(self) -> None:
        """Return when Kafka has all; raises RuntimeError where it did not take one."""
        self._taken.check(self._producer.flush(FLUSH_SECONDS))


class Receiver:
    """Answers 200 to all, as cheaply as can be. came_ms: how late each webhook was."""

    def __init__(self) -> None:
        self.came_ms: list[float] = []

    def connection(self) -> asyncio.Protocol:
        """What reads a connection."""
        return _Connection(self.came_ms)


class _Connection(asyncio.Protocol):
    """Requests with a content-length, one after the other."""

    def __init__(self, came_ms: list[float]) -> None:
        self._came_ms = came_ms
        self._buffer = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            whole = end + 4 + int(_header(head, b"content-length"))
            if len(self._buffer) < whole:
                return
            self._buffer = self._buffer[whole:]
            crossed_us = int(_header(head, b"webhook-id").partition(b"/")[0].rpartition(b":")[2])
            self._came_ms.append((time.time_ns() // 1_000 - crossed_us) / 1_000)
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")


def _header(head: bytes, name: bytes) -> bytes:
    return head.partition(b"\r\n" + name + b": ")[2].partition(b"\r\n")[0]
