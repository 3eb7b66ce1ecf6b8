"""The search of the API: who may ask, what it answers, and that nothing that was typed is kept anywhere."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest
from sqlalchemy import Engine

from tests.harness.apis import ALL, READ_ONLY, bearer
from tests.readmodel.api_apps import ORIGIN, ApiApp
from tests.readmodel.databases import opened_database
from tests.readmodel.search.people import store_people

SEARCH = "/api/search"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with opened_database("", tmp_path / "read-model.sqlite") as engine:
        store_people(engine)
        yield engine


@pytest.fixture
def app(engine: Engine, tmp_path: Path) -> ApiApp:
    return ApiApp(engine, tmp_path)


async def test_a_reader_gets_names_with_what_stands_below_them(app: ApiApp) -> None:
    http = app.client(headers=bearer(READ_ONLY))

    answer = await http.post(SEARCH, json={"q": "ZOE", "limit": 1})

    assert (answer.status_code, answer.json()) == (
        200,
        {
            "contacts": [
                {
                    "contact_id": "C-7",
                    "display_name": "Zoë O'Brien-Ørsted",
                    "subtitle": "CEO, Müller & Söhne",
                    "matched": "name",
                }
            ]
        },
    )
    assert (await http.post(SEARCH, json={"q": "xqzxq"})).json() == {"contacts": []}


async def test_who_may_not_read_learns_nothing_and_what_was_typed_stands_nowhere(
    app: ApiApp, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    nobody, http = app.client(), app.client(headers=bearer(ALL))
    (await http.post(SEARCH, json={"q": "Smith"})).raise_for_status()

    refused = [
        await nobody.post(SEARCH, json={"q": "Smith"}),
        await nobody.post(SEARCH, json={"q": "Smith"}, headers=bearer("wrong")),
        await http.post(SEARCH, params={"q": "Smith"}, json={"q": "Smith"}),
        await http.post(SEARCH, json={"q": "Smith", "more": "Smith"}),
        await http.get(SEARCH, params={"q": "Smith"}),
    ]

    assert [answer.status_code for answer in refused] == [401, 401, 400, 400, 404]
    told = [answer.text for answer in refused] + [generate_latest(app.context.metrics.registry).decode()]
    told += [app.audit_file.read_text(), *(each.getMessage() for each in caplog.records if each.name != "httpx")]
    assert not [text for text in told if "smith" in text.lower()]
    assert app.audited()[0]["operation"] == "search_contacts"


async def test_a_page_of_another_site_searches_nothing_with_somebodys_cookie(app: ApiApp) -> None:
    http = app.client()
    token = (await http.post("/api/session", json={"token": ALL})).json()["csrf_token"]

    assert (await http.post(SEARCH, json={"q": "jane"})).status_code == 403
    own = {"origin": ORIGIN, "x-csrf-token": token}
    assert (await http.post(SEARCH, json={"q": "jane"}, headers=own)).status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"q": ""}, {"q": "a" * 201}, {"q": 1}, {"q": "a", "limit": 0}, {"q": "a", "limit": 51}, [], None]
)
async def test_what_is_no_question_is_refused(app: ApiApp, body: Any) -> None:
    assert (await app.client(headers=bearer(ALL)).post(SEARCH, json=body)).status_code == 400
