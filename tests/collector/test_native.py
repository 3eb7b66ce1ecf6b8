"""The native format against a real collector and a real Kafka."""

from __future__ import annotations

import httpx
import orjson
import pytest

from tests.harness.collectors import KEY, CollectorProcess
from tests.harness.system import System

pytestmark = pytest.mark.kafka

AUTHORIZED = {"authorization": f"Bearer {KEY}"}


def post(collector: CollectorProcess, body: object, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return httpx.post(f"{collector.address}/v1/events", content=content, headers=AUTHORIZED | headers, timeout=10)


async def found(system: System, contact: str) -> list[tuple[str, dict]]:
    """Topic and value of everything in the topics about a contact."""
    topics = [topic.name for topic in system.layout.topics if topic.direction == "in"]
    return [
        (topic, orjson.loads(record.value))
        for topic in topics
        for record in await system.read(topic)
        if record.key == contact.encode()
    ]


@pytest.mark.parametrize(
    ("event", "topic"),
    [
        ({"type": "email_open"}, "email-opens"),
        ({"type": "email_click"}, "email-clicks"),
        ({"type": "page_visit"}, "page-visits"),
        ({"type": "form_submission"}, "form-submissions"),
        ({"type": "download"}, "activities"),
        ({"update": "attributes", "attributes": {"plan": "pro"}}, "contact-updates"),
        ({"update": "suppressed", "suppressed": True}, "contact-updates"),
    ],
)
async def test_an_event_goes_to_the_topic_of_its_type(collector, system, event, topic):
    contact = f"type-{'-'.join(map(str, event.values()))[:20]}"

    answer = post(collector, event | {"contact_id": contact, "id": "e-1"})

    assert (answer.status_code, answer.json()) == (200, {"accepted": 1, "rejected": []})
    ((where, value),) = await found(system, contact)
    assert where == topic
    assert event.items() <= value.items()
    assert (value["id"], value["contact_id"]) == ("e-1", contact)
