"""Each process works with exactly the rights that `topics acl` lists, by each way of logging in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from streamprocessor.contract.topics.roles import API, COLLECTOR, DELIVERY, WORKER
from tests.delivery.receivers import Receiver
from tests.harness.apis import ALL, ApiProcess, bearer
from tests.harness.collectors import KEY
from tests.harness.guarded_system import CERTIFICATE, MAPPED_CERTIFICATE, SCRAM, Door, GuardedSystem
from tests.harness.secured_kafka import SecuredKafka
from tests.harness.system import until

pytestmark = [pytest.mark.kafka, pytest.mark.ops]


@pytest.fixture(params=[SCRAM, CERTIFICATE, MAPPED_CERTIFICATE], ids=["scram", "certificate", "mapped-certificate"])
def guarded(
    request: pytest.FixtureRequest, secured: SecuredKafka, topic_prefix: str, tmp_path: Path
) -> Iterator[GuardedSystem]:
    door: Door = request.param
    found = GuardedSystem(secured, topic_prefix, tmp_path, door)
    found.grant_all()
    yield found
    found.discard()


async def test_an_event_becomes_a_score_a_webhook_and_an_answer(guarded: GuardedSystem, receiver: Receiver) -> None:
    await guarded.create()
    webhooks = (
        "subscriptions: {sales: {url: " + receiver.url + ", events: [score-updated], secrets: [env:HOOK_SECRET]}}"
    )
    collector = guarded.process(COLLECTOR).start()
    worker = guarded.process(WORKER).start()
    delivery = guarded.process(DELIVERY, subscriptions_text=webhooks).start()
    for process in (collector, worker, delivery):
        await process.ready(60)
    api = guarded.process(API, delivery_url=delivery.address, delivery_allowed_hosts="127.0.0.1").start()
    assert isinstance(api, ApiProcess)
    await api.ready(60)

    event = {"contact_id": "c-42", "type": "form_submission", "properties": {"form": "contact"}}
    async with httpx.AsyncClient(timeout=10) as client:
        answer = await client.post(f"{collector.address}/v1/events", json=event, headers=bearer(KEY))
    assert answer.status_code == 200, answer.text

    await until(lambda: len(receiver.taken), lambda count: count > 0, 30, "the webhook")
    assert receiver.taken[0].content["data"]["contact_id"] == "c-42"
    await until(lambda: api.ask("/api/contacts/c-42").status_code, lambda code: code == 200, 30, "the answer")

    second = {"url": receiver.url, "events": ["score-updated"], "signed": False}
    async with httpx.AsyncClient(timeout=20, headers=bearer(ALL)) as client:
        put = await client.put(f"{api.address}/api/subscriptions/second", json=second)
        assert put.status_code == 200, put.text
        erased = await client.delete(f"{api.address}/api/contacts/c-42")
        assert erased.status_code == 202, erased.text
    await until(lambda: api.ask("/api/contacts/c-42").status_code, lambda code: code == 404, 30, "the erasure")
    for process in (collector, worker, delivery, api):
        assert process.stop() == 0, process.tail()
        assert "Traceback" not in process.tail()
