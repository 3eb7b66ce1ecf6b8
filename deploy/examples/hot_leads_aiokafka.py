"""Prints a line for each hot lead: aiokafka. Needs `pip install aiokafka`."""

import asyncio
import json
import os
from pathlib import Path

from aiokafka import AIOKafkaConsumer

PREFIX = os.environ.get("STREAMPROCESSOR_TOPIC_PREFIX", "")
SEEN = Path("hot-leads-seen.txt")


def react(lead: dict) -> None:
    reasons = ", ".join(f"{part.get('rule') or part['group']} {part['points']:+.0f}" for part in lead["because"])
    print(f"{lead['contact_id']} became {lead['stage']} ({lead['score']}): {reasons}", flush=True)


async def main() -> None:
    seen = set(SEEN.read_text().split("\n")) if SEEN.exists() else set()
    consumer = AIOKafkaConsumer(
        f"{PREFIX}became-hot-lead",
        bootstrap_servers=os.environ.get("STREAMPROCESSOR_BOOTSTRAP", "127.0.0.1:9092"),
        group_id=f"{PREFIX}hot-leads-aiokafka",
        auto_offset_reset="earliest",  # at the very first start: all leads that are kept
        enable_auto_commit=False,
    )
    async with consumer:
        async for message in consumer:
            ce_id = dict(message.headers)["ce_id"].decode()
            if ce_id not in seen:
                react(json.loads(message.value))
                seen.add(ce_id)
                with SEEN.open("a") as file:  # after reacting: a crash between the two reacts twice, never not at all
                    file.write(f"{ce_id}\n")
            await consumer.commit()


asyncio.run(main())
