"""Who is let in and for how long, what guessing costs, and what the audit says of all that."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.projection.hot_lead_stream import MOST_STREAMS
from streamprocessor.readmodel.requests.sessions import COOKIE, LIFE_SECONDS
from tests.harness.apis import ALL, READ_ONLY, bearer
from tests.harness.system import until
from tests.readmodel.api_apps import CLIENT, ORIGIN, PROXY, ApiApp, store_contacts
from tests.readmodel.conftest import empty_database
from tests.readmodel.databases import opened_database

STREAM = "/api/hot-leads/stream"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_of_each(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database of each kind."""
    with opened_database(empty_database(request), tmp_path / "read-model.sqlite") as engine:
        yield engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A database without a server."""
    with opened_database("", tmp_path / "read-model.sqlite") as engine:
        store_contacts(engine, ["jane"])
        yield engine


@pytest.fixture
def app(engine: Engine, tmp_path: Path) -> ApiApp:
    return ApiApp(engine, tmp_path)


async def sign_in(http: httpx.AsyncClient, token: str = ALL) -> dict[str, str]:
    """The headers that a page of ours sends with what changes anything."""
    answer = await http.post("/api/session", json={"token": token})
    assert answer.status_code == 200
    return {"origin": ORIGIN, "x-csrf-token": answer.json()["csrf_token"]}


def spellings_of(cookie: str) -> set[str]:
    """The cookie as it is and as it could be spelled, with other bits where base64 has some to spare."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return {cookie, *(cookie[:-1] + letter for letter in letters)}


async def test_a_session_ends_for_good_in_all_processes_and_after_a_restart(
    engine_of_each: Engine, tmp_path: Path
) -> None:
    first, second = ApiApp(engine_of_each, tmp_path), ApiApp(engine_of_each, tmp_path)
    http = first.client()
    own = await sign_in(http)
    cookie = http.cookies[COOKIE]
    other = first.client()
    await sign_in(other)
    assert (await second.client(cookies={COOKIE: cookie}).get("/api/contacts")).status_code == 200

    assert (await http.delete("/api/session", headers=own)).json() == {"status": "signed out"}

    for app in (first, second, ApiApp(engine_of_each, tmp_path)):
        statuses = [
            (await app.client(cookies={COOKIE: spelling}).get("/api/contacts")).status_code
            for spelling in spellings_of(cookie)
        ]
        assert set(statuses) == {401}
    assert (await other.get("/api/contacts")).status_code == 200


async def test_ended_sessions_are_forgotten_when_they_would_be_over_anyway(app: ApiApp) -> None:
    def noted() -> list[Any]:
        with app.context.reading() as connection:
            return list(connection.exec_driver_sql("SELECT session_id FROM ended_sessions"))

    for life in range(2):
        http = app.client()
        await http.delete("/api/session", headers=await sign_in(http))
        assert len(noted()) == 1, life
        app.clock.now_ms += LIFE_SECONDS * 1000 + 1


@pytest.mark.parametrize("how", ["signed out", "signed out elsewhere", "over"])
async def test_a_stream_of_hot_leads_ends_with_the_session_that_follows_it(
    app: ApiApp, engine: Engine, tmp_path: Path, how: str
) -> None:
    http = app.client()
    own = await sign_in(http)
    following = asyncio.ensure_future(http.get(STREAM))
    by_token = asyncio.ensure_future(app.client(headers=bearer(READ_ONLY)).get(STREAM))
    await until(lambda: streams_of(app), lambda count: count == 2, 10, "streams", every_seconds=0.01)

    if how == "over":
        app.clock.now_ms += (LIFE_SECONDS + 1) * 1000
        app.context.hot_lead_streams.wake()
    else:
        ending = app if how == "signed out" else ApiApp(engine, tmp_path)
        cookies = {COOKIE: http.cookies[COOKIE]}
        assert (await ending.client(cookies=cookies).delete("/api/session", headers=own)).status_code == 200
    async with asyncio.timeout(10):
        assert (await following).text.startswith(": hot leads follow")

    assert streams_of(app) == 1
    app.context.hot_lead_streams.stop()
    await by_token


def streams_of(app: ApiApp) -> float:
    return app.context.metrics.registry.get_sample_value("leadscore_api_streams") or 0.0


async def guess(http: httpx.AsyncClient, number: int, how: str) -> httpx.Response:
    if how == "sign-in":
        return await http.post("/api/session", json={"token": f"guess {number}"})
    if how == "bearer":
        return await http.get("/api/contacts", headers=bearer(f"guess-{number}"))
    return await http.get("/api/contacts", headers={"cookie": f"{COOKIE}=guess.{number}.x"})


@pytest.mark.parametrize(("how", "looked_at"), [("sign-in", 5), ("bearer", 5), ("cookie", 100)])
async def test_after_some_wrong_ones_no_more_are_looked_at_for_a_while(app: ApiApp, how: str, looked_at: int) -> None:
    http = app.client()
    statuses = [(await guess(http, number, how)).status_code for number in range(looked_at + 20)]
    assert statuses == [401] * looked_at + [429] * 20

    refused = await http.post("/api/session", json={"token": ALL})  # a right one that is new is a guess, too
    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (
        429,
        "too-many-attempts",
        "1",
    )
    app.clock.now_ms += 1_000
    assert (await http.post("/api/session", json={"token": ALL})).status_code == 200


async def test_who_was_let_in_goes_on_and_who_is_elsewhere_gets_in_while_somebody_guesses(app: ApiApp) -> None:
    page, program, guesser = app.client(), app.client(headers=bearer(READ_ONLY)), app.client()
    await sign_in(page)
    assert (await program.get("/api/contacts")).status_code == 200
    for number in range(20):
        await guess(guesser, number, "bearer")

    assert (await guess(guesser, 20, "bearer")).status_code == 429
    assert (await page.get("/api/contacts")).status_code == 200
    assert (await program.get("/api/contacts")).status_code == 200
    assert (await app.client("192.0.2.10", headers=bearer(ALL)).get("/api/contacts")).status_code == 200


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "is_another"),
    [
        (CLIENT, "203.0.113.{}", False),  # made up by the client
        (PROXY, "203.0.113.{}", True),
        (PROXY, "203.0.113.{}, 192.0.2.9", False),
        ("2001:db8::{}", "", False),  # one network is one sender's
        ("2001:db8:0:{}::1", "", True),
    ],
)
async def test_senders_are_told_apart_by_what_they_can_not_make_up(
    app: ApiApp, peer: str, forwarded_for: str, is_another: bool
) -> None:
    statuses = set()
    for number in range(1, 9):
        headers = {"x-forwarded-for": forwarded_for.format(number)} if forwarded_for else {}
        statuses.add((await guess(app.client(peer.format(number), headers=headers), number, "sign-in")).status_code)
    assert statuses == ({401} if is_another else {401, 429})


TOKEN_ELSEWHERE: list[dict[str, Any]] = [
    {"params": {"token": ALL}},
    {"params": {"access_token": ALL, "authorization": f"Bearer {ALL}"}},
    {"headers": {"authorization": ALL}},
    {"headers": {"authorization": f"Basic {ALL}"}},
    {"headers": {"authorization": "Bearer"}},
    {"headers": {"x-api-key": ALL, "x-write-key": ALL, "x-authorization": f"Bearer {ALL}"}},
    {"headers": {"cookie": f"token={ALL}; {COOKIE}={ALL}; authorization=Bearer {ALL}"}},
    {"headers": [("authorization", "Bearer wrong"), ("authorization", f"Bearer {ALL}")]},
    {"headers": {"x-forwarded-user": "ops", "x-original-url": "/livez"}},
]


async def test_a_token_is_taken_from_its_own_place_alone(app: ApiApp) -> None:
    for number, request in enumerate(TOKEN_ELSEWHERE):
        answer = await app.client(f"192.0.2.{number}").get("/api/contacts", **request)
        assert answer.status_code == 401, request
        assert "jane" not in answer.text


SPELLINGS = (
    *("/api/contacts/", "//api/contacts", "/api//contacts", "/./api/contacts", "/livez/../api/contacts"),
    *("/API/contacts", "/api/contacts;x", "/api/contacts%00", "/api%2fcontacts", "/api/%63ontacts"),
    *("/api/contacts/jane%2fexport", "/page/../api/contacts", "/page/%2e%2e/api/contacts"),
    *("/page/..%2fapi%2fcontacts", "/api/segments/x%0a/export"),
)
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get")


async def test_no_spelling_of_a_path_or_method_gets_by_the_token(app: ApiApp) -> None:
    http = app.client(headers={"accept": "application/json", "origin": "https://evil.example"})
    for path, method in itertools.product(SPELLINGS, METHODS):
        answer = await http.request(method, httpx.URL(ORIGIN).copy_with(raw_path=path.encode()))
        assert answer.status_code in (401, 404, 405), (method, path)
        assert "jane" not in answer.text
        assert not any(name.startswith("access-control") for name in answer.headers)  # no other page may read it


async def test_no_more_than_some_follow_hot_leads_at_a_time(app: ApiApp) -> None:
    streams = app.context.hot_lead_streams
    following: list[Any] = [await streams.follow(None, lambda _: True, str) for _ in range(MOST_STREAMS)]
    for each in following:
        await anext(each)

    with pytest.raises(Problem) as refused:
        await streams.follow(None, lambda _: True, str)
    assert (refused.value.status_code, refused.value.code) == (503, "too-many-streams")

    await following[0].aclose()
    following.append(await streams.follow(None, lambda _: True, str))
    assert await anext(following[-1]) == b": hot leads follow\n\n"
    for each in following:
        await each.aclose()


async def test_the_audit_tells_who_asked_from_where_for_what_and_what_came_of_it(app: ApiApp) -> None:
    http = app.client(PROXY, headers={"x-forwarded-for": f"{CLIENT}"})
    own = await sign_in(http)
    await http.put("/api/segments/vip", json={}, headers=own)
    await http.get("/api/segments/vip/export")
    await http.get("/api/contacts", params={"attribute": "mail:jane@corp.example"})
    await http.get("/api/contacts/jane")
    await http.get("/api/contact/export", params={"contact_id": "nobody"})
    await http.put("/api/segments/forged", json={}, headers=own | {"origin": "https://evil.example"})
    await http.delete("/api/session", headers=own)
    reader = app.client(headers=bearer(READ_ONLY))
    await reader.delete("/api/contact", params={"contact_id": "jane"})
    begun = await app.client(headers=bearer(ALL)).post("/api/imports", content=b"{}")

    lines = app.audited()
    rows = [(line["who"], line["by"], line["operation"], line["object"], line["status"]) for line in lines]
    assert rows == [
        ("ops", "session", "sign_in", None, 200),
        ("ops", "session", "put_segment", "vip", 200),
        ("ops", "session", "export_segment", "vip", 200),
        ("ops", "session", "list_contacts", None, 200),
        ("ops", "session", "get_contact", None, 200),
        ("ops", "session", "export_contact_by_query", None, 404),
        ("ops", "session", "put_segment", "forged", 403),
        ("ops", "session", "sign_out", None, 200),
        ("page", "token", "erase_contact_by_query", None, 403),
        ("ops", "token", "begin_import", begun.json()["id"], 202),
    ]
    assert {line["from"] for line in lines} == {CLIENT}
    named = [line["contact"] for line in lines if line["contact"] is not None]
    assert len(named) == 3
    assert named[0] == named[2] != named[1]  # jane, nobody, jane
    assert "jane" not in app.audit_file.read_text()


async def test_the_audit_tells_of_wrong_tokens_and_is_not_filled_by_who_repeats_them(app: ApiApp) -> None:
    http = app.client()
    for number in (1, 1, 1, 2, 3, 4, 5, 6, 7, 8):
        await guess(http, number, "sign-in")
    for _ in range(10):
        await http.get("/api/contacts")
        await http.get("/api/contacts", headers={"authorization": "Basic eA=="})

    lines = app.audited()
    assert [(line["operation"], line["status"]) for line in lines] == [("sign_in", 401)] * 5 + [("sign_in", 429)]
    assert {(line["who"], line["from"]) for line in lines} == {(None, CLIENT)}
    assert "guess" not in app.audit_file.read_text()


async def test_what_the_audit_can_not_keep_is_counted_and_said(app: ApiApp, caplog: pytest.LogCaptureFixture) -> None:
    app.audit_file.unlink()
    app.audit_file.mkdir()
    answer = await app.client(headers=bearer(ALL)).get("/api/contacts/jane")

    assert answer.status_code == 200
    assert app.context.metrics.registry.get_sample_value("leadscore_api_audit_failures_total") == 1
    assert "the audit of get_contact could not be kept" in caplog.text
    assert "jane" not in caplog.text
