"""What the page stands on: its files, signing in at a browser, what comes by itself, what a contact did, the model."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

import streamprocessor
from streamprocessor.readmodel.requests.sessions import COOKIE
from streamprocessor.scoring.model.model import DAY_MS
from tests.harness.apis import ALL, READ_ONLY, ApiProcess, bearer
from tests.harness.system import Sent, until
from tests.readmodel.conftest import MODEL, ScoredSystem

pytestmark = pytest.mark.kafka

HOTTEST = {"score": "engagement"}
HTML = {"accept": "text/html"}
EXAMPLES = ("https://hooks.example.com", "https://…,")  # what fields say of themselves


@pytest.fixture(scope="module")
def api(scored: ScoredSystem, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    """One api, on SQLite."""
    process = ApiProcess(scored.system.settings, tmp_path_factory.mktemp("api")).start()
    try:
        asyncio.run(process.ready())
        yield process
    finally:
        process.discard()


class SignedIn(httpx.Client):
    """A client with the cookie of who signed in. own: the headers that a page of ours sends."""

    own: dict[str, str]


@pytest.fixture
def browser(api: ApiProcess) -> Iterator[SignedIn]:
    """Who signed in as everything: a client with the cookie, and the headers that a page of ours sends."""
    with SignedIn(base_url=api.address, timeout=20) as client:
        session = client.post("/api/session", json={"token": ALL}).json()
        client.own = {"origin": api.address, "x-csrf-token": session["csrf_token"]}
        yield client


@pytest.mark.parametrize("path", ["/", "/contacts", "/contacts/c-1", "/contacts/a%2Fb", "/whatever/there/is"])
def test_every_address_of_a_view_is_answered_with_the_page_and_nothing_may_be_mixed_in(
    api: ApiProcess, path: str
) -> None:
    answer = httpx.get(api.address + path, headers=HTML)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_all_that_the_page_names_is_served_here_and_nothing_is_asked_for_elsewhere(api: ApiProcess) -> None:
    named_paths = {"/page/index.html"}
    seen: set[str] = set()
    with httpx.Client(base_url=api.address) as client:
        while named_paths - seen:
            path = (named_paths - seen).pop()
            seen.add(path)
            answer = client.get(path)
            assert answer.status_code == 200, path
            assert client.get(path, headers={"if-none-match": answer.headers["etag"]}).status_code == 304
            named = re.findall(r"(?:href|src)=\"(/page/[^\"]+)\"", answer.text)
            imported = re.findall(r"(?:from |import\()'(\.[^']+)'", answer.text)
            named_paths |= {*named, *(urljoin(path, name) for name in imported)}
            assert set(re.findall(r"https?://[^/'\" ]+", answer.text)) <= {"http://www.w3.org", *EXAMPLES}, path
    page = Path(streamprocessor.__file__).parent / "readmodel" / "page"
    assert seen == {f"/page/{file.relative_to(page)}" for file in page.rglob("*") if file.is_file()}


@pytest.mark.parametrize(
    "path",
    [
        "/page/none.js",
        "/page/views",
        "/page/views/none.js",
        "/page/..%2Froutes.py",
        "/page/%2e%2e/routes.py",
        "/api/nothing",
    ],
)
def test_what_is_no_view_is_not_answered_with_the_page(api: ApiProcess, path: str) -> None:
    answer = httpx.get(api.address + path, headers=HTML)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert httpx.get(f"{api.address}/contacts", headers={"accept": "*/*"}).status_code == 404


def test_a_token_shown_once_becomes_a_cookie_that_reads_all_by_itself(api: ApiProcess) -> None:
    with httpx.Client(base_url=api.address) as client:
        assert client.post("/api/session", json={"token": "wrong"}).status_code == 401
        answer = client.post("/api/session", json={"token": READ_ONLY}, headers={"x-forwarded-proto": "https"})
        assert answer.json()["name"] == "page"
        assert answer.headers["set-cookie"].endswith("HttpOnly; SameSite=Strict; Secure")
        client.cookies.clear()

        client.post("/api/session", json={"token": READ_ONLY})
        assert client.get("/api/contacts").status_code == 200
        with client.stream("GET", "/api/hot-leads/stream") as stream:
            assert stream.status_code == 200
        told = client.get("/api/session").json()
        assert (told["name"], told["scopes"]) == ("page", ["read"])

        own = {"origin": api.address, "x-csrf-token": told["csrf_token"]}
        refused = client.put("/api/segments/mine", json={}, headers=own)
        assert (refused.status_code, refused.json()["code"]) == (403, "no-scope")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"x-csrf-token": None}, "no-csrf-token"),
        ({"x-csrf-token": "0" * 48}, "no-csrf-token"),
        ({"origin": None}, "other-site"),
        ({"origin": "https://evil.example"}, "other-site"),
        ({"origin": "http://127.0.0.1:1"}, "other-site"),
        ({"sec-fetch-site": "cross-site"}, "other-site"),
        ({"sec-fetch-site": "same-site"}, "other-site"),
    ],
)
def test_what_another_page_makes_a_browser_ask_changes_nothing(
    browser: SignedIn, changed: dict[str, str | None], code: str
) -> None:
    headers = {name: value for name, value in (browser.own | changed).items() if value is not None}
    for method, path in (
        ("DELETE", "/api/contacts/c-1"),
        ("PUT", "/api/segments/forged"),
        ("DELETE", "/api/segments/forged"),
        ("DELETE", "/api/session"),
    ):
        answer = browser.request(method, path, headers=headers, json={})
        assert (answer.status_code, answer.json()["code"]) == (403, code), path
    assert browser.get("/api/contacts/c-1").status_code == 200
    assert browser.get("/api/segments/forged").status_code == 404


def test_what_the_own_page_asks_is_done_until_it_signs_out(browser: SignedIn) -> None:
    assert browser.put("/api/segments/own", json={}, headers=browser.own).status_code == 200
    assert browser.delete("/api/segments/own", headers=browser.own).status_code == 200

    cookie = f"{COOKIE}={browser.cookies[COOKIE]}"
    assert browser.delete("/api/session", headers=browser.own).json() == {"status": "signed out"}
    assert not browser.cookies
    assert browser.get("/api/contacts").status_code == 401
    assert browser.get("/api/contacts", headers={"cookie": cookie}).status_code == 401


def test_nobody_is_signed_in_by_another_site_and_programs_need_no_origin(api: ApiProcess) -> None:
    forged = {"origin": "https://evil.example"}
    answer = httpx.post(f"{api.address}/api/session", json={"token": ALL}, headers=forged)
    assert (answer.status_code, answer.json()["code"]) == (403, "other-site")
    assert "set-cookie" not in answer.headers
    assert httpx.put(f"{api.address}/api/segments/p", json={}, headers=bearer(ALL) | forged).status_code == 200
    assert api.get("/api/session")["csrf_token"] is None


def test_a_wrong_token_is_not_made_good_by_a_cookie(browser: SignedIn) -> None:
    assert browser.get("/api/contacts", headers=bearer("wrong")).status_code == 401


def strongest(api: ApiProcess, score: str, **more: Any) -> list[dict[str, Any]]:
    contacts: list[dict[str, Any]] = api.get("/api/contacts", score=score, limit=5, **more)["contacts"]
    return contacts


@pytest.mark.parametrize(
    "query", [{"score": "engagement"}, {"score": "grade"}, {"score": "interest", "value": "/pricing"}]
)
def test_a_forecast_is_what_is_said_of_each_of_its_instants(api: ApiProcess, query: dict[str, str]) -> None:
    for contact in (each["contact_id"] for each in strongest(api, **(query if "value" in query else HOTTEST))):
        path = f"/api/contacts/{contact}"
        told = api.get(f"{path}/forecast", samples=9, until=int(time.time() * 1000) + 400 * DAY_MS, **query)

        def said(at: str, path: str = path) -> Any:
            score = api.get(path, at=at)["scores"][query["score"]]
            return score["values"].get(query["value"]) if "value" in query else score

        assert told["complete"]
        assert (told["samples"][0]["at"], told["samples"][-1]["at"]) == (told["from"], told["until"])
        for sample in told["samples"]:
            now = said(sample["at"])
            assert sample["unrounded"] == (None if now is None else now["unrounded"])
        assert told["steps"]
        for before, step in zip([None, *told["steps"]], told["steps"], strict=False):
            now = said(step["at"])
            if now is None:  # a value that is no longer shown
                assert step["score"] == 0
                continue
            assert (step["score"], step["stage"]) == (now["score"], now["stage"])
            shown = (now["score"], now["stage"])
            earlier = said(told["from"]) if before is None else before
            assert (earlier["score"], earlier["stage"]) != shown


def test_a_forecast_begins_with_the_next_step_and_is_bounded(api: ApiProcess) -> None:
    contact = strongest(api, "engagement")[0]["contact_id"]
    now = api.get(f"/api/contacts/{contact}")["scores"]["engagement"]
    told = api.get(f"/api/contacts/{contact}/forecast", until="2100-01-01T00:00:00Z", samples=500)
    assert told["steps"][0]["at"] == now["next_step_at"]
    assert len(told["samples"]) == 500
    for query, code in (({"until": "2001-01-01T00:00:00Z"}, 400), ({"samples": 501}, 400), ({"score": "none"}, 404)):
        assert api.ask(f"/api/contacts/{contact}/forecast", **query).status_code == code
    assert api.ask("/api/contacts/nobody/forecast").status_code == 404


async def test_a_timeline_tells_every_event_and_who_did_it(scored: ScoredSystem, api: ApiProcess) -> None:
    name = f"clicker-{os.urandom(4).hex()}"
    at = 1_790_000_000_000
    clicks = [
        {"id": f"{name}-{n}", "occurred_at": at + n, "properties": {"message": "m", "url": f"https://x.example/{n}"}}
        for n in range(6)
    ]
    proxied = {"id": f"{name}-open", "occurred_at": at - 5_000_000, "context": {"actor": "proxy"}}
    judged = {"id": f"{name}-page", "occurred_at": at + 9_000_000, "properties": {"path": "/"}}
    verdict = {"id": f"{name}-v", "update": "verdict", "event_id": f"{name}-page", "actor": "scanner"}
    key = name.encode()
    await scored.system.send([Sent("email-opens", key, proxied), *(Sent("email-clicks", key, each) for each in clicks)])
    await scored.system.send([Sent("page-visits", key, judged), Sent("contact-updates", key, verdict)])
    path = f"/api/contacts/{name}/events"

    def classes() -> Counter[tuple[str, str]]:
        found = api.ask(path).json().get("events", [])
        return Counter((event["type"], event["class"]) for event in found)

    wanted = Counter({("email_click", "scanner"): 6, ("email_open", "proxy"): 1, ("page_visit", "scanner"): 1})
    await until(classes, lambda found: found == wanted, 30, "all events, each with its class")

    told = api.get(path)["events"]
    newest_first = [f"{name}-page", *(f"{name}-{n}" for n in range(5, -1, -1)), f"{name}-open"]
    assert [event["id"] for event in told] == newest_first
    assert told[1]["kept"] == {"properties.message": "m", "properties.url": "https://x.example/5"}
    assert {event["came_under"] for event in told} == {name}
    pages: list[list[dict[str, Any]]] = []
    cursor = None
    while cursor is not None or not pages:
        page = api.get(path, limit=3, **({"cursor": cursor} if cursor else {}))
        cursor = page["next"]
        pages.append(page["events"])
    assert [len(page) for page in pages] == [3, 3, 2]
    assert [event for page in pages for event in page] == told


def test_lists_say_what_a_score_was_before(api: ApiProcess) -> None:
    for contact in strongest(api, "engagement"):
        steps = api.get(f"/api/contacts/{contact['contact_id']}/history", limit=3)["steps"]
        last = next(step for step in steps if "engagement" in step["changed"])
        assert (contact["previous"], contact["changed_at"]) == (last["scores"]["engagement"]["previous"], last["at"])


def test_the_model_is_told_in_its_own_words_with_what_each_rule_gives(api: ApiProcess) -> None:
    told = api.get("/api/model")

    assert [score["name"] for score in told["scores"]] == ["engagement", "fit", "grade", "interest"]
    engagement, fit, grade, interest = told["scores"]
    assert engagement["rules"][0]["said"] == {
        "id": "open",
        "on": "email_open",
        "points": 1,
        "limit": {"count": 1, "per": "properties.message"},
    }
    assert [rule["id"] for rule in engagement["rules"]] == re.findall(r"{id: ([\w-]+), on: (?!.*3})", MODEL)[:5]
    assert engagement["said"]["stages"] == {"cold": 0, "warm": 16, "hot": 41}
    assert (grade["rules"], grade["said"]["combine"]["matrix"]["rows"]) == ([], "fit")
    for score in (engagement, interest):
        assert sum(rule["share"] for rule in score["rules"]) == pytest.approx(100)
    unsubscribed = engagement["rules"][-1]
    assert unsubscribed["points"] == pytest.approx(50 * round(unsubscribed["points"] / 50), abs=1e-6)
    assert unsubscribed["points"] < 0 < unsubscribed["share"]
    assert [rule["share"] for rule in fit["rules"]] == [None]
    assert told["sample"]["contacts"] == 100
