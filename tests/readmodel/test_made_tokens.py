"""Tokens that people make over the API: what they let in, what bounds them, and how they end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.inbox.rules import InboxRules, Salesperson
from streamprocessor.readmodel.requests.sessions import COOKIE, LIFE_SECONDS
from streamprocessor.readmodel.requests.sign_in_links import LINK_LIFE_SECONDS, sign_in_address
from streamprocessor.readmodel.store.access import access_store
from streamprocessor.readmodel.store.access.access_store import USED_EVERY_MS
from tests.harness.apis import ALL, NO_ERASE, READ_ONLY, bearer
from tests.harness.system import until
from tests.readmodel.api_apps import NOW_MS, ORIGIN, ApiApp, store_contacts
from tests.readmodel.conftest import empty_database
from tests.readmodel.databases import opened_database

DAY_MS = 86_400_000
STREAM = "/api/hot-leads/stream"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_of_each(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database of each kind."""
    with opened_database(empty_database(request), tmp_path / "read-model.sqlite") as engine:
        store_contacts(engine, ["jane"])
        yield engine


@pytest.fixture
def app(tmp_path: Path) -> Iterator[ApiApp]:
    with opened_database("", tmp_path / "read-model.sqlite") as engine:
        store_contacts(engine, ["jane"])
        yield ApiApp(engine, tmp_path)


async def made(app: ApiApp, by: str = ALL, **body: Any) -> dict[str, Any]:
    """The answer of who makes a token: anna's, who may read, unless it says otherwise."""
    answer = await app.client(headers=bearer(by)).post("/api/tokens", json={"name": "anna", "scopes": ["read"]} | body)
    assert answer.status_code == 201, answer.text
    token: dict[str, Any] = answer.json()
    return token


async def signed_in(app: ApiApp, token: str) -> tuple[httpx.AsyncClient, dict[str, str]]:
    """A browser in which somebody signed in, and what its page sends with what changes anything."""
    http = app.client()
    answer = await http.post("/api/session", json={"token": token})
    assert answer.status_code == 200, answer.text
    return http, {"origin": ORIGIN, "x-csrf-token": answer.json()["csrf_token"]}


def at(ms: int) -> str:
    return format_rfc3339(ms)


async def test_a_made_token_lets_in_everywhere_until_it_is_revoked_and_its_sessions_end_with_it(
    engine_of_each: Engine, tmp_path: Path
) -> None:
    first, second = ApiApp(engine_of_each, tmp_path), ApiApp(engine_of_each, tmp_path)
    token = await made(first, scopes=["read", "write"])
    program = second.client(headers=bearer(token["token"]))
    page, own = await signed_in(second, token["token"])
    restarted = ApiApp(engine_of_each, tmp_path).client(cookies={COOKIE: page.cookies[COOKIE]})
    assert (await program.get("/api/contacts")).status_code == 200
    assert (await page.put("/api/segments/vip", json={}, headers=own)).status_code == 200
    assert (await page.put("/api/segments/vip", json={})).status_code == 403  # not from a page of ours
    assert (await restarted.get("/api/session")).json() | {"csrf_token": None} == {
        "name": "anna",
        "scopes": ["read", "write"],
        "takes_leads": False,
        "csrf_token": None,
    }

    revoked = await first.client(headers=bearer(ALL)).delete(f"/api/tokens/{token['id']}")

    assert (revoked.status_code, revoked.json()["name"]) == (200, "anna")
    for client in (program, page, restarted):
        assert (await client.get("/api/contacts")).status_code == 401
    assert (await first.client().post("/api/session", json={"token": token["token"]})).status_code == 401
    again = await first.client(headers=bearer(ALL)).delete(f"/api/tokens/{token['id']}")
    assert (again.status_code, again.json()["code"]) == (404, "no-such-token")


async def test_nothing_that_is_kept_lets_in(app: ApiApp, tmp_path: Path) -> None:
    token = (await made(app))["token"]
    page, _ = await signed_in(app, token)
    link = sign_in_address(ORIGIN, tmp_path, NOW_MS).partition("#")[2]

    kept = b"".join(path.name.encode() + path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in (token, page.cookies[COOKIE], link):
        assert secret.encode() not in kept
        assert secret.encode()[4:] not in kept


async def test_the_list_says_whose_each_is_by_whom_it_was_made_and_when_it_was_used(app: ApiApp) -> None:
    token = await made(app, expires_at=at(NOW_MS + DAY_MS))
    app.clock.now_ms += 10 * USED_EVERY_MS
    await app.client(headers=bearer(token["token"])).get("/api/contacts")
    app.clock.now_ms += USED_EVERY_MS // 2
    await app.client(headers=bearer(token["token"])).get("/api/contacts")  # so soon it is not noted again

    listed = (await app.client(headers=bearer(ALL)).get("/api/tokens")).json()["tokens"]

    assert [(each["name"], each["from"], each["is_mine"]) for each in listed] == [
        ("ops", "settings", True),
        ("page", "settings", False),
        ("crm", "settings", False),
        ("anna", "api", False),
    ]
    assert listed[-1] == {
        "id": token["id"],
        "name": "anna",
        "scopes": ["read"],
        "from": "api",
        "made_at": at(NOW_MS),
        "made_by": "ops",
        "expires_at": at(NOW_MS + DAY_MS),
        "last_used_at": at(NOW_MS + 10 * USED_EVERY_MS),
        "is_mine": False,
    }


async def test_a_token_and_its_sessions_end_at_its_expiry_though_a_session_lives_longer(app: ApiApp) -> None:
    token = (await made(app, expires_at=at(NOW_MS + 3_600_000)))["token"]
    page, _ = await signed_in(app, token)
    app.clock.now_ms += 3_600_000 - 1
    assert (await page.get("/api/contacts")).status_code == 200
    app.clock.now_ms += 1
    assert (await page.get("/api/contacts")).status_code == 401
    assert (await app.client(headers=bearer(token)).get("/api/contacts")).status_code == 401


async def test_a_session_of_a_made_token_ends_when_it_is_signed_out_and_after_half_a_day(app: ApiApp) -> None:
    token = (await made(app))["token"]
    (page, own), (other, _) = await signed_in(app, token), await signed_in(app, token)
    cookie = page.cookies[COOKIE]
    assert (await page.delete("/api/session", headers=own)).status_code == 200
    assert (await app.client(cookies={COOKIE: cookie}).get("/api/contacts")).status_code == 401
    app.clock.now_ms += LIFE_SECONDS * 1000 - 1
    assert (await other.get("/api/contacts")).status_code == 200
    app.clock.now_ms += 1
    assert (await other.get("/api/contacts")).status_code == 401


@pytest.mark.parametrize("by", ["token", "session"])
async def test_a_stream_of_hot_leads_ends_when_the_token_that_follows_it_is_revoked(app: ApiApp, by: str) -> None:
    token = await made(app)
    http = app.client(headers=bearer(token["token"])) if by == "token" else (await signed_in(app, token["token"]))[0]
    following = asyncio.ensure_future(http.get(STREAM))
    streams = app.context.metrics.registry.get_sample_value
    await until(lambda: streams("leadscore_api_streams"), lambda n: n == 1, 10, "a stream", every_seconds=0.01)

    await app.client(headers=bearer(ALL)).delete(f"/api/tokens/{token['id']}")

    async with asyncio.timeout(10):
        assert (await following).text.startswith(": hot leads follow")


WRONG: list[tuple[str, dict[str, Any], int, str]] = [
    ("more than its maker may", {"scopes": ["erase"]}, 403, "no-scope"),
    ("no scope at all", {"scopes": []}, 400, "bad-body"),
    ("a scope that is none", {"scopes": ["own"]}, 400, "bad-body"),
    ("longer than its maker", {"expires_at": at(NOW_MS + DAY_MS + 1)}, 403, "outlives-maker"),
    ("for ever, as its maker does not", {"expires_at": None}, 403, "outlives-maker"),
    ("over already", {"expires_at": at(NOW_MS)}, 400, "bad-body"),
    ("an expiry that is no instant", {"expires_at": "tomorrow"}, 400, "bad-body"),
    ("the name of a token of the settings", {"name": " crm "}, 409, "name-taken"),
    ("the name of the inbox's rules", {"name": "system"}, 409, "name-taken"),
    ("the name of the first token", {"name": "local"}, 409, "name-taken"),
    ("one that looks like a token's of the settings", {"name": "\u0441rm"}, 409, "name-taken"),
    ("one that looks like the first token's", {"name": "LOCA1"}, 409, "name-taken"),
    ("one that looks like its maker's", {"name": "Iead"}, 409, "name-taken"),
    ("one in wide letters that looks like its maker's", {"name": "\uff4c\uff45\uff41\uff44"}, 409, "name-taken"),
    ("a name with a blank that nobody sees", {"name": "le\u200bad"}, 400, "bad-parameter"),
    ("a name that is read backwards", {"name": "\u202edael"}, 400, "bad-parameter"),
    ("half a character", {"name": "\ud800"}, 400, "bad-body"),
    ("no name", {"name": " "}, 400, "bad-parameter"),
    ("a name with a line feed", {"name": "an\nna"}, 400, "bad-parameter"),
    ("a word that is none", {"secret": "mine"}, 400, "bad-body"),
]


@pytest.mark.parametrize(("what", "body", "status", "code"), WRONG, ids=[what for what, *_ in WRONG])
async def test_no_token_is_made_that_may_more_or_lasts_longer_than_its_maker(
    app: ApiApp, what: str, body: dict[str, Any], status: int, code: str
) -> None:
    maker = await made(app, name="lead", scopes=["read", "tokens"], expires_at=at(NOW_MS + DAY_MS))
    wanted = {"name": "anna", "scopes": ["read"], "expires_at": at(NOW_MS + DAY_MS)}
    http = app.client(headers=bearer(maker["token"]))

    refused = await http.post("/api/tokens", content=json.dumps(wanted | body))

    assert (refused.status_code, refused.json()["code"]) == (status, code), what
    assert (await http.post("/api/tokens", json=wanted)).status_code == 201
    names = [each["name"] for each in (await http.get("/api/tokens")).json()["tokens"] if each["from"] == "api"]
    assert sorted(names) == ["anna", "lead"]


async def test_a_person_may_have_several_tokens_and_no_other_has_one_that_looks_like_theirs(tmp_path: Path) -> None:
    inbox = InboxRules(people={"bo li": Salesperson("bo li", "Bo Li")})
    with opened_database("", tmp_path / "read-model.sqlite") as engine:
        app = ApiApp(engine, tmp_path, inbox=inbox)
        for name in ("bo li", "bo li", "Анна", "Анна", "anne"):
            await made(app, name=name)
        for name in ("Bo Li", "boli", "b0 li", "AHHA"):
            refused = await app.client(headers=bearer(ALL)).post("/api/tokens", json={"name": name, "scopes": ["read"]})
            assert (refused.status_code, refused.json()["code"]) == (409, "name-taken"), name


@pytest.mark.parametrize("token", [READ_ONLY, NO_ERASE])
async def test_only_who_has_the_right_says_who_may_sign_in(app: ApiApp, token: str) -> None:
    one = await made(app)
    http = app.client(headers=bearer(token))
    answers = (
        await http.get("/api/tokens"),
        await http.post("/api/tokens", json={"name": "me", "scopes": ["read"]}),
        await http.delete(f"/api/tokens/{one['id']}"),
    )
    assert [(each.status_code, each.json()["code"]) for each in answers] == [(403, "no-scope")] * 3


async def test_the_last_token_that_makes_tokens_stays_and_any_other_may_be_revoked_by_itself(tmp_path: Path) -> None:
    settings_only = f"page/read={READ_ONLY}"
    with opened_database("", tmp_path / "read-model.sqlite") as engine:
        before = ApiApp(engine, tmp_path)
        lead = await made(before, name="lead", scopes=["read", "tokens"])
        short = await made(before, name="short", scopes=["tokens"], expires_at=at(NOW_MS + DAY_MS))
        app = ApiApp(engine, tmp_path, tokens=settings_only)  # the settings have no maker any more
        app.clock.now_ms += DAY_MS
        http = app.client(headers=bearer(lead["token"]))

        last = await http.delete(f"/api/tokens/{lead['id']}")
        assert (last.status_code, last.json()["code"]) == (409, "last-token")
        assert (await http.delete(f"/api/tokens/{short['id']}")).status_code == 200  # its time was over

        other = await made(app, by=lead["token"], name="other", scopes=["tokens"])
        assert (await http.delete(f"/api/tokens/{lead['id']}")).status_code == 200
        assert (await http.get("/api/tokens")).status_code == 401
        assert (await app.client(headers=bearer(other["token"])).get("/api/tokens")).status_code == 200


async def test_who_signs_in_over_and_over_ends_the_oldest_of_their_own_sessions(
    engine_of_each: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_store, "MOST_SESSIONS", 3)
    app = ApiApp(engine_of_each, tmp_path)
    another, _ = await signed_in(app, (await made(app, name="bea"))["token"])
    token = (await made(app))["token"]
    pages = []
    for _ in range(5):
        app.clock.now_ms += 1
        pages.append((await signed_in(app, token))[0])

    assert [(await page.get("/api/session")).status_code for page in pages] == [401, 401, 200, 200, 200]
    assert (await another.get("/api/session")).status_code == 200


async def test_the_audit_names_who_made_and_revoked_which_token_and_who_signed_in(app: ApiApp, tmp_path: Path) -> None:
    token = await made(app)
    await signed_in(app, token["token"])
    link = sign_in_address(ORIGIN, tmp_path, NOW_MS).partition("#")[2]
    await app.client().post("/api/session/link", json={"link": link})
    await app.client(headers=bearer(ALL)).delete(f"/api/tokens/{token['id']}")

    rows = [(line["who"], line["by"], line["operation"], line["object"]) for line in app.audited()]
    assert rows == [
        ("ops", "token", "make_token", f"anna {token['id']}"),
        ("anna", "session", "sign_in", None),
        ("ops", "session", "sign_in_by_link", None),
        ("ops", "token", "revoke_token", f"anna {token['id']}"),
    ]
    assert token["token"] not in app.audit_file.read_text()
    assert link not in app.audit_file.read_text()


async def test_who_tries_made_tokens_waits_as_for_any_other(app: ApiApp) -> None:
    http = app.client()
    statuses = [(await http.get("/api/contacts", headers=bearer(f"spt_{n}"))).status_code for n in range(8)]
    assert statuses == [401] * 5 + [429] * 3


async def test_of_many_guesses_at_once_no_more_are_looked_at_than_one_after_the_other(app: ApiApp) -> None:
    http = app.client()
    answers = await asyncio.gather(*(http.get("/api/contacts", headers=bearer(f"guess-{n}")) for n in range(50)))
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 45


async def test_a_token_is_gone_from_no_database_when_the_read_model_is(tmp_path: Path) -> None:
    file = tmp_path / "read-model.sqlite"
    with opened_database("", file) as engine:
        token = await made(ApiApp(engine, tmp_path))
    for path in tmp_path.glob("read-model.sqlite*"):
        path.unlink()
    with opened_database("", file) as engine:
        http = ApiApp(engine, tmp_path).client(headers=bearer(token["token"]))
        assert (await http.get("/api/contacts")).status_code == 200


PASTED = [
    f"local={ALL}",
    f"local={ALL}\n",
    f"ops/read+write={ALL}",
    f"  {ALL} ",
    f"Bearer {ALL}",
    f"Authorization: Bearer {ALL}",
    f"authorization: bearer  local={ALL}",
    f'"{ALL}"',
]


@pytest.mark.parametrize("pasted", PASTED)
async def test_what_people_paste_around_a_token_is_left_out_where_they_sign_in(app: ApiApp, pasted: str) -> None:
    http, _ = await signed_in(app, pasted)
    assert (await http.get("/api/session")).json()["name"] == "ops"


async def test_a_token_that_holds_an_equals_sign_is_pasted_whole(tmp_path: Path) -> None:
    with opened_database("", tmp_path / "read-model.sqlite") as engine:
        app = ApiApp(engine, tmp_path)
        other = ApiApp(engine, tmp_path, tokens="x/read=abcdefgh12345678")
        http, _ = await signed_in(other, "name=abcdefgh12345678")
        assert (await http.get("/api/session")).json()["name"] == "x"
        refused = await app.client().post("/api/session", json={"token": f"{ALL}=x"})
        assert refused.status_code == 401


@pytest.mark.parametrize("how", ["used", "old", "made up", "of another folder", "after an hour of clock"])
async def test_a_link_signs_in_once_within_minutes_on_its_own_machine(app: ApiApp, tmp_path: Path, how: str) -> None:
    folder = tmp_path / "other" if how == "of another folder" else tmp_path
    address = sign_in_address(ORIGIN, folder, NOW_MS)
    assert address.startswith(f"{ORIGIN}/sign-in#")
    link = "made-up" if how == "made up" else address.partition("#")[2]
    if how == "used":
        used = await app.client().post("/api/session/link", json={"link": link})
        assert (used.status_code, used.json()["name"]) == (200, "ops")
        assert COOKIE in used.cookies
    elif how == "old":
        app.clock.now_ms += LINK_LIFE_SECONDS * 1000
    elif how == "after an hour of clock":
        app.clock.now_ms += 3_600_000
        sign_in_address(ORIGIN, tmp_path, app.clock.now_ms)  # takes away what is over

    refused = await app.client().post("/api/session/link", json={"link": link})

    assert (refused.status_code, refused.json()["code"]) == (401, "link-over")
    assert "`streamprocessor sign-in` there prints a new one" in refused.json()["detail"]
    assert COOKIE not in refused.cookies


def test_a_link_that_another_process_makes_at_this_moment_stays(tmp_path: Path) -> None:
    draft = tmp_path / "sign-in-links" / ".half"
    draft.parent.mkdir()
    draft.touch()
    sign_in_address("http://page", tmp_path, NOW_MS)

    assert draft.exists()


async def test_of_many_who_use_a_link_at_once_one_is_signed_in(app: ApiApp, tmp_path: Path) -> None:
    link = sign_in_address(ORIGIN, tmp_path, NOW_MS).partition("#")[2]
    clients = [app.client(f"192.0.2.{number}") for number in range(20)]
    answers = await asyncio.gather(*(each.post("/api/session/link", json={"link": link}) for each in clients))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19


async def test_no_page_of_another_site_uses_a_link(app: ApiApp, tmp_path: Path) -> None:
    link = sign_in_address(ORIGIN, tmp_path, NOW_MS).partition("#")[2]
    http = app.client(headers={"origin": "https://evil.example"})
    assert (await http.post("/api/session/link", json={"link": link})).status_code == 403
    assert (await app.client().post("/api/session/link", json={"link": link})).status_code == 200


async def test_links_are_guessed_no_faster_than_tokens(app: ApiApp) -> None:
    http = app.client()
    statuses = [(await http.post("/api/session/link", json={"link": f"x{n}"})).status_code for n in range(8)]
    assert statuses == [401] * 5 + [429] * 3
