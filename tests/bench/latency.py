"""From sending an event to holding the announcement that it caused, at given rates."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from typing import Any

import orjson
from confluent_kafka import Consumer, TopicPartition

from tests.bench.events import Visitors
from tests.bench.preload import Deliveries, fast_producer
from tests.bench.report import Figure
from tests.bench.rig import Rig
from tests.bench.scale import PARTITIONS
from tests.bench.worker_metrics import RECOVERY_SECONDS, wait_for
from tests.harness.system import System

ANNOUNCEMENTS = ("score-updated", "became-hot-lead")
TICK_SECONDS = 0.002
WARM_UP_SHARE = 0.15
QUIET_SECONDS = 1.0
MOST_SECONDS_AFTER = 30.0
READY_SECONDS = 60.0
FLUSH_SECONDS = 30
SENT_CHARS = 16


def latency(rig: Rig) -> list[Figure]:
    """Percentiles at each rate, the first part of each left out."""
    system = rig.system("live")
    worker = rig.worker(system).start()
    wait_for(worker, lambda metrics: metrics[RECOVERY_SECONDS] > 0, lambda _: None, READY_SECONDS)
    figures: list[Figure] = []
    for rate in rig.scale.latency_rates:
        figures += _at_rate(rig, system, rate)
    worker.stop()
    return figures


def _at_rate(rig: Rig, system: System, rate: int) -> list[Figure]:
    sender = Sender(rig, system, rate)
    listener = Listener(rig.bootstrap, [system.full[topic] for topic in ANNOUNCEMENTS])
    sender.start()
    while sender.is_alive():
        listener.listen(TICK_SECONDS)
    listener.listen_until_quiet()
    sender.check()
    seen_ms = sorted(listener.latencies_ms(sender.counts_from_us))
    if not seen_ms:
        message = f"latency at {rate} events/s: no announcement came; wanted thousands"
        raise RuntimeError(message)
    return [
        Figure(f"sent, of {rate} asked for", sender.sent / sender.seconds, "sent/s"),
        Figure(f"at {rate}/s: median", _percentile(seen_ms, 50), "ms"),
        Figure(f"at {rate}/s: 99th percentile", _percentile(seen_ms, 99), "ms"),
        Figure(f"at {rate}/s: events seen in announcements", len(seen_ms), "events"),
    ]


class Sender(threading.Thread):
    """Sends events evenly at a rate; each event's id begins with the instant at which it was sent."""

    def __init__(self, rig: Rig, system: System, rate: int) -> None:
        super().__init__(daemon=True)
        self.sent = 0
        self.seconds = rig.scale.latency_seconds
        self.counts_from_us = 0
        self._rate, self._contacts, self._names = rate, rig.scale.contacts, system.full
        self._producer, self._deliveries = fast_producer(rig.bootstrap, linger_ms=0.0), Deliveries()
        self._unsent = 0

    def run(self) -> None:
        """Send for as long as the scale says."""
        visitors, chance = Visitors(self._rate), random.Random(self._rate)
        started = time.perf_counter()
        self.counts_from_us = int((time.time() + WARM_UP_SHARE * self.seconds) * 1e6)
        while (passed := time.perf_counter() - started) < self.seconds:
            while self.sent < passed * self._rate:
                now_us = time.time_ns() // 1000
                event_id = f"{now_us:0{SENT_CHARS}x}{self.sent:010x}"
                topic, key, value = visitors.event(int(chance.random() * self._contacts), event_id, now_us // 1000)
                self._producer.produce(self._names[topic], value, key, on_delivery=self._deliveries)
                self.sent += 1
            self._producer.poll(0)
            time.sleep(TICK_SECONDS)
        self._unsent = self._producer.flush(FLUSH_SECONDS)

    def check(self) -> None:
        """Raise RuntimeError where an event was not acknowledged."""
        self.join()
        self._deliveries.check(self._unsent)


class Listener:
    """Reads announcements from now on, each with the instant of its coming; decodes them afterwards."""

    def __init__(self, bootstrap: str, topics: Sequence[str]) -> None:
        self._consumer: Any = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": "bench-listener", "enable.auto.commit": False}
        )
        places = [TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)]
        for place in places:
            place.offset = self._consumer.get_watermark_offsets(place, 30)[1]
        self._consumer.assign(places)
        self._came: list[tuple[int, bytes]] = []

    def listen(self, seconds: float) -> None:
        """Take the next announcement; return without one after so many seconds."""
        message = self._consumer.poll(seconds)
        if message is not None and message.error() is None:
            self._came.append((time.time_ns() // 1000, message.value()))

    def listen_until_quiet(self) -> None:
        """Take what still comes, until nothing has come for a while."""
        began = last = time.monotonic()
        while (now := time.monotonic()) - last < QUIET_SECONDS and now - began < MOST_SECONDS_AFTER:
            before = len(self._came)
            self.listen(TICK_SECONDS)
            if len(self._came) > before:
                last = now

    def latencies_ms(self, from_us: int) -> list[float]:
        """From sending to coming, of each event named as a cause and sent at from_us or later."""
        self._consumer.close()
        found = []
        for came_us, value in self._came:
            for part in orjson.loads(value)["because"]:
                sent_us = int(part["event_id"][:SENT_CHARS], 16) if "event_id" in part else 0
                if sent_us >= from_us:
                    found.append((came_us - sent_us) / 1000)
        return found


def _percentile(ordered: list[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
