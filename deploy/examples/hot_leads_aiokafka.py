"""Prints a line for each hot lead: aiokafka. Needs `pip install aiokafka`."""

import asyncio
import json
import os
import signal
from pathlib import Path

from aiokafka import AIOKafkaConsumer

BOOTSTRAP = os.environ.get("STREAMPROCESSOR_BOOTSTRAP", "127.0.0.1:9092")
PREFIX = os.environ.get("STREAMPROCESSOR_TOPIC_PREFIX", "")
SEEN = Path("hot-leads-seen.txt")


def react(lead: dict) -> None:
    reasons = ", ".join(f"{part.get('rule') or part['group']} {part['points']:+.0f}" for part in lead["because"])
    print(f"{lead['contact_id']} became {lead['stage']} ({lead['score']}): {reasons}", flush=True)


async def main() -> None:
    seen = set(SEEN.read_text().split("\n")) if SEEN.exists() else set()
    # At the very first start: all leads that are kept. Committed is what was reacted to.
    settings = {"auto_offset_reset": "earliest", "enable_auto_commit": False, "group_id": f"{PREFIX}hot-leads-aiokafka"}
    consumer = AIOKafkaConsumer(f"{PREFIX}became-hot-lead", bootstrap_servers=BOOTSTRAP, **settings)
    for number in (signal.SIGINT, signal.SIGTERM):  # leaves the group, so that the next start need not wait
        asyncio.get_running_loop().add_signal_handler(number, lambda: asyncio.ensure_future(consumer.stop()))
    async with consumer:
        async for message in consumer:
            ce_id = dict(message.headers)["ce_id"].decode()
            if ce_id not in seen:
                react(json.loads(message.value))
                with SEEN.open("a") as file:  # after reacting: a crash between the two reacts twice, never not at all
                    file.write(f"{ce_id}\n")
                seen.add(ce_id)
            await consumer.commit()


asyncio.run(main())
