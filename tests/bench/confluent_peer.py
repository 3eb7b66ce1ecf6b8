"""What a programmer would write by hand: consume a batch, sum by key, two records an event, flush, commit."""

from __future__ import annotations

import sys
import time
from typing import Any

import orjson
from confluent_kafka import Consumer, Producer

BATCH = 10_000
WAIT_SECONDS = 0.2
POINTS = {"page-visits": 2, "email-opens": 1, "email-clicks": 5, "form-submissions": 25}


def main(bootstrap: str, inputs: str, _: str, output: str, changelog: str) -> None:
    """Work until killed; after each batch print how many events are done."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "confluent-peer",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": 5,
            "queue.buffering.max.messages": 1_000_000,
        }
    )
    consumer.subscribe(inputs.split(","))
    sums: dict[bytes, float] = {}
    done = 0
    while True:
        messages = consumer.consume(BATCH, WAIT_SECONDS)
        for message in messages:
            _work(message, sums, producer, (output, changelog))
        if messages:
            producer.flush()
            consumer.commit(asynchronous=False)
            done += len(messages)
            sys.stdout.write(f"{done}\n")
            sys.stdout.flush()


def _work(message: Any, sums: dict[bytes, float], producer: Any, topics: tuple[str, str]) -> None:
    if message.error():
        raise RuntimeError(str(message.error()))
    event, key, partition = orjson.loads(message.value()), message.key(), message.partition()
    points = POINTS[message.topic().partition("-")[2]]
    before = sums.get(key, 0.0)
    score = sums[key] = before + points
    value = orjson.dumps(
        {
            "contact_id": event["contact_id"],
            "at": time.time(),
            "score": score,
            "previous": before,
            "because": [{"points": points, "event_id": event["id"], "occurred_at": event["occurred_at"]}],
        }
    )
    output, changelog = topics
    producer.produce(output, value, key, partition)
    producer.produce(changelog, orjson.dumps([score, event["id"], message.offset()]), key, partition)
    producer.poll(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
