"""Prints a line for each hot lead: confluent-kafka. Needs `pip install confluent-kafka`."""

import json
import os
from pathlib import Path

from confluent_kafka import Consumer, KafkaException

PREFIX = os.environ.get("STREAMPROCESSOR_TOPIC_PREFIX", "")
SEEN = Path("hot-leads-seen.txt")


def react(lead: dict) -> None:
    reasons = ", ".join(f"{part.get('rule') or part['group']} {part['points']:+.0f}" for part in lead["because"])
    print(f"{lead['contact_id']} became {lead['stage']} ({lead['score']}): {reasons}", flush=True)


seen = set(SEEN.read_text().split("\n")) if SEEN.exists() else set()
consumer = Consumer(
    {
        "bootstrap.servers": os.environ.get("STREAMPROCESSOR_BOOTSTRAP", "127.0.0.1:9092"),
        "group.id": f"{PREFIX}hot-leads-confluent",
        "auto.offset.reset": "earliest",  # at the very first start: all leads that are kept
        "enable.auto.commit": False,
    }
)
consumer.subscribe([f"{PREFIX}became-hot-lead"])
while True:
    message = consumer.poll(1.0)
    if message is None:
        continue
    if message.error():
        raise KafkaException(message.error())
    ce_id = dict(message.headers())["ce_id"].decode()
    if ce_id not in seen:
        react(json.loads(message.value()))
        seen.add(ce_id)
        with SEEN.open("a") as file:  # after reacting: a crash between the two reacts twice, never not at all
            file.write(f"{ce_id}\n")
    consumer.commit(message)
