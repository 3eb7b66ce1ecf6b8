"""Prints a line for each hot lead: Faust. Needs `pip install faust-streaming`; run with `python hot_leads_faust.py worker`.

The ids seen are a table: it follows its partition to whichever worker has it, and comes back from Kafka.
"""

import os

import faust

PREFIX = os.environ.get("STREAMPROCESSOR_TOPIC_PREFIX", "")

app = faust.App(
    f"{PREFIX}hot-leads-faust",
    broker="kafka://" + os.environ.get("STREAMPROCESSOR_BOOTSTRAP", "127.0.0.1:9092").replace(",", ";kafka://"),
    topic_partitions=int(os.environ.get("STREAMPROCESSOR_PARTITIONS", "12")),  # those of became-hot-lead
    web_enabled=False,
)
hot_leads = app.topic(f"{PREFIX}became-hot-lead", key_type=bytes, key_serializer="raw", value_serializer="json")
seen = app.Table("seen", key_type=str, value_type=bool, default=bool)


def react(lead: dict) -> None:
    reasons = ", ".join(f"{part.get('rule') or part['group']} {part['points']:+.0f}" for part in lead["because"])
    print(f"{lead['contact_id']} became {lead['stage']} ({lead['score']}): {reasons}", flush=True)


@app.agent(hot_leads)
async def on_hot_lead(stream: faust.Stream) -> None:
    async for event in stream.events():
        ce_id = event.headers["ce_id"].decode()
        if not seen[ce_id]:
            react(event.value)
            seen[ce_id] = True


if __name__ == "__main__":
    app.main()
