"""Prints a line for each hot lead: confluent-kafka. Needs `pip install confluent-kafka`."""

import json
import os
import signal
import sys
from pathlib import Path

from confluent_kafka import Consumer, KafkaException

BOOTSTRAP = os.environ.get("STREAMPROCESSOR_BOOTSTRAP", "127.0.0.1:9092")
PREFIX = os.environ.get("STREAMPROCESSOR_TOPIC_PREFIX", "")
SEEN = Path("hot-leads-seen.txt")


def react(lead: dict) -> None:
    reasons = ", ".join(f"{part.get('rule') or part['group']} {part['points']:+.0f}" for part in lead["because"])
    print(f"{lead['contact_id']} became {lead['stage']} ({lead['score']}): {reasons}", flush=True)


seen = set(SEEN.read_text().split("\n")) if SEEN.exists() else set()
starting = {"auto.offset.reset": "earliest", "enable.auto.commit": False}
consumer = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": f"{PREFIX}hot-leads-confluent", **starting})
consumer.subscribe([f"{PREFIX}became-hot-lead"])
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
try:
    while True:
        if (message := consumer.poll(1.0)) is None:
            continue
        if error := message.error():
            raise KafkaException(error)
        ce_id = dict(message.headers())["ce_id"].decode()
        if ce_id not in seen:
            react(json.loads(message.value()))
            with SEEN.open("a") as file:  # after reacting: a crash between the two reacts twice, never not at all
                file.write(f"{ce_id}\n")
            seen.add(ce_id)
        consumer.commit(message)
finally:
    consumer.close()  # leaves the group, so that the next start need not wait
