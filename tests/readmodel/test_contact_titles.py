"""Whoever may read is told what contacts are called, by the model in force; nobody else is, and no log holds it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from prometheus_client import generate_latest

from streamprocessor.contract.display import Display
from streamprocessor.readmodel.endpoints.leads.hot_leads import hot_lead_shown
from streamprocessor.readmodel.store.rows import hot_lead_row
from streamprocessor.scoring.record.facts import AttributesWritten, Event
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from tests.harness.apis import ALL, READ_ONLY, bearer
from tests.readmodel.api_apps import NOW_MS, SCORER, ApiApp, store_records
from tests.readmodel.databases import opened_database

JANE = {"first_name": "Jane", "last_name": "Wu", "job_title": "CEO", "company": "Acme", "nick": "JW"}
DELIVERY = {
    "webhook_id": "w-1",
    "state": "waiting",
    "at": "2026-11-22T08:00:00.000Z",
    "attempts": 0,
    "reason": "",
    "next_attempt_at": None,
    "delivered_at": None,
}
TITLED = {"display_name": "Jane Wu", "subtitle": "CEO, Acme"}
UNTITLED: dict[str, Any] = {"display_name": None, "subtitle": None}
LISTS = (
    ("/api/contacts", ("contacts",)),
    ("/api/segments/everybody", ("page", "contacts")),
    ("/api/hot-leads", ("hot_leads",)),
    ("/api/subscriptions/crm/deliveries", ("recent",)),
)


def life_of(attributes: dict[str, Any]) -> Record:
    record = SCORER.blank()
    forms = [Event(f"e-{n}", "form_submission", NOW_MS, NOW_MS, {"form": "contact", "n": n}, {}) for n in range(2)]
    SCORER.apply_in_place(record, [AttributesWritten("u", NOW_MS, NOW_MS, attributes), *forms])
    return record


def hot_lead_of(contact_id: str) -> dict[str, Any]:
    said = {"contact_id": contact_id, "at": "2099-01-01T00:00:00.000Z", "score_name": "engagement", "episode": 1}
    return hot_lead_row(f"{contact_id}:1", orjson.dumps(said))


@pytest.fixture
def app(tmp_path: Path) -> Iterator[ApiApp]:
    """An api that knows Jane, and somebody of whom it only knows what was done."""
    with opened_database("", tmp_path / "read-model.sqlite") as engine:
        app = ApiApp(engine, tmp_path)
        leads = {contact_id: hot_lead_of(contact_id) for contact_id in ("jane", "c-7")}
        store_records(engine, {"jane": life_of(JANE), "c-7": life_of({"seats": 7})}, leads)
        recent = [DELIVERY | {"contact_id": contact_id} for contact_id in ("jane", "c-7", "erased")]
        of_old = [{**DELIVERY, "subscription": "crm", "given_up_at": DELIVERY["at"]}]
        state = {"name": "crm", "source": "topic", "events": [], "state": "well", "waiting": 0, "refused": None}
        app.delivery.answers["crm"] = state | {"recent": recent, "undeliverable": of_old}
        yield app


async def titles_in(app: ApiApp, path: str, words: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    shown = (await app.client(headers=bearer(READ_ONLY)).get(path)).json()
    for word in words:
        shown = shown[word]
    return {each["contact_id"]: {word: each[word] for word in UNTITLED} for each in shown}


async def streamed(app: ApiApp) -> dict[str, dict[str, Any]]:
    stream: Any = await app.context.hot_lead_streams.follow("0", lambda _: True, partial(hot_lead_shown, app.context))
    chunks = [await anext(stream) for _ in range(3)]
    await stream.aclose()
    told = [orjson.loads(chunk.decode().split("data: ")[1]) for chunk in chunks[1:]]
    return {lead["contact_id"]: {word: lead[word] for word in UNTITLED} for lead in told}


async def test_every_list_says_what_its_contacts_are_called(app: ApiApp) -> None:
    http = app.client(headers=bearer(ALL))
    assert (await http.put("/api/segments/everybody", json={})).status_code == 200
    for path, words in LISTS:
        titles = await titles_in(app, path, words)
        gone = {"erased": UNTITLED} if "deliveries" in path else {}
        assert titles == {"jane": TITLED, "c-7": UNTITLED} | gone, path
    assert await streamed(app) == {"jane": TITLED, "c-7": UNTITLED}
    exported = (await http.get("/api/segments/everybody/export", params={"format": "jsonl"})).text.splitlines()
    names = {each["contact_id"]: each["display_name"] for each in map(orjson.loads, exported)}
    assert names == {"jane": "Jane Wu", "c-7": None}
    file = (await http.get("/api/export", params={"columns": "attribute:company"})).text.splitlines()
    assert file == ["contact_id,display_name,company", "c-7,,", "jane,Jane Wu,Acme"]
    shown = (await http.get("/api/contacts/jane")).json()
    assert {word: shown[word] for word in UNTITLED} == TITLED


async def test_what_an_older_delivery_says_names_nobody(app: ApiApp) -> None:
    answer = (await app.client(headers=bearer(READ_ONLY)).get("/api/subscriptions/crm/deliveries")).json()
    (of_old,) = answer["undeliverable"]
    assert {word: of_old[word] for word in ("contact_id", *UNTITLED)} == {"contact_id": None} | UNTITLED


async def test_another_display_counts_at_once(app: ApiApp) -> None:
    display = Display(name=(("nick",),), subtitle=(("seats",), ("last_name",)))
    app.scorer = Scorer(replace(SCORER.model, display=display))
    wanted = {"jane": {"display_name": "JW", "subtitle": "Wu"}, "c-7": {"display_name": None, "subtitle": "7"}}
    assert await titles_in(app, *LISTS[0]) == wanted
    assert await streamed(app) == wanted


async def test_a_hot_lead_whose_contact_is_on_the_way_is_called_as_it_was_announced(app: ApiApp) -> None:
    said = {"contact_id": "new", "at": "2099-01-01T00:00:00.000Z", "display_name": "Kim", "attributes": {"name": "Kim"}}
    store_records(app.context.engine, {}, {"new:1": hot_lead_row("new:1", orjson.dumps(said))})
    stream: Any = await app.context.hot_lead_streams.follow("2", lambda _: True, partial(hot_lead_shown, app.context))
    await anext(stream)
    (told,) = [orjson.loads((await anext(stream)).decode().split("data: ")[1])]
    await stream.aclose()
    assert told == said | {"subtitle": None}


async def test_names_are_nobodys_who_may_not_read_and_stand_in_no_log(
    app: ApiApp, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    asked = [path for path, _ in LISTS] + ["/api/contacts/jane", "/api/contact?contact_id=jane"]
    for path in asked:
        for headers in ({}, bearer("no token of ours")):
            refused = await app.client(headers=headers).get(path)
            assert (refused.status_code, "Jane" in refused.text) == (401, False), path
        await app.client(headers=bearer(READ_ONLY)).get(path)
    noted = caplog.text + orjson.dumps(app.audited()).decode() + generate_latest(app.context.metrics.registry).decode()
    assert "leadscore_api" in noted
    assert all(word not in noted for word in ("Jane", "Wu", "Acme"))
