"""Lists of contacts for people: columns, views under a name, what was a week ago, CSV, and who somebody is in short."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import orjson
import pytest
from sqlalchemy import Engine

from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.readmodel.projection.changes import Changes
from streamprocessor.readmodel.projection.writes import write
from streamprocessor.readmodel.store.database import epoch_of, reading
from streamprocessor.readmodel.store.rows import history_row
from streamprocessor.scoring.model.model import DAY_MS
from streamprocessor.scoring.record.facts import AttributesWritten, Event, Fact, SuppressionChanged
from streamprocessor.scoring.record.record import Record
from tests.harness.apis import ALL, READ_ONLY, bearer
from tests.readmodel.api_apps import NOW_MS, SCORER, ApiApp, store_records
from tests.readmodel.conftest import empty_database
from tests.readmodel.databases import opened_database

FORM_MS, VISIT_MS = NOW_MS - 3 * DAY_MS, NOW_MS - DAY_MS
OWNED = {"company": "Acme & Söhne", "owner": "Ada", "employees": 250, "vip": True, "tags": ["a", "b"]}


def record_of(attributes: dict[str, Any], events: tuple[Event, ...] = (), is_suppressed: bool = False) -> Record:
    record = SCORER.blank()
    facts: list[Fact] = [*events, AttributesWritten("w", FORM_MS, FORM_MS, attributes)]
    facts += [SuppressionChanged("s", FORM_MS, FORM_MS, True)] if is_suppressed else []
    SCORER.apply_in_place(record, facts)
    return record


def form(number: int, at_ms: int = FORM_MS) -> Event:
    return Event(f"f-{number}", "form_submission", at_ms, at_ms, {"form": "contact"}, {})


def visit(number: int, path: str = "/pricing", at_ms: int = VISIT_MS) -> Event:
    return Event(f"v-{number}", "page_visit", at_ms, at_ms, {"path": path}, {})


PEOPLE = {
    "hot": record_of(
        OWNED | {"job_title": "CEO"},
        (form(1), form(2, FORM_MS - DAY_MS), *map(visit, range(1, 5)), visit(5, "/docs", NOW_MS - 60_000)),
    ),
    "new": record_of({"company": "=cmd|calc", "suppressed": "no"}, (form(1),), is_suppressed=True),
    "idle": record_of({"company": "ACME Ltd"}),
}


def step(contact: str, sequence: int, at_ms: int, **scores: Any) -> dict[str, Any]:
    """The row of a step that was announced at that instant."""
    because = [{"rule": "contact-us", "points": 25}, {"rule": "contact-us", "points": 25}]
    said = {"contact_id": contact, "at": format_rfc3339(at_ms), "cause": "event", "sequence": sequence}
    return history_row(orjson.dumps(said | {"scores": scores, "because": because}))


STEPS = (
    step("hot", 1, NOW_MS - 20 * DAY_MS, engagement={"score": 5, "stage": "cold", "previous": 0}, fit=None),
    step(
        *("hot", 2, NOW_MS - 9 * DAY_MS),
        engagement={"score": 16, "stage": "warm", "previous": 5, "previous_stage": "cold"},
        fit={"score": 0, "stage": "B"},
        interest={"values": {"/pricing": {"score": 3, "previous": 0}, "/": None}},
    ),
    step(
        *("hot", 3, FORM_MS),
        engagement={"score": 66, "stage": "hot", "previous": 16, "previous_stage": "warm"},
        fit={"score": 0, "stage": "B"},
    ),
    step(
        *("new", 7, FORM_MS),
        engagement={"score": 25, "stage": "warm", "previous": 1, "previous_stage": "cold"},
        fit={"score": 0, "stage": "B"},
    ),
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database of each kind, with three contacts."""
    with opened_database(empty_database(request), tmp_path_factory.mktemp("lists") / "read-model.sqlite") as engine:
        store_records(engine, PEOPLE)
        with reading(engine) as connection:
            epoch = epoch_of(connection)
        write(engine, epoch, Changes(history={(row["contact_id"], row["sequence"]): row for row in STEPS}), NOW_MS)
        yield engine


@pytest.fixture
def app(engine: Engine, tmp_path: Path) -> ApiApp:
    return ApiApp(engine, tmp_path)


@pytest.fixture
def http(app: ApiApp) -> httpx.AsyncClient:
    """A client that may do everything."""
    return app.client(headers=bearer(ALL))


async def table_of(http: httpx.AsyncClient, path: str = "/api/export", **query: Any) -> list[dict[str, str]]:
    """The rows of a CSV, by its titles."""
    answer = await http.get(path, params=query)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8"), answer.text
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"), newline="")))
    assert answer.headers["x-total-count"] == str(len(rows))
    return rows


async def test_the_columns_are_those_of_the_scores_of_contacts_and_of_every_attribute(http: httpx.AsyncClient) -> None:
    told = (await http.get("/api/columns")).json()

    words = [each["column"] for each in told["columns"]]
    assert words[:8] == [
        *("score:engagement", "stage:engagement", "change:engagement", "score:fit", "stage:fit", "change:fit"),
        *("stage:grade", "score:interest:/docs"),
    ]
    attributes = [f"attribute:{name}" for name in ("company", "employees", "job_title", "owner", "suppressed", "tags")]
    assert words[-7:] == [*attributes, "attribute:vip"]
    assert told["complete"] is True
    assert (await http.get("/api/export", params={"columns": words})).status_code == 200


async def test_a_list_says_what_scores_were_a_week_ago_and_when_somebody_was_seen_last(http: httpx.AsyncClient) -> None:
    listed = {each["contact_id"]: each for each in (await http.get("/api/contacts")).json()["contacts"]}

    hot, new, idle = (listed[name]["week_ago"] for name in ("hot", "new", "idle"))
    score = listed["hot"]["scores"]["engagement"]["score"]
    assert hot["engagement"] == {"score": 16, "stage": "warm", "change": score - 16}
    assert hot["fit"] == {"score": 0, "stage": "B", "change": 10}
    assert hot["interest"]["values"]["/pricing"]["score"] == 3
    assert listed["hot"]["scores"]["interest"]["values"].keys() == {"/pricing", "/docs"}
    assert hot["interest"]["values"]["/docs"] == {"score": None, "stage": None, "change": 3}  # it came since
    assert new["engagement"]["score"] == 1  # its first step that is kept came later: what was before that
    assert new["fit"]["change"] == 0
    assert idle == {}
    seen = [listed[name]["last_seen_at"] for name in ("hot", "new", "idle")]
    assert seen == [format_rfc3339(NOW_MS - 60_000), format_rfc3339(FORM_MS), None]


@pytest.mark.parametrize("path", ["/api/contacts", "/api/export"])
@pytest.mark.parametrize(
    ("asked", "code", "named"),
    [
        ({"stage": "hott"}, "no-such-stage", "cold, warm, hot"),
        ({"stage": ["hot", "A"]}, "no-such-stage", "cold, warm, hot"),
        ({"score": "grade", "stage": "hot"}, "no-such-stage", "A3"),
        ({"score": "interest", "value": "/pricing", "stage": "hot"}, "no-such-stage", "it has none"),
        ({"attribute_contains": "company"}, "bad-parameter", "attribute_contains: wanted name:text"),
    ],
)
async def test_what_the_model_does_not_have_is_refused_with_what_it_has(
    http: httpx.AsyncClient, path: str, asked: dict[str, Any], code: str, named: str
) -> None:
    answer = await http.get(path, params=asked)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert named in answer.json()["detail"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"attribute_contains": "company:ACME"}, {"hot", "idle"}),
        ({"attribute_contains": "company:söhne"}, {"hot"}),
        ({"attribute_starts_with": "company:acme l"}, {"idle"}),
        ({"attribute_starts_with": "company:ltd"}, set()),
        ({"attribute": "company:acme ltd"}, {"idle"}),
        ({"attribute_contains": "company:acme", "attribute": "owner:ada"}, {"hot"}),
    ],
)
async def test_attributes_are_filtered_by_a_part_by_their_beginning_or_whole_whatever_the_case(
    http: httpx.AsyncClient, asked: dict[str, str], found: set[str]
) -> None:
    listed = (await http.get("/api/contacts", params=asked)).json()["contacts"]
    assert {each["contact_id"] for each in listed} == found
    assert {row["contact_id"] for row in await table_of(http, **asked)} == found


async def test_a_file_has_a_column_an_attribute_and_scores_in_columns_of_their_own(http: httpx.AsyncClient) -> None:
    columns = ["score:engagement", "stage:engagement", "change:engagement", "owner", "suppressed", "last_seen"]
    attributes = ["attribute:company", "attribute:employees", "attribute:vip", "attribute:tags", "attribute:suppressed"]
    rows = {row["contact_id"]: row for row in await table_of(http, columns=[*columns, *attributes, "relative"])}

    assert list(rows["hot"]) == [
        *(
            "contact_id",
            "display_name",
            "engagement.score",
            "engagement.stage",
            "engagement.change_7d",
            "owner",
            "suppressed",
        ),
        *("last_seen_at", "company", "employees", "vip", "tags", "attributes.suppressed", "engagement.relative"),
    ]
    listed = (await http.get("/api/contacts")).json()["contacts"][0]
    assert rows["hot"] == {
        "contact_id": "hot",
        "display_name": "Acme & Söhne",
        "engagement.score": str(listed["score"]),
        "engagement.stage": "hot",
        "engagement.change_7d": str(listed["week_ago"]["engagement"]["change"]),
        "owner": "Ada",
        "suppressed": "false",
        "last_seen_at": format_rfc3339(NOW_MS - 60_000),
        "company": "Acme & Söhne",
        "employees": "250",
        "vip": "true",
        "tags": '["a","b"]',
        "attributes.suppressed": "",
        "engagement.relative": "100.0",
    }
    assert (rows["new"]["company"], rows["new"]["suppressed"], rows["new"]["attributes.suppressed"]) == (
        *("'=cmd|calc", "true"),
        "no",
    )
    assert (rows["idle"]["owner"], rows["idle"]["engagement.change_7d"]) == ("", "")


async def test_a_file_without_columns_leaves_nothing_out_and_begins_with_a_mark_on_wish(
    http: httpx.AsyncClient,
) -> None:
    (row,) = await table_of(http, stage="hot")

    scores = [f"{name}.{part}" for name in ("engagement", "fit") for part in ("score", "stage")]
    others = ["suppressed", "hot_since", "last_seen_at", "updated_at"]
    names = ["company", "employees", "job_title", "owner", "attributes.suppressed", "tags", "vip"]
    assert list(row) == ["contact_id", "display_name", *scores, "grade.stage", *others, *names]
    for asked, begins in (({}, b"contact_id,"), ({"bom": "true"}, b"\xef\xbb\xbfcontact_id,")):
        answer = await http.get("/api/export", params={"stage": "hot"} | asked)
        assert answer.content.startswith(begins)


async def test_a_segments_file_is_as_ever_unless_columns_are_asked_for(http: httpx.AsyncClient) -> None:
    await http.put("/api/segments/acme", json={"attributes": [{"attribute": "company", "contains": "acme"}]})
    path = "/api/segments/acme/export"
    as_ever = await table_of(http, path, format="csv")
    assert list(as_ever[0])[:4] == ["contact_id", "updated_at", "hot_since", "suppressed"]
    assert [row["suppressed"] for row in as_ever] == ["False", "False"]
    assert orjson.loads(as_ever[0]["attributes"])["company"] == "Acme & Söhne"

    asked: dict[str, Any] = {"columns": ["suppressed", "attribute:company"]}
    chosen = await table_of(http, path, format="csv", bom="true", **asked)
    assert chosen == await table_of(http, segment="acme", **asked)
    assert chosen[0] == {
        "contact_id": "hot",
        "display_name": "Acme & Söhne",
        "suppressed": "false",
        "company": "Acme & Söhne",
    }
    refused = await http.get(path, params=asked)
    assert (refused.status_code, refused.json()["detail"]) == (
        400,
        "columns, bom: wanted format=csv with them; got none",
    )


@pytest.mark.parametrize("kind", ["views", "segments"])
@pytest.mark.parametrize("name", ["EMEA/DACH", "a/", "/", "Q1 100%", "?x=1", "https://x.example/a b", "..."])
async def test_a_list_is_called_as_people_write(http: httpx.AsyncClient, kind: str, name: str) -> None:
    path = f"/api/{kind}/{quote(name, safe='')}"
    assert (await http.put(path, json={})).status_code == 200
    assert (await http.get(path)).json()["name"] == name
    if kind == "segments":
        assert (await http.get(f"{path}/export")).status_code == 200
    assert (await http.delete(path)).json()["name"] == name


async def test_a_segment_can_not_be_called_as_the_export_of_another_is(http: httpx.AsyncClient) -> None:
    refused = await http.put("/api/segments/vip%2Fexport", json={})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad-parameter")


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ("scores:fit", "columns"),
        ("nothing", "relative, owner, last_seen, changed, hot_since, suppressed, updated, attributes"),
        ("score:none", "score: with one of engagement, fit, grade, interest:VALUE"),
        ("stage:interest:/", "stage: with one of"),
        ("score:interest", "interest:VALUE"),
    ],
)
async def test_a_column_that_is_not_there_is_refused_with_those_that_are(
    http: httpx.AsyncClient, columns: str, named: str
) -> None:
    refused = [
        await http.get("/api/export", params={"columns": columns}),
        await http.put("/api/views/odd", json={"columns": [columns]}),
    ]
    for answer in refused:
        assert answer.status_code == 400
        assert named in answer.json()["detail"]


async def test_a_view_keeps_filter_order_and_columns_until_it_is_dropped(app: ApiApp, http: httpx.AsyncClient) -> None:
    view = {"stage": ["hot", "warm"], "at_least": 20.0, "attribute_contains": ["company:acme"], "order": "asc"}
    view |= {"columns": ["score:fit", "attribute:company"]}
    put = await http.put("/api/views/Mine & yours", json=view)

    assert (put.status_code, put.json()) == (200, {"name": "Mine & yours", "view": view})
    assert (await http.put("/api/views/all", json={"order": "desc", "value": ""})).json()["view"] == {}
    another_process = app.client(headers=bearer(READ_ONLY))
    assert [each["name"] for each in (await another_process.get("/api/views")).json()["views"]] == [
        "Mine & yours",
        "all",
    ]
    assert (await another_process.get("/api/views/Mine & yours")).json() == put.json()
    for method in ("PUT", "DELETE"):
        refused = await another_process.request(method, "/api/views/all", json={})
        assert (refused.status_code, refused.json()["code"]) == (403, "no-scope")

    assert (await http.put("/api/views/all", json={"segment": "acme-none"})).json()["code"] == "no-such-segment"
    for name in ("Mine & yours", "all"):
        assert (await http.delete(f"/api/views/{name}")).status_code == 200
    assert (await http.get("/api/views/all")).json()["code"] == "no-such-view"
    assert (await http.delete("/api/views/all")).status_code == 404


@pytest.mark.parametrize(
    "view",
    [{word: ["attribute:\ud800"]} for word in ("columns", "attribute", "attribute_contains", "stage")]
    + [{word: "\ud800"} for word in ("segment", "value", "score")]
    + [{"columns": ["attribute:\0"]}],
    ids=str,
)
async def test_half_a_character_and_a_zero_byte_are_no_fault_of_the_api(http: httpx.AsyncClient, view: Any) -> None:
    answer = await http.put("/api/views/odd", content=json.dumps(view))
    assert answer.status_code in (200, 400, 404)
    listed = await http.get("/api/views")
    assert listed.status_code == 200
    if answer.status_code == 200:
        await http.delete("/api/views/odd")


@pytest.mark.parametrize(
    ("name", "view"),
    [
        ("a", {"score": "none"}),
        ("a", {"stage": ["hott"]}),
        ("a", {"segment": "warm-companies", "stage": ["hot"]}),
        ("a", {"attribute": ["no colon"]}),
        ("a", {"cursor": "x"}),
        ("a", []),
        ("a" * 101, {}),
        ("a%09b", {}),
    ],
)
async def test_a_view_that_would_show_nothing_is_refused(http: httpx.AsyncClient, name: str, view: Any) -> None:
    assert (await http.put(f"/api/views/{name}", json=view)).status_code in (400, 404)
    assert (await http.get("/api/views")).json() == {"views": []}


async def test_a_contact_in_short_says_why_what_changed_and_when_it_cools(http: httpx.AsyncClient) -> None:
    told = (await http.get("/api/contacts/hot/summary")).json()
    forecast = (await http.get("/api/contacts/hot/forecast", params={"until": NOW_MS + 200 * DAY_MS})).json()

    assert [(each["rule"], each["count"]) for each in told["reasons"]] == [("contact-us", 2), ("pricing", 4)]
    assert told["reasons"][0]["last_at"] == format_rfc3339(FORM_MS)
    assert 29 < told["reasons"][1]["points"] < 30  # its limit is taken off
    assert told["changed"] == {
        "at": format_rfc3339(FORM_MS),
        "cause": "event",
        "score": 66,
        "stage": "hot",
        "previous": 16,
        "previous_stage": "warm",
        "because": ["contact-us"],
    }
    falls = next(each for each in forecast["steps"] if each["stage"] != each["previous_stage"])
    assert told["cools"] == {"at": falls["at"], "stage": "warm", "previous_stage": "hot"}
    assert told == (await http.get("/api/contact/summary", params={"contact_id": "hot"})).json()


@pytest.mark.parametrize(
    ("asked", "rules"),
    [
        ({"score": "fit"}, ["ceo"]),
        ({"score": "grade"}, ["contact-us", "pricing", "ceo"]),
        ({"score": "interest", "value": "/pricing"}, ["seen"]),
        ({"score": "interest", "value": "/none"}, []),
    ],
)
async def test_a_label_has_the_reasons_of_its_scores_and_a_value_its_own(
    http: httpx.AsyncClient, asked: dict[str, str], rules: list[str]
) -> None:
    told = (await http.get("/api/contacts/hot/summary", params=asked)).json()
    assert [each["rule"] for each in told["reasons"]] == rules


async def test_nothing_of_a_person_is_told_without_the_scope_nor_kept_by_the_audit(
    app: ApiApp, http: httpx.AsyncClient
) -> None:
    paths = (
        "/api/export",
        "/api/columns",
        "/api/views",
        "/api/contacts/hot/summary",
        "/api/contact/summary?contact_id=hot",
    )
    for path in paths:
        refused = await app.client().get(path)
        assert refused.status_code == 401, path
        assert "Acme" not in refused.text
        await http.get(path, params={"attribute_contains": "company:Acme"} if path == "/api/export" else None)

    assert "acme" not in app.audit_file.read_text().lower()
    assert [line["operation"] for line in app.audited() if line["who"] is not None][:2] == [
        *("export_contacts", "list_columns"),
    ]
