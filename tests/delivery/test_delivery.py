"""The whole delivery as a process, on real Kafka, to a real HTTP server."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web
from cloudevents.http import from_http
from standardwebhooks import Webhook

from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.kafka.admin.reconcile import end_offsets
from tests.delivery.conftest import MakeDelivery
from tests.delivery.leads import Lead, announce
from tests.delivery.receivers import Received, Receiver, close_half_way, hang, status
from tests.harness.deliveries import SECRET, DeliveryProcess
from tests.harness.system import Sent, System, until
from tests.harness.workers import WorkerProcess

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
    assert process.metric("leadscore_data_folder_free_bytes") > 0
    assert process.stop() == 0
    assert "jane" not in process.log.read_text()


async def test_a_delivery_whose_database_was_lost_posts_again_what_was_announced_since_an_instant(
    system: System, delivery: MakeDelivery, receiver: Receiver, tmp_path: Path
) -> None:
    await system.create()
    process = await delivery(subscription(receiver)).ready()
    began_ms = now_ms()
    await announce(system, [Lead("jane", 1, began_ms), Lead("joe", 1, began_ms)])
    await until(lambda: len(receiver.taken), lambda count: count == 2, 15, f"both\n{process.tail()}")
    assert process.stop() == 0
    lost = list((tmp_path / "delivery").glob("*delivery.sqlite*"))
    assert lost
    for file in lost:
        file.unlink()
    await announce(system, [Lead("june", 1, now_ms())])

    process = await delivery(subscription(receiver), delivery_since=format_rfc3339(began_ms - 1_000)).ready()

    await until(lambda: len(receiver.taken), lambda count: count == 5, 15, f"all again\n{process.tail()}")
    assert sorted(received.id for received in receiver.taken[2:]) == [
        f"inc:{contact}:engagement:1/crm" for contact in ("jane", "joe", "june")
    ]


async def test_a_receiver_that_fails_gets_the_same_webhook_again_and_other_contacts_go_on(
    system: System, delivery: MakeDelivery, receiver: Receiver
) -> None:
    await system.create()
    process = await delivery(subscription(receiver)).ready()
    failures = {"inc:jane:engagement:1/crm": [status(500), close_half_way]}

    async def answer(request: web.Request, received: Received) -> web.StreamResponse:
        left = failures.get(received.id)
        return await (left.pop(0) if left else receiver.take)(request, received)

    receiver.answer = answer
    leads = [Lead(contact, episode, now_ms()) for episode in (1, 2, 3) for contact in ("jane", "joe")]
    await announce(system, leads)
    await until(lambda: len(receiver.taken), lambda n: n == 3, 15, f"joe's\n{process.tail()}", every_seconds=0.02)
    assert [received.id for received in receiver.taken] == [f"inc:joe:engagement:{n}/crm" for n in (1, 2, 3)]

    await until(lambda: len(receiver.got), lambda n: n == 5, 15, f"jane's second try\n{process.tail()}")
    first, second = (received for received in receiver.got if received.id == "inc:jane:engagement:1/crm")
    assert first.body == second.body
    assert second.at_seconds - first.at_seconds > 4.9
    assert int(second.headers["webhook-timestamp"]) > int(first.headers["webhook-timestamp"])
    Webhook(SECRET).verify(second.body, second.headers)
    assert process.metric('leadscore_webhook_deliveries_total{result="failed"}') >= 1


async def test_retry_after_is_honoured_for_all_contacts(
    system: System, delivery: MakeDelivery, receiver: Receiver
) -> None:
    await system.create()
    process = await delivery(subscription(receiver)).ready()
    receiver.answer = status(429, retry_after="3")
    await announce(system, [Lead("jane", 1, now_ms())])
    await until(lambda: receiver.got, bool, 15, f"the first try\n{process.tail()}", every_seconds=0.02)

    receiver.answer = receiver.take
    await announce(system, [Lead("joe", 1, now_ms())])
    await until(lambda: len(receiver.taken), lambda n: n == 2, 20, f"both\n{process.tail()}", every_seconds=0.02)
    asked = receiver.got[0].at_seconds
    assert {received.content["subject"] for received in receiver.taken} == {"jane", "joe"}
    assert all(received.at_seconds - asked >= 2.9 for received in receiver.taken)


async def test_a_receiver_that_is_gone_gets_nothing_more_until_it_is_enabled_and_then_what_was_kept(
    system: System, delivery: MakeDelivery, receiver: Receiver
) -> None:
    await system.create()
    process = await delivery(subscription(receiver)).ready()
    receiver.answer = status(410)
    await announce(system, [Lead("jane", episode, now_ms()) for episode in (1, 2)])

    def kept() -> list[dict[str, str]]:
        found: list[dict[str, str]] = process.ask("GET", "/api/undeliverable").json()["undeliverable"]
        return found

    await until(kept, lambda rows: len(rows) == 2, 15, f"given up\n{process.tail()}")
    assert process.ask("GET", "/api/subscriptions").json()["subscriptions"][0]["state"] == "disabled"
    process.kill()
    receiver.answer = receiver.take
    await process.start().ready()
    await announce(system, [Lead("joe", 1, now_ms())])
    await system_has_been_read(process, system)
    assert len(receiver.got) == 1

    assert process.ask("POST", "/api/subscriptions/crm/enable").status_code == 200
    assert process.ask("POST", "/api/subscriptions/crm/resend").json() == {"sent_again": 2}
    await until(lambda: len(receiver.taken), lambda n: n == 2, 15, f"sent again\n{process.tail()}")
    assert [received.id for received in receiver.taken] == [f"inc:jane:engagement:{n}/crm" for n in (1, 2)]
    assert kept() == []


async def test_a_receiver_that_hangs_is_given_up_on_in_time_and_one_that_redirects_is_not_followed(
    system: System, delivery: MakeDelivery, receiver: Receiver
) -> None:
    await system.create()
    process = await delivery(subscription(receiver), delivery_timeout_seconds=1.0).ready()
    answers = [hang, status(307, location=f"http://127.0.0.1:{receiver.port}/elsewhere")]

    async def answer(request: web.Request, received: Received) -> web.StreamResponse:
        assert request.path == "/hook"
        return await answers.pop(0)(request, received)

    receiver.answer = answer
    await announce(system, [Lead("jane", 1, now_ms())])
    failed = 'leadscore_webhook_deliveries_total{result="failed"}'
    await until(lambda: process.metric(failed), lambda n: n == 2, 25, f"two failures\n{process.tail()}")
    assert len(receiver.got) == 2


async def test_a_test_ping_goes_the_usual_way_and_its_api_lets_nobody_in_without_the_token(
    system: System, delivery: MakeDelivery, receiver: Receiver
) -> None:
    await system.create()
    process = await delivery(subscription(receiver, "template: slack")).ready()

    webhook_id = process.ask("POST", "/api/subscriptions/crm/ping").json()["webhook_id"]
    await until(lambda: receiver.taken, bool, 15, f"the ping\n{process.tail()}", every_seconds=0.02)
    assert receiver.taken[0].id == webhook_id
    assert "ping became a hot lead" in receiver.taken[0].content["text"]

    assert process.ask("POST", "/api/subscriptions/nobody/ping").status_code == 404
    assert process.ask("POST", "/api/subscriptions/crm/resend", content=b"[]").status_code == 400
    for token in ({}, {"authorization": "Bearer x"}):
        for method, path in (("GET", "subscriptions"), ("GET", "undeliverable"), ("POST", "subscriptions/crm/ping")):
            assert process.ask(method, f"/api/{path}", token=token).status_code == 401


async def test_a_subscription_of_the_topic_comes_changes_and_goes_without_a_restart_whatever_else_lies_there(
    system: System, delivery: MakeDelivery, receiver: Receiver, tmp_path: Path
) -> None:
    await system.create()

    async def tell(name: bytes, value: bytes | None, topic: str = "subscriptions") -> None:
        async with system.producer() as producer:
            await producer.send_and_wait(system.full[topic], value, key=name, partition=0)

    secrets = tmp_path / "delivery" / "secrets"
    secrets.mkdir(parents=True)
    os.mkfifo(secrets / "pipe")
    unsigned = b'{"url": "https://a.example", "events": ["became-hot-lead"], "signed": false%s}'
    poison = {
        "poison-bytes": b"\xff\0",
        "poison-pipe": unsigned.replace(b"https://a.example", b"file:pipe") % b"",
        "poison-template": unsigned % b', "template": "cloudevents\\u0000"',
    }
    for name, value in poison.items():
        await tell(name.encode(), value)
    await tell(b"default", b"no model", topic="models")
    refused_from_the_start = dict.fromkeys(poison, ("topic", "refused"))
    process = await delivery(subscription(receiver).replace("crm", "crm-of-the-file")).ready()

    def states() -> dict[str, tuple[str, str]]:
        rows = process.ask("GET", "/api/subscriptions").json()["subscriptions"]
        return {row["name"]: (row["source"], row["state"]) for row in rows}

    told = f'{{"url": "{receiver.url}/told", "events": ["became-hot-lead"], "secrets": ["env:HOOK_SECRET"]}}'
    await tell(b"bad", b'{"url": "http://10.0.0.1/", "events": ["became-hot-lead"], "signed": false}')
    await tell(b"told", told.encode())
    in_force = {"bad": ("topic", "refused"), "crm-of-the-file": ("file", "well"), "told": ("topic", "well")}
    in_force |= refused_from_the_start
    assert "regular file" in process.ask("GET", "/api/subscriptions/poison-pipe").json()["refused"]
    await until(states, lambda found: found == in_force, 15, f"in force\n{process.tail()}")
    assert "wanted https" in process.ask("GET", "/api/subscriptions/bad").json()["refused"]
    await announce(system, [Lead("jane", 1, now_ms())])
    await until(lambda: len(receiver.taken), lambda n: n == 2, 15, f"to both\n{process.tail()}", every_seconds=0.02)
    await until(
        lambda: process.ask("GET", "/api/subscriptions/told").json()["recent"],
        lambda rows: (
            [(row["webhook_id"], row["state"]) for row in rows] == [("inc:jane:engagement:1/told", "delivered")]
        ),
        15,
        "shown",
    )
    await tell(b"told", None)
    await tell(b"bad", None)
    in_force = {"crm-of-the-file": ("file", "well")} | refused_from_the_start
    await until(states, lambda found: found == in_force, 15, f"ended\n{process.tail()}")
    assert process.ask("GET", "/api/subscriptions/told").status_code == 404
    assert "10.0.0.1" not in process.log.read_text()


async def test_an_erased_contacts_deliveries_are_not_sent_any_more(
    system: System, delivery: MakeDelivery, receiver: Receiver
) -> None:
    await system.create()
    process = await delivery(subscription(receiver)).ready()
    receiver.answer = status(500)
    await announce(system, [Lead("jane", 1, now_ms()), Lead("joe", 1, now_ms())])
    await until(lambda: len(receiver.got), lambda n: n == 2, 15, "first tries", every_seconds=0.02)
    async with system.producer() as producer:
        await producer.send_and_wait(system.full["score-updated"], None, key=b"jane")
    await system_has_been_read(process, system)

    receiver.answer = receiver.take
    await until(lambda: receiver.taken, bool, 15, f"joe's\n{process.tail()}")
    assert [received.content["subject"] for received in receiver.taken] == ["joe"]
    database = next((process.file.parent / "delivery").glob("*.sqlite"))
    with sqlite3.connect(database) as opened:
        assert opened.execute("select distinct contact_id from deliveries").fetchall() == [("joe",)]


async def system_has_been_read(process: DeliveryProcess, system: System) -> None:
    """Return when delivery's database says that all announcements so far were read."""
    ends = await end_offsets(system.clients, [system.full["became-hot-lead"], system.full["score-updated"]])
    [database] = (process.file.parent / "delivery").glob("*.sqlite")

    def read_to() -> dict[tuple[str, int], int]:
        with sqlite3.connect(database) as opened:
            return {(topic, number): offset for topic, number, offset in opened.execute("select * from positions")}

    await until(read_to, lambda found: found == ends, 15, "all announcements read")


async def test_from_events_to_a_webhook_with_a_real_worker_between(
    system: System, worker: Callable[..., WorkerProcess], delivery: MakeDelivery, receiver: Receiver
) -> None:
    await system.create()
    process = delivery(
        f"""
words: {{pricing: pricing page, contact-us: contact form}}
subscriptions:
  sales: {{url: "{receiver.url}/lead", events: [became-hot-lead], template: lead, secrets: [env:HOOK_SECRET]}}
  board:
    url: {receiver.url}/board
    events: [score-updated]
    when: {{score: engagement, from: cold}}
    template: flat
    signed: false
"""
    )
    await worker().ready()
    await process.ready()
    await system.send(
        [
            Sent("page-visits", b"jane", {"id": "v1", "properties": {"path": "/pricing"}}),
            Sent("page-visits", b"jane", {"id": "v2", "properties": {"path": "/pricing/a"}}),
            Sent("form-submissions", b"jane", {"id": "f", "properties": {"form": "contact"}}),
        ]
    )
    await until(lambda: len(receiver.taken), lambda n: n == 2, 30, f"webhooks\n{process.tail()}", every_seconds=0.02)
    lead, update = sorted(receiver.taken, key=lambda received: received.content["type"], reverse=True)
    assert lead.content["sentence"].startswith("jane became a hot lead (45): contact form, pricing page twice")
    assert update.content["sentence"].startswith("jane has engagement ")
    Webhook(SECRET).verify(lead.body, lead.headers)
    assert "webhook-signature" not in update.headers
