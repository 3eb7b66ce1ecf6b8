"""Segments of the model: everybody's, changed with the model alone, and at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from streamprocessor.cli.kafka.revisions import apply_model
from streamprocessor.contract.model_file.read_model import parse_model
from tests.harness.apis import ALL, ApiProcess, bearer
from tests.harness.settling import until_settled
from tests.harness.system import Sent, until
from tests.readmodel.conftest import MODEL, ScoredSystem, empty_database

pytestmark = pytest.mark.kafka

PEOPLE = {"seg-1": {"company": "Acme"}, "seg-2": {"company": "Bolt"}, "seg-3": {}}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def http(
    request: pytest.FixtureRequest, scored: ScoredSystem, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A client that may do everything, of an api on each kind of database."""
    asyncio.run(tell_of_people(scored))
    folder, url = tmp_path_factory.mktemp("api"), empty_database(request)
    process = ApiProcess(scored.system.settings, folder, database_url=url).start()
    try:
        asyncio.run(process.ready())
        with httpx.Client(base_url=process.address, headers=bearer(ALL), timeout=20) as client:
            yield client
    finally:
        process.discard()


async def tell_of_people(scored: ScoredSystem) -> None:
    """Each has 25 points; two are of a company."""
    form = {"type": "form_submission", "properties": {"form": "contact"}}
    await scored.system.send(
        record
        for name, said in PEOPLE.items()
        for record in (
            Sent("form-submissions", name.encode(), form | {"id": f"f-{name}"}),
            Sent("contact-updates", name.encode(), {"update": "attributes", "attributes": said, "id": f"a-{name}"}),
        )
    )
    await until_settled(scored.system)


@pytest.fixture
def apply(scored: ScoredSystem, tmp_path: Path) -> Iterator[Callable[[str], object]]:
    """Puts the model with other segments in force; the former ones are back after the test."""

    def put(segments: str) -> object:
        file = tmp_path / "model.yaml"
        file.write_text(segments)
        return asyncio.run(apply_model(scored.system.settings, file))

    yield put
    put(MODEL)


def listed(http: httpx.Client) -> dict[str, Any]:
    return {each["name"]: each for each in http.get("/api/segments").json()["segments"]}


def until_listed(http: httpx.Client, condition: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
    return asyncio.run(until(lambda: listed(http), condition, 20, what, every_seconds=0.05))


def names_of(contacts: Iterable[dict[str, Any]]) -> set[str]:
    return {contact["contact_id"] for contact in contacts}


def test_segments_of_the_model_are_listed_counted_paged_and_exported(http: httpx.Client) -> None:
    (wanted,) = (segment.filter for segment in parse_model(MODEL, "m").segments)
    known = listed(http)["warm-companies"]

    assert (known["from"], known["shadows"], known["count"]) == ("model", False, 2)
    assert known["filter"] == {
        "scores": [{"score": "engagement", "stages": ["warm"], "at_least": 25}],
        "attributes": [{"attribute": "company", "exists": True}],
    }
    assert wanted.scores[0].at_least == 25
    one = http.get("/api/segments/warm-companies").json()
    assert names_of(one["page"]["contacts"]) == {"seg-1", "seg-2"}
    assert (one["count"], one["from"]) == (2, "model")
    exported = http.get("/api/segments/warm-companies/export")
    assert names_of(orjson.loads(line) for line in exported.text.splitlines()) == {"seg-1", "seg-2"}
    assert exported.headers["x-total-count"] == "2"


def test_what_is_put_is_told_apart_from_what_the_model_says(http: httpx.Client) -> None:
    put = http.put("/api/segments/own", json={"attributes": [{"attribute": "company", "equals": "Acme"}]}).json()

    assert (put["from"], put["shadows"], put["count"]) == ("api", False, 1)
    assert listed(http)["own"] == put
    assert http.delete("/api/segments/own").json()["from"] == "api"
    assert "own" not in listed(http)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_segment_of_the_model_is_not_changed_from_here(http: httpx.Client, method: str) -> None:
    answer = http.request(method, "/api/segments/warm-companies", json={} if method == "PUT" else None)

    assert (answer.status_code, answer.json()["code"]) == (409, "held-by-model")
    assert "wanted one that the model in force does not hold" in answer.json()["detail"]
    assert listed(http)["warm-companies"]["count"] == 2


def test_a_model_with_other_segments_takes_effect_at_once_and_hides_what_was_put(
    http: httpx.Client, apply: Callable[[str], object]
) -> None:
    assert http.put("/api/segments/mine", json={}).json()["count"] > 2
    before = http.get("/api/scores").json()["model"]

    said = "mine: {attributes: [{attribute: company, equals: Bolt}]}"
    apply(MODEL.replace("  warm-companies:", f"  {said}\n  of-all:"))
    known = until_listed(http, lambda found: "of-all" in found, "the model's segments")

    assert "warm-companies" not in known
    assert (known["mine"]["from"], known["mine"]["shadows"], known["mine"]["count"]) == ("model", True, 1)
    assert names_of(http.get("/api/segments/mine").json()["page"]["contacts"]) == {"seg-2"}
    assert http.delete("/api/segments/mine").status_code == 409
    assert http.get("/api/scores").json()["model"] == before  # neither another version nor another revision

    apply(MODEL)
    known = until_listed(http, lambda found: "of-all" not in found, "the segments of before")
    assert (known["mine"]["from"], known["mine"]["filter"]) == ("api", {})
    assert http.delete("/api/segments/mine").status_code == 200
