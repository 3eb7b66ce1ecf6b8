"""Filling topics quickly: librdkafka's producer with Java's partitioner, everything acknowledged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.bench.events import Input
from tests.bench.scale import PARTITIONS

FLUSH_SECONDS = 60


def fast_producer(bootstrap: str, linger_ms: float = 20.0) -> Any:
    """A producer that puts a contact where the worker expects it."""
    return Producer(
        {
            "bootstrap.servers": bootstrap,
            "partitioner": "murmur2_random",
            "acks": "all",
            "linger.ms": linger_ms,
            "queue.buffering.max.messages": 1_000_000,
        }
    )


class Deliveries:
    """Counts what the broker did not take."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    def __call__(self, error: Any, _: Any) -> None:
        if error is not None:
            self.failed.append(str(error))

    def check(self, unsent: int) -> None:
        """Raise RuntimeError where a record was not acknowledged: figures over part of the events mean nothing."""
        if self.failed or unsent:
            message = f"preload: {len(self.failed)} records refused, {unsent} not acknowledged: {self.failed[:1]}"
            raise RuntimeError(message)


def preload(bootstrap: str, names: Mapping[str, str], inputs: Iterable[Input]) -> None:
    """Send all inputs; names: the broker's topic names by the short ones. Raises RuntimeError if one is not taken."""
    producer, deliveries = fast_producer(bootstrap), Deliveries()
    for topic, key, value in inputs:
        while True:
            try:
                producer.produce(names[topic], value, key, on_delivery=deliveries)
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    deliveries.check(producer.flush(FLUSH_SECONDS))


def create_topics(bootstrap: str, *names: str) -> None:
    """Topics for the peers' outputs. Raises KafkaException where one can't be made."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for made in admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names]).values():
        made.result(30)


def written(bootstrap: str, topic: str) -> int:
    """How many records a topic has had, compacted or not."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "bench-offsets"})
    try:
        partitions = consumer.list_topics(topic, 30).topics[topic].partitions
        return sum(consumer.get_watermark_offsets(TopicPartition(topic, number), 30)[1] for number in partitions)
    finally:
        consumer.close()
