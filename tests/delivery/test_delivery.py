"""The whole delivery as a process, on real Kafka, to a real HTTP server."""

from __future__ import annotations

import time

import pytest
from cloudevents.http import from_http
from standardwebhooks import Webhook

from tests.delivery.conftest import MakeDelivery
from tests.delivery.leads import Lead, announce
from tests.delivery.processes import SECRET
from tests.delivery.receivers import Receiver
from tests.harness.system import System, until

pytestmark = pytest.mark.kafka


def now_ms() -> int:
    return int(time.time() * 1000)


def subscription(receiver: Receiver, more: str = "") -> str:
    return f"""
subscriptions:
  crm:
    url: {receiver.url}
    events: [became-hot-lead]
    secrets: [env:HOOK_SECRET]
    {more}
"""


async def test_a_hot_lead_reaches_its_receiver_signed_as_a_cloud_event(
    system: System, delivery: MakeDelivery, receiver: Receiver
) -> None:
    await system.create()
    process = await delivery(subscription(receiver)).ready()

    await announce(system, [Lead("jane", 1, now_ms())])
    await until(lambda: receiver.taken, bool, 15, f"a webhook\n{process.tail()}", every_seconds=0.02)

    [received] = receiver.taken
    Webhook(SECRET).verify(received.body, received.headers)
    event = from_http(received.headers, received.body)
    assert (event["id"], event["type"]) == ("inc:jane:engagement:1", "lead.became-hot.v1")
    assert event.data["score"] == 41
    assert received.id == "inc:jane:engagement:1/crm"
    await until(
        lambda: process.metric('leadscore_webhook_deliveries_total{result="delivered"}'), lambda n: n == 1, 5, "counted"
    )
    assert process.stop() == 0
    assert "jane" not in process.log.read_text()
