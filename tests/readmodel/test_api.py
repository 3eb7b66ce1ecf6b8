"""The API from outside: who is let in, what is refused and how, segments, exports, hot leads as they come."""

from __future__ import annotations

import asyncio
import csv
import io
import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import orjson
import pytest

from streamprocessor.readmodel.api.application import ROUTES
from tests.harness.apis import ALL, READ_ONLY, ApiProcess, bearer
from tests.harness.settling import until_settled
from tests.harness.system import Sent, until
from tests.readmodel.conftest import ScoredSystem, empty_database

pytestmark = pytest.mark.kafka

STREAM_PATH = "/api/hot-leads/stream"
FORM = {"type": "form_submission", "properties": {"form": "contact"}}
NOBODY = "http://127.0.0.1:1"
EVIL = [
    "<script>alert(1)</script>",
    "'; DROP TABLE contacts; --",
    '" OR ""="',
    "=HYPERLINK(1)",
    "100%",
    "under_score",
    "a/b c?d#e",
    "../../etc/passwd",
    "ключ",
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def api(
    request: pytest.FixtureRequest, scored: ScoredSystem, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiProcess]:
    """One api on each kind of database, for the tests of this module."""
    folder, url = tmp_path_factory.mktemp("api"), empty_database(request)
    process = ApiProcess(scored.system.settings, folder, database_url=url, delivery_url=NOBODY).start()
    try:
        asyncio.run(tell_of_evil(scored))
        asyncio.run(process.ready())
        yield process
    finally:
        process.discard()


def attributes_of(name: str) -> dict[str, Any]:
    """What is known of a contact with a hostile name."""
    return {"company": name, "seats": 7, "active": True}


async def tell_of_evil(scored: ScoredSystem) -> None:
    await scored.system.send(
        record
        for name in EVIL
        for record in (
            Sent("form-submissions", name.encode(), FORM | {"id": f"f-{name}"}),
            Sent(
                "contact-updates",
                name.encode(),
                {
                    "update": "attributes",
                    "attributes": {"company": name, "seats": 7, "active": True},
                    "id": f"a-{name}",
                },
            ),
        )
    )
    await until_settled(scored.system)


@pytest.fixture
def http(api: ApiProcess) -> Iterator[httpx.Client]:
    """A client that may do everything."""
    with httpx.Client(base_url=api.address, headers=bearer(ALL), timeout=20) as client:
        yield client


def test_nothing_is_answered_without_a_token_and_nothing_leaks(api: ApiProcess) -> None:
    with httpx.Client(base_url=api.address) as nobody:
        for route in ROUTES:
            if route.scope is None:
                continue
            path = route.path.replace("{contact_id:path}", "c-1").replace("{name}", "engagement")
            for headers in ({}, bearer("wrong"), {"authorization": f"Basic {ALL}"}, {"cookie": f"token={ALL}"}):
                answer = nobody.request(next(iter(route.methods or ())), path, headers=headers)
                assert answer.status_code == 401, path
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.headers["www-authenticate"] == "Bearer"
                assert set(answer.json()) == {"type", "title", "status", "code", "detail"}


def test_a_token_is_good_for_its_scopes_alone_and_all_is_audited_without_the_person(
    api: ApiProcess, http: httpx.Client
) -> None:
    reader = bearer(READ_ONLY)
    assert httpx.get(f"{api.address}/api/contacts", headers=reader).status_code == 200
    for method, path in (("PUT", "/api/segments/x"), ("DELETE", "/api/segments/x"), ("DELETE", "/api/contacts/c-1")):
        assert httpx.request(method, api.address + path, headers=reader, json={}).status_code == 403

    assert http.put("/api/segments/people-of-note", json={}).status_code == 200
    assert http.delete("/api/contacts/a-person").status_code == 202

    noted = [(line["operation"], line["who"], line["object"], line["status"]) for line in api.audited()]
    assert ("put_segment", "ops", "people-of-note", 200) in noted
    assert ("erase_contact", "ops", None, 202) in noted
    assert ("delete_segment", "page", "x", 403) in noted
    for file in (api.log, api.audit_file):
        assert "a-person" not in file.read_text()
    assert "people-of-note" not in api.log.read_text()
    assert http.delete("/api/segments/people-of-note").status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/contacts?limit=0", 400, "bad-parameter"),
        ("/api/contacts?limit=10000", 400, "bad-parameter"),
        ("/api/contacts?limt=3", 400, "bad-parameter"),
        ("/api/contacts?order=up", 400, "bad-parameter"),
        ("/api/contacts?at_least=nan", 400, "bad-parameter"),
        ("/api/contacts?score=none", 404, "no-such-score"),
        ("/api/contacts?score=interest", 400, "bad-parameter"),
        ("/api/contacts?score=engagement&value=x", 400, "bad-parameter"),
        ("/api/contacts?attribute=company", 400, "bad-parameter"),
        ("/api/contacts?cursor=x", 400, "bad-cursor"),
        ("/api/contacts?cursor=WzEsMl0", 400, "bad-cursor"),
        ("/api/contacts?stage=%00", 400, "bad-parameter"),
        ("/api/contacts/nobody", 404, "no-such-contact"),
        ("/api/contacts/nobody/history", 404, "no-such-contact"),
        ("/api/contacts/nobody/export", 404, "no-such-contact"),
        ("/api/contacts/%00", 400, "bad-parameter"),
        ("/api/contacts/c-1?at=yesterday", 400, "bad-parameter"),
        ("/api/scores/none/distribution", 404, "no-such-score"),
        ("/api/scores/engagement/values", 404, "no-such-score"),
        ("/api/segments/none", 404, "no-such-segment"),
        ("/api/nothing", 404, "not-found"),
    ],
)
def test_what_can_not_be_answered_says_what_was_wanted(http: httpx.Client, path: str, status: int, code: str) -> None:
    answer = http.get(path)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    if status == 400 or code.startswith("no-such"):
        assert (
            "anted" in answer.json()["detail"] or "should" in answer.json()["detail"] or "not permitted" in answer.text
        )


@pytest.mark.parametrize("name", EVIL)
def test_hostile_names_are_names_like_others(http: httpx.Client, name: str) -> None:
    found = http.get(f"/api/contacts/{httpx.QueryParams({'n': name})}".replace("n=", "", 1).replace("+", "%20"))

    assert found.status_code == 200, found.text
    assert found.json()["contact_id"] == name
    assert found.json()["attributes"] == attributes_of(name)
    assert found.headers["content-type"] == "application/json"
    assert found.headers["x-content-type-options"] == "nosniff"
    listed = http.get("/api/contacts", params={"attribute": f"company:{name}"}).json()["contacts"]
    assert [contact["contact_id"] for contact in listed] == [name]


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ({"equals": "100%"}, {"100%"}),
        ({"one_of": ["100%", "ключ", "absent"]}, {"100%", "ключ"}),
        ({"contains": "%"}, {"100%"}),
        ({"contains": "_"}, {"under_score"}),
        ({"contains": "TABLE"}, {"'; DROP TABLE contacts; --"}),
        ({"contains": "table"}, {"'; DROP TABLE contacts; --"}),
        ({"starts_with": "../"}, {"../../etc/passwd"}),
        ({"exists": True}, set(EVIL)),
        ({"at_least": 7}, set()),
    ],
)
def test_segments_hold_those_of_whom_all_conditions_hold(
    http: httpx.Client, condition: dict[str, Any], wanted: set[str]
) -> None:
    body = {"attributes": [{"attribute": "company", **condition}]}
    assert http.put("/api/segments/tried", json=body).json()["filter"] == body

    found = http.get("/api/segments/tried", params={"limit": 200}).json()

    assert {contact["contact_id"] for contact in found["page"]["contacts"]} == wanted
    assert found["count"] == len(wanted)


@pytest.mark.parametrize(
    ("conditions", "count"),
    [
        ([{"attribute": "seats", "equals": 7}], len(EVIL)),
        ([{"attribute": "seats", "equals": "7"}], len(EVIL)),
        ([{"attribute": "seats", "at_least": 6.5, "at_most": 7}], len(EVIL)),
        ([{"attribute": "seats", "at_least": 7.5}], 0),
        ([{"attribute": "active", "equals": True}], len(EVIL)),
        ([{"attribute": "active", "equals": False}], 0),
        ([{"attribute": "seats", "equals": 7}, {"attribute": "company", "starts_with": "u"}], 1),
    ],
)
def test_numbers_and_truths_of_attributes_are_compared_as_such(
    http: httpx.Client, conditions: list[dict[str, Any]], count: int
) -> None:
    assert http.put("/api/segments/typed", json={"attributes": conditions}).json()["count"] == count


def test_segments_by_scores_count_what_lists_show_and_those_without_complete_them(http: httpx.Client) -> None:
    hot = {"scores": [{"score": "engagement", "stages": ["hot"]}]}
    count = http.put("/api/segments/hot", json=hot).json()["count"]
    assert count == len(http.get("/api/contacts", params={"stage": "hot", "limit": 200}).json()["contacts"]) > 0

    everybody = http.put("/api/segments/all", json={}).json()["count"]
    without = {"attributes": [{"attribute": "company", "exists": False}]}
    assert http.put("/api/segments/without", json=without).json()["count"] == everybody - len(EVIL)
    assert {"hot", "all", "without"} <= {segment["name"] for segment in http.get("/api/segments").json()["segments"]}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"unknown": 1}',
        b'{"attributes": [{"attribute": "a"}]}',
        b'{"attributes": [{"attribute": "a", "equals": "x", "exists": true}]}',
        b'{"attributes": [{"attribute": "a", "equals": "\\u0000"}]}',
        b'{"scores": [{"score": "engagement", "at_least": 1e300}]}',
        b'{"scores": [{"score": "\\ud800"}]}',
        b'{"attributes": [{"attribute": "a", "one_of": ["\\udfff"]}]}',
    ],
)
def test_a_filter_that_means_nothing_is_refused(http: httpx.Client, body: bytes) -> None:
    answer = http.put("/api/segments/bad", content=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad-body")


def test_a_body_without_end_is_refused(http: httpx.Client) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * 10_000

    assert http.put("/api/segments/bad", content=parts()).status_code == 413


def test_a_segment_is_exported_whole_and_no_cell_is_a_formula(http: httpx.Client) -> None:
    assert http.put("/api/segments/evil", json={"attributes": [{"attribute": "company", "exists": True}]})

    lines = http.get("/api/segments/evil/export", params={"format": "jsonl"})
    table = http.get("/api/segments/evil/export", params={"format": "csv"})

    assert lines.headers["x-total-count"] == str(len(EVIL))
    contacts = [orjson.loads(line) for line in lines.text.splitlines()]
    assert {contact["contact_id"] for contact in contacts} == set(EVIL)
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert {row["contact_id"] for row in rows} == set(EVIL) - {"=HYPERLINK(1)"} | {"'=HYPERLINK(1)"}
    assert {row["engagement.score"] for row in rows} == {"25"}
    assert table.headers["content-type"].startswith("text/csv")
    for answer in (lines, table):
        assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")


@pytest.mark.parametrize("name", ["a%0Ab", "%1B%5B31mred", "%C2%9Bx", "%7F", "x" * 101, "%00"])
def test_a_segment_has_a_name_that_can_be_shown(http: httpx.Client, name: str) -> None:
    answer = http.put(f"/api/segments/{name}", json={})

    assert (answer.status_code, answer.json()["code"]) == (400, "bad-parameter")


def test_everything_that_is_kept_of_a_contact_is_handed_out(http: httpx.Client) -> None:
    kept = http.get("/api/contacts/ключ/export").json()

    assert [event["id"] for event in kept["evidence"]] == ["f-ключ"]
    assert kept["attributes"]["company"]["value"] == "ключ"


async def test_hot_leads_are_told_as_they_come_and_a_client_goes_on_where_it_was(
    scored: ScoredSystem, api: ApiProcess
) -> None:
    name = f"lead-{os.urandom(4).hex()}"
    said = [{"form": "contact", "fields": {"message": word}} for word in ("Hello", "Hello?")]
    forms = [Sent("form-submissions", name.encode(), FORM | {"properties": properties}) for properties in said]
    async with httpx.AsyncClient(base_url=api.address, headers=bearer(READ_ONLY), timeout=30) as client:
        async with client.stream("GET", STREAM_PATH) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.aiter_lines()
            assert (await anext(lines)).startswith(":")
            await scored.system.send(forms)
            async with asyncio.timeout(30):
                id_, told = await next_event(lines)
        assert (told["contact_id"], told["score_name"], told["stage"]) == (name, "engagement", "hot")

        since = {"last-event-id": str(id_ - 1)}
        async with client.stream("GET", STREAM_PATH, headers=since) as stream:
            async with asyncio.timeout(30):
                again = await next_event(stream.aiter_lines())
    assert again == (id_, told)


async def next_event(lines: AsyncIterator[str]) -> tuple[int, Any]:
    """The number and content of the next event of a stream."""
    event: dict[str, str] = {}
    async for line in lines:
        if not line and "data" in event:
            return int(event["id"]), orjson.loads(event["data"])
        name, _, value = line.partition(": ")
        event[name] = value
    pytest.fail("the stream ended")


async def test_an_erasure_asked_for_here_is_done_by_the_workers(
    scored: ScoredSystem, api: ApiProcess, http: httpx.Client
) -> None:
    name = f"erased-{os.urandom(4).hex()}"
    await scored.system.send([Sent("form-submissions", name.encode(), FORM | {"id": name})])
    path = f"/api/contacts/{name}"
    await until(lambda: http.get(path).status_code, lambda status: status == 200, 30, "the contact is known")

    assert http.delete(path).json()["status"] == "accepted"

    await until(lambda: http.get(path).status_code, lambda status: status == 404, 30, "the contact is gone")


def test_an_erasure_of_what_can_not_be_a_contact_is_refused(http: httpx.Client) -> None:
    assert http.delete(f"/api/contacts/{'x' * 1_025}").status_code == 400


def test_a_score_can_be_asked_for_at_any_instant(http: httpx.Client) -> None:
    path = f"/api/contacts/{EVIL[4].replace('%', '%25')}"
    before = http.get(path, params={"at": "2020-01-01T00:00:00Z"}).json()
    later = http.get(path, params={"at": "2030-01-01T00:00:00+01:00"}).json()

    assert before["scores"]["engagement"]["score"] == 0
    assert later["at"] == "2029-12-31T23:00:00.000Z"
    parts = http.get(f"{path}/explanation", params={"score": "engagement"}).json()["explanation"]
    assert list(parts) == ["engagement"]
    assert [part["rule"] for part in parts["engagement"]] == ["contact-us"]


def test_without_a_delivery_process_subscriptions_are_kept_and_what_it_would_say_is_missed(http: httpx.Client) -> None:
    said = {"url": "https://hooks.example.com/a", "events": ["became-hot-lead"], "signed": False}
    name = f"crm-{os.urandom(4).hex()}"  # they are kept in Kafka, where the next database's api finds them too
    path = f"/api/subscriptions/{name}"
    assert http.put(path, json=said).status_code == 200
    found = http.get("/api/subscriptions").json()
    assert found["delivery"] == "away"
    listed = {row["name"]: row for row in found["subscriptions"]}
    assert (listed[name]["subscription"], listed[name]["state"]) == (said, None)
    for answer in (http.get(f"{path}/deliveries"), http.post(f"{path}/ping"), http.post(f"{path}/resend", json={})):
        assert (answer.status_code, answer.json()["code"]) == (503, "delivery-away")
        assert "streamprocessor delivery" in answer.json()["detail"]
    assert http.delete(path).status_code == 200
    assert http.get(path).status_code == 404
