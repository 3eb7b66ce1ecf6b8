"""The inbox with every process of the system, on real Kafka: from a form to a call, though delivery is killed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from operator import lt
from pathlib import Path
from typing import Any

import httpx
import pytest

from streamprocessor.contract.topic_names import ACTIVITIES
from tests.delivery.conftest import MakeDelivery
from tests.delivery.contacts_changelog import write_contacts
from tests.delivery.leads import Lead, announce
from tests.delivery.receivers import Receiver
from tests.harness.apis import ALL, ApiProcess, bearer
from tests.harness.fixtures import MakeWorker
from tests.harness.system import Sent, System, until

pytestmark = pytest.mark.kafka

MODEL = """
scores:
  engagement:
    rules: [{id: contact-us, on: form_submission, points: 25}]
    stages: {cold: 0, hot: 41}
  sales:
    rules: [{id: accepted, on: lead_accepted, points: 7}]
hot_lead: {score: engagement, stage: hot}
"""
LEADS, KILLS = 40, 2


@pytest.fixture
def inbox_file(tmp_path: Path, receiver: Receiver) -> str:
    """Olga and Chris take turns, Austria is Olga's."""
    file = tmp_path / "inbox.yaml"
    file.write_text(
        f"""
people:
  ops: {{name: Olga Petrov, webhook: "{receiver.url}", secrets: [env:HOOK_SECRET]}}
  crm: {{name: Chris Moll, webhook: "{receiver.url}"}}
owners:
  - {{attributes: [{{attribute: country, equals: AT}}], owner: ops}}
  - {{owner: [crm, ops]}}
due: {{business_time: 24h}}
alerts: {{most_an_hour: 1000}}
"""
    )
    return str(file)


@pytest.fixture
def api(system: System, tmp_path: Path, inbox_file: str) -> Iterator[ApiProcess]:
    """An api beside the delivery; it starts with the test."""
    process = ApiProcess(system.settings, tmp_path, inbox=inbox_file)
    yield process
    process.discard()


def known(contact: str, **attributes: str) -> Sent:
    return Sent("contact-updates", contact.encode(), {"update": "attributes", "attributes": attributes})


def hot(contact: str) -> list[Sent]:
    forms = [{"id": f"{contact}-{number}", "properties": {"form": f"{number}"}} for number in range(2)]
    return [Sent("form-submissions", contact.encode(), form) for form in forms]


async def test_a_hot_lead_is_assigned_told_accepted_and_scored_and_a_new_read_model_shows_the_same(
    system: System,
    worker: MakeWorker,
    delivery: MakeDelivery,
    receiver: Receiver,
    api: ApiProcess,
    inbox_file: str,
    tmp_path: Path,
) -> None:
    model = tmp_path / "model.yaml"
    model.write_text(MODEL)
    await system.create(model)
    worker("blue")
    process = delivery("subscriptions: {}", inbox=inbox_file)
    api.start()
    await process.ready()
    await system.send([known("jane", name="Jane Roe", country="at"), known("joe", name="Joe Doe", country="DE")])
    await system.until_applied()  # topics are not read in step, and an owner is found by what is known by then
    await system.send([*hot("jane"), *hot("joe")])
    await until(lambda: len(receiver.taken), partial(lt, 1), 60, f"two alerts\n{process.tail()}", 0.05)
    told = {each.content["lead"]["name"]: each.content["owner"] for each in receiver.taken}
    assert told == {"Jane Roe": "ops", "Joe Doe": "crm"}
    process.kill()

    await api.ready()
    page = await until(lambda: api.get("/api/inbox"), lambda page: page["counts"]["mine"] == 1, 20, "Olga's lead")
    assert {lead["display_name"]: lead["owner"] for lead in page["leads"]} == told
    jane = next(lead for lead in page["leads"] if lead["contact_id"] == "jane")
    async with httpx.AsyncClient(base_url=api.address, headers=bearer(ALL), timeout=20) as client:
        answers = [await client.post(f"/api/inbox/{jane['id']}/acts", json={"act": "accepted"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]

    await process.start().ready()
    shown = await until(lambda: both_lists(api), lambda lists: len(lists[1]) == 1, 20, "an accepted lead")
    score = await until(lambda: score_of(api), lambda score: score == 7, 20, "a scored acceptance")
    assert score == 7, "the same twice is once"
    assert api.stop() == 0
    for file in tmp_path.glob("*.read-model.sqlite*"):
        file.unlink()
    await api.start().ready()
    assert await until(lambda: both_lists(api), lambda lists: lists == shown, 20, "the same as before") == shown
    acts = [each["type"] for each in await system.values(ACTIVITIES)]
    assert sorted(set(acts)) == ["lead_accepted", "lead_assigned"]
    assert len({each.id for each in receiver.taken}) == 2
    async with httpx.AsyncClient(timeout=20) as client:
        metrics = [(await client.get(f"{each.address}/metrics")).text for each in (process, api)]
    said = [process.tail(), api.tail(), *metrics]
    assert not [text for text in said if "Jane" in text or "jane" in text], "names and ids are told to people alone"


def both_lists(api: ApiProcess) -> list[Any]:
    return [api.get("/api/inbox")["leads"], api.get("/api/inbox", state="closed")["leads"]]


def score_of(api: ApiProcess) -> Any:
    return api.get("/api/contacts/jane")["scores"]["sales"]["score"]


async def test_each_lead_has_one_owner_who_is_told_once_though_delivery_is_killed(
    system: System, delivery: MakeDelivery, receiver: Receiver, inbox_file: str
) -> None:
    await system.create()
    process = await delivery("subscriptions: {}", inbox=inbox_file).ready()
    now_ms = int(time.time() * 1000)
    leads = [Lead(f"c-{number}", 1, now_ms + number) for number in range(LEADS)]
    await write_contacts(system, **{lead.contact_id: {} for lead in leads})
    await announce(system, [Lead("erased meanwhile", 1, now_ms)])
    for kill in range(KILLS):
        await announce(system, leads[kill * LEADS // KILLS : (kill + 1) * LEADS // KILLS])
        target = kill * LEADS // KILLS
        await until(lambda: len(receiver.taken), partial(lt, target), 60, f"alerts\n{process.tail()}", 0.01)
        process.kill()
        await process.start().ready()

    wanted = {lead.contact_id for lead in leads}
    await until(lambda: told_of(receiver), lambda told: told == wanted, 60, f"all alerts\n{process.tail()}", 0.05)
    assert process.stop() == 0
    ids: dict[str, bytes] = {}
    assert all(ids.setdefault(each.id, each.body) == each.body for each in receiver.taken)
    assert len(ids) == LEADS
    acts = {each["id"]: each["properties"]["to"] for each in await system.values(ACTIVITIES)}
    assert len(acts) == LEADS
    assert abs(list(acts.values()).count("ops") - LEADS // 2) <= 1, "they take turns"


def told_of(receiver: Receiver) -> set[str]:
    return {each.content["lead"]["contact_id"] for each in receiver.taken}
