"""Whatever a contact's id is, the contact can be looked at, exported and erased."""

from __future__ import annotations

import hmac
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import Engine

from tests.harness.apis import ALL, bearer
from tests.harness.odd_ids import REFUSED_IDS, TAKEN_IDS
from tests.harness.processes import SALT
from tests.readmodel.api_apps import ApiApp, store_contacts
from tests.readmodel.conftest import empty_database
from tests.readmodel.databases import opened_database

TAKEN = (
    *TAKEN_IDS,
    "c-44",
    "c-44/history",
    "/",
    "//",
    ".",
    "../../etc/passwd",
    "%",
    "%00",
    "a#b",
    "a?b=c&contact_id=d",
    "a;b",
)
IN_NO_DATABASE = "nul\0in"
OF_EARLIER_RELEASES = (*(contact_id for contact_id in REFUSED_IDS if "\0" not in contact_id), "c" * 1_024)
PARTS = ("", "/explanation", "/history", "/events", "/forecast", "/export")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database of each kind with a contact of each id."""
    with opened_database(empty_database(request), tmp_path_factory.mktemp("ids") / "read-model.sqlite") as engine:
        store_contacts(engine, [*TAKEN, *OF_EARLIER_RELEASES])
        yield engine


@pytest.fixture(scope="module")
def app(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> ApiApp:
    return ApiApp(engine, tmp_path_factory.mktemp("app"))


@pytest.fixture
def http(app: ApiApp) -> httpx.AsyncClient:
    return app.client(headers=bearer(ALL))


@pytest.mark.parametrize("contact_id", [*TAKEN, *OF_EARLIER_RELEASES])
async def test_every_id_can_be_looked_at_exported_and_erased(
    app: ApiApp, http: httpx.AsyncClient, contact_id: str
) -> None:
    which = {"contact_id": contact_id}
    answers = {part: await http.get(f"/api/contact{part}", params=which) for part in PARTS}
    assert {part: answer.status_code for part, answer in answers.items()} == dict.fromkeys(PARTS, 200)
    for part in ("", "/explanation", "/forecast", "/export"):
        assert answers[part].json()["contact_id"] == contact_id
    assert [event["id"] for event in answers["/events"].json()["events"]] == [f"e-{contact_id}"[:50]]

    erased = await http.delete("/api/contact", params=which)
    assert erased.status_code == 202
    topic, key, value = app.producer.sent[-1]
    assert (topic, key) == ("contact-updates", contact_id.encode())
    assert value == {"id": erased.json()["id"], "contact_id": contact_id, "update": "erase"}

    line = app.audited()[-1]
    assert line["contact"] == hmac.digest(SALT.encode(), contact_id.encode(), "sha256")[:16].hex()
    assert (line["operation"], line["who"], line["status"]) == ("erase_contact_by_query", "ops", 202)


async def test_who_can_only_be_kept_by_the_workers_can_be_erased_and_is_not_found(
    app: ApiApp, http: httpx.AsyncClient
) -> None:
    which = {"contact_id": IN_NO_DATABASE}
    for part in PARTS:
        answer = await http.get(f"/api/contact{part}", params=which)
        assert (answer.status_code, answer.json()["code"]) == (404, "no-such-contact")
    assert (await http.delete("/api/contact", params=which)).status_code == 202
    assert app.producer.sent[-1].key == IN_NO_DATABASE.encode()


@pytest.mark.parametrize("contact_id", ["", "\0reserved", "c" * 1_025, "é" * 513])
async def test_an_id_that_no_contact_ever_had_is_refused(app: ApiApp, http: httpx.AsyncClient, contact_id: str) -> None:
    sent = list(app.producer.sent)
    answer = await http.delete("/api/contact", params={"contact_id": contact_id})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-parameter")
    assert app.producer.sent == sent


@pytest.mark.parametrize(
    "query", ["", "?contact_id=a&contact_id=b&at=x", "?contact_id=a&cntact=b", "?at=%00&contact_id=a"]
)
async def test_a_query_without_one_id_or_with_more_than_is_known_is_refused(
    http: httpx.AsyncClient, query: str
) -> None:
    answer = await http.get(f"/api/contact{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-parameter")
    assert "wanted" in answer.text or "required" in answer.text or "not permitted" in answer.text


async def test_paths_still_take_the_ids_that_are_one_part_of_them(http: httpx.AsyncClient) -> None:
    for path in ("c-44", "c-44/export", "c-44/history", "a%23b", "%D9%85%D8%B1"):
        assert (await http.get(f"/api/contacts/{path}")).status_code == 200
