"""Delivery and Kafka killed under load: each announcement arrives, under one id, in order per contact.

Which behaviour of a receiver, and which fault of ours, is shown where; each in real time by a real process and, where a
second place is named, over hours of injected time, too:

| it                              | test_delivery.py                         | test_outlet.py, test_fault_laws.py      |
|---------------------------------|------------------------------------------|-----------------------------------------|
| fails, closes half-way          | a_receiver_that_fails                    | whatever_a_receiver_does                |
| hangs, redirects                | a_receiver_that_hangs                    | whatever_a_receiver_does                |
| answers 410                     | a_receiver_that_is_gone                  | an_endpoint_that_is_gone; whatever      |
| answers 429 or 503, Retry-After | retry_after_is_honoured                  | asks_for_time; whatever                 |
| is down for ten minutes         |                                          | down_for_ten_minutes                    |
| refuses one contact for days    |                                          | holds_up_no_other, after_75_hours       |
| never ends its answer           | test_sender.py: an_endless_answer        |                                         |
| delivery is killed, again       | here: though_delivery_is_killed          | whatever_a_receiver_does: kills between |
| Kafka is killed                 | here: a_kafka_that_is_away               |                                         |
| the database hangs, fails       | test_readiness.py, test_store.py         |                                         |
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Callable
from functools import partial
from operator import lt
from pathlib import Path

import pytest
from aiohttp import web

from streamprocessor.kafka.embedded.embedded import EmbeddedKafka
from streamprocessor.settings import Settings
from tests.delivery.conftest import MakeDelivery
from tests.delivery.leads import Lead, announce
from tests.delivery.receivers import Received, Receiver, close_half_way, hang, status
from tests.delivery.test_delivery import subscription
from tests.harness.deliveries import DeliveryProcess
from tests.harness.system import System, until

pytestmark = pytest.mark.kafka

KILLS = int(os.environ.get("FAULT_DELIVERY_KILLS", "3"))
CONTACTS, EPISODES, AT_ONCE = 25, 40, 50


async def test_each_announcement_arrives_under_one_id_and_in_order_though_delivery_is_killed(
    system: System, delivery: MakeDelivery, receiver: Receiver
) -> None:
    await system.create()
    process = await delivery(subscription(receiver), delivery_timeout_seconds=2.0).ready()
    chance, refused = random.Random(7), set()
    refusals = [status(500), close_half_way, hang, status(429, retry_after="1"), status(503)]

    async def answer(request: web.Request, received: Received) -> web.StreamResponse:
        await asyncio.sleep(chance.random() * 0.02)
        if chance.random() < 0.01 and received.id not in refused:  # a third try comes after five minutes only
            refused.add(received.id)
            return await chance.choice(refusals)(request, received)
        return await receiver.take(request, received)

    receiver.answer = answer
    leads = [
        Lead(f"c-{contact}", episode, int(time.time() * 1000))
        for episode in range(1, EPISODES + 1)
        for contact in range(CONTACTS)
    ]

    async def load() -> None:
        for start in range(0, len(leads), AT_ONCE):
            await announce(system, leads[start : start + AT_ONCE])
            await asyncio.sleep(0.1)  # the load's own pace

    loading = asyncio.ensure_future(load())
    for kill in range(KILLS):
        target = len(leads) * (kill + 1) // (KILLS + 3)
        await until(lambda: len(receiver.taken), partial(lt, target), 60, f"traffic\n{process.tail()}", 0.01)
        process.kill()
        await process.start().ready()
    await loading

    wanted = {f"inc:{lead.contact_id}:engagement:{lead.episode}/crm" for lead in leads}
    # What failed comes after 5 s, one after the other for each contact.
    await until(lambda: wanted - {r.id for r in receiver.taken}, lambda left: not left, 120, f"all\n{process.tail()}")
    assert {received.id for received in receiver.taken} == wanted
    for contact in range(CONTACTS):
        mine = [r for r in receiver.taken if r.content["subject"] == f"c-{contact}"]
        first = list(dict.fromkeys(r.id for r in mine))
        assert first == [f"inc:c-{contact}:engagement:{episode}/crm" for episode in range(1, EPISODES + 1)]
        bodies: dict[str, bytes] = {}
        assert all(bodies.setdefault(r.id, r.body) == r.body for r in mine)
    assert process.stop() == 0


async def test_a_kafka_that_is_away_for_a_while_costs_nothing_and_what_is_queued_goes_on(
    own_kafka: Callable[[], EmbeddedKafka], tmp_path: Path, receiver: Receiver
) -> None:
    broker = own_kafka()
    system = System(Settings(bootstrap=broker.bootstrap, partitions=2, request_timeout_seconds=5.0))
    await system.create()
    # The template calls contacts by their names, so that their changelog is followed, too.
    text = subscription(receiver, "template: lead")
    process = await DeliveryProcess(system.settings, tmp_path, text).start().ready()
    try:
        receiver.answer = status(500)
        await announce(system, [Lead("jane", 1, int(time.time() * 1000))])
        await until(lambda: receiver.got, bool, 15, f"the first try\n{process.tail()}", 0.02)

        await asyncio.to_thread(broker.kill)
        receiver.answer = receiver.take
        await until(lambda: receiver.taken, bool, 15, f"jane's, without Kafka\n{process.tail()}", 0.02)
        said = await until(process.readiness, lambda answer: answer.status_code == 503, 20, "Kafka missed")
        assert "Kafka: 4 of 4 partitions have not been read" in said.text
        await asyncio.to_thread(broker.start)
        await process.ready()

        await announce(system, [Lead("joe", 1, int(time.time() * 1000))])
        await until(lambda: len(receiver.taken), lambda n: n == 2, 30, f"joe's\n{process.tail()}", 0.02)
        assert process.stop() == 0
    finally:
        process.discard()
