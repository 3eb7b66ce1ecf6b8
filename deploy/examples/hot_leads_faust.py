"""Prints a line for each hot lead: Faust. Needs `pip install faust-streaming`; run it with `worker --without-web`."""

import os
import sys
import traceback
from pathlib import Path

import faust

BOOTSTRAP = os.environ.get("STREAMPROCESSOR_BOOTSTRAP", "127.0.0.1:9092")
PREFIX = os.environ.get("STREAMPROCESSOR_TOPIC_PREFIX", "")
SEEN = Path("hot-leads-seen.txt")

app = faust.App(f"{PREFIX}hot-leads-faust", broker=[f"kafka://{address}" for address in BOOTSTRAP.split(",")])
hot_leads = app.topic(f"{PREFIX}became-hot-lead", key_type=bytes, key_serializer="raw", value_serializer="json")
seen = set(SEEN.read_text().split("\n")) if SEEN.exists() else set()


def react(lead: dict) -> None:
    reasons = ", ".join(f"{part.get('rule') or part['group']} {part['points']:+.0f}" for part in lead["because"])
    print(f"{lead['contact_id']} became {lead['stage']} ({lead['score']}): {reasons}", file=sys.__stdout__, flush=True)


@app.agent(hot_leads)
async def on_hot_lead(stream: faust.Stream) -> None:
    async for event in stream.events():
        ce_id = event.headers["ce_id"].decode()
        if ce_id not in seen:
            try:
                react(event.value)
            except Exception:  # Faust would go on with the next lead and leave this one out
                traceback.print_exc()
                os._exit(1)
            with SEEN.open("a") as file:  # after reacting: a crash between the two reacts twice, never not at all
                file.write(f"{ce_id}\n")
            seen.add(ce_id)


if __name__ == "__main__":
    app.main()
