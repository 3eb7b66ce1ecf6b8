"""Files given to be imported: what would become of them is told first, they are kept until their import succeeded."""

from __future__ import annotations

import json
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from streamprocessor.errors import OperatorError
from streamprocessor.readmodel.gateways.import_files import KEPT_MS, MOST_FILES, ImportFiles
from streamprocessor.readmodel.gateways.import_job import ImportJob
from streamprocessor.readmodel.gateways.import_jobs import ImportJobs
from streamprocessor.readmodel.gateways.import_order import ImportOrder
from streamprocessor.readmodel.problem import Problem
from tests.harness.apis import ALL, NO_ERASE, READ_ONLY, bearer
from tests.readmodel.api_apps import ApiApp
from tests.readmodel.databases import opened_database

CSV = (
    "E-Mail,Vorname,Firma,Abgemeldet\n"
    "ada@example.com,Ada,Acme,nein\n"
    'bob@example.com,Bob,"Beta, Inc.",ja\n'
    "not an address,Eve,Evil,nein\n"
)
MAPPING: dict[str, Any] = {
    "contact": {"address": "E-Mail"},
    "attributes": {"email": "E-Mail", "first_name": "Vorname", "company": "Firma"},
    "suppressed": {"column": "Abgemeldet", "true_values": ["ja"], "false_values": ["nein"]},
}


class Runs:
    """Imports as they would run, of which the next one may fail."""

    def __init__(self) -> None:
        self.orders: list[ImportOrder] = []
        self.failure: str | None = None

    def __call__(self, file: Path, order: ImportOrder, _: ImportJob) -> None:
        assert file.read_text() == CSV
        self.orders.append(order)
        if self.failure is not None:
            raise OperatorError(self.failure)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with opened_database("", tmp_path / "read-model.sqlite") as engine:
        yield engine


@pytest.fixture
def runs() -> Runs:
    return Runs()


@pytest.fixture
def app(engine: Engine, tmp_path: Path, runs: Runs) -> ApiApp:
    return ApiApp(engine, tmp_path, run_import=runs)


@pytest.fixture
def http(app: ApiApp) -> httpx.AsyncClient:
    return app.client(headers=bearer(ALL))


async def given(http: httpx.AsyncClient, content: str = CSV, name: str = "webinar.csv") -> dict[str, Any]:
    """What is told of a file that is given."""
    answer = await http.post("/api/import-files", params={"name": name}, content=content)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def proposed(http: httpx.AsyncClient, file_id: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await http.post(f"/api/import-files/{file_id}/proposal", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def imported(http: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    """What the import of a kept file came to."""
    begun = await http.post("/api/imports", json=body)
    assert begun.status_code == 202, begun.text
    path = f"/api/imports/{begun.json()['id']}"
    while True:
        job: dict[str, Any] = (await http.get(path)).json()
        if job["ended_at"] is not None:
            return job


async def test_what_would_become_of_a_file_is_told_before_anything_is_sent(http: httpx.AsyncClient) -> None:
    told = await proposed(http, (await given(http))["file"]["id"], {"mapping": MAPPING})

    counts = told["counts"]
    assert (counts["rows"], counts["accepted"], counts["refused"], counts["skipped"]) == (3, 2, 1, 0)
    assert (counts["updates"], counts["opted_out"]) == ({"attributes": 2, "suppressed": 1}, 1)
    assert counts["is_whole"] is True
    assert [(row["line"], row["reason"]) for row in told["first_refused"]] == [(4, "no-contact")]
    assert told["columns"][0] == {
        "name": "E-Mail",
        "samples": ["ada@example.com", "bob@example.com", "not an address"],
        "meanings": ["contact.address", "attributes.email"],
    }
    first = told["samples"][0]
    assert first["records"][0]["attributes"] == {"email": "ada@example.com", "first_name": "Ada", "company": "Acme"}
    assert [row["line"] for row in told["samples"]] == [2, 3, 4]
    assert told["mapping"] == MAPPING


async def test_a_mapping_that_is_none_or_names_what_is_not_there_is_said_with_the_columns_beside(
    http: httpx.AsyncClient,
) -> None:
    file_id = (await given(http))["file"]["id"]
    for body, problem in (
        ({"mapping": {"contact": "E-Mail"}}, "wanted either type"),
        ({"mapping": {"contact": "Nobody", "attributes": {"email": "E-Mail"}}}, "'Nobody'"),
        ({"mapping_text": "{contact"}, "wanted a comma before the next word"),
        ({"mapping_text": "- 1"}, "wanted"),
    ):
        told = await proposed(http, file_id, body)
        assert problem in told["problem"], body
        assert [column["name"] for column in told["columns"]] == ["E-Mail", "Vorname", "Firma", "Abgemeldet"]
        assert (told["counts"]["rows"], told["samples"]) == (0, [])


async def test_a_file_is_gone_once_its_import_succeeded_and_stays_with_its_choices_where_it_failed(
    app: ApiApp, http: httpx.AsyncClient, runs: Runs, tmp_path: Path
) -> None:
    file_id = (await given(http))["file"]["id"]
    content = tmp_path / "import-files" / file_id
    assert stat.S_IMODE(content.stat().st_mode) == 0o600
    runs.failure = "the broker went away"
    failed = await imported(http, {"file": file_id, "mapping": MAPPING})
    assert (failed["state"], failed["error"], failed["file"]) == ("failed", "the broker went away", file_id)

    another = ApiApp(app.context.engine, tmp_path, run_import=runs).client(headers=bearer(ALL))
    kept = (await another.get(f"/api/import-files/{file_id}")).json()
    assert (kept["mapping"], kept["file"]["name"]) == (MAPPING, "webinar.csv")
    assert kept["counts"]["rows"] == 3

    runs.failure = None
    done = await imported(http, {"file": file_id})
    assert (done["state"], done["mapping"], done["file"]) == ("done", "own", None)
    assert [order.mapping_text for order in runs.orders] == [kept["mapping_text"]] * 2
    assert (await http.get(f"/api/import-files/{file_id}")).status_code == 404
    assert list((tmp_path / "import-files").iterdir()) == []


async def test_a_file_is_deleted_when_asked_after_seven_days_and_for_newer_ones(
    app: ApiApp, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    ids = [(await given(http, name=f"{n}.csv"))["file"]["id"] for n in range(MOST_FILES + 1)]
    listed = [file["id"] for file in (await http.get("/api/import-files")).json()["files"]]
    assert listed == ids[:0:-1]

    assert (await http.delete(f"/api/import-files/{ids[1]}")).status_code == 200
    app.clock.now_ms += KEPT_MS
    assert (await http.get("/api/import-files")).json()["files"] == []
    assert list((tmp_path / "import-files").iterdir()) == []


async def test_a_saved_mapping_recognises_its_columns_the_next_time(http: httpx.AsyncClient) -> None:
    header = CSV.splitlines()[0].split(",")
    body = {"mapping": MAPPING, "header": header}
    assert (await http.put("/api/import-mappings/Webinar%2F2026", json=body)).status_code == 200
    listed = (await http.get("/api/import-mappings")).json()["mappings"]
    assert [(each["title"], each["saved"]) for each in listed] == [("Webinar/2026", True)]

    told = await given(http, "Vorname,E-Mail,Abgemeldet,Firma\nAda,ada@example.com,nein,Acme\n", "anything.csv")
    assert told["recognised"] == {"name": "Webinar/2026", "title": "Webinar/2026", "saved": True}
    assert told["counts"]["accepted"] == 1
    more = await given(http, "Vorname,E-Mail,Abgemeldet,Firma,New\nAda,ada@example.com,nein,Acme,\n")
    assert more["recognised"]["title"] == "Webinar/2026"
    less = await given(http, "Vorname,E-Mail\nAda,ada@example.com\n")
    assert less["recognised"] is None

    assert (await http.delete("/api/import-mappings/Webinar%2F2026")).status_code == 200
    assert (await http.get("/api/import-mappings/Webinar%2F2026")).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", "/api/imports", {"file": "0" * 32}, "no-such-file"),
        ("POST", "/api/imports", {"contact_id": "c-1", "type": "email_open"}, "bad-body"),
        ("POST", f"/api/import-files/{'0' * 32}/proposal", {}, "no-such-file"),
        ("GET", "/api/import-files/audit.jsonl", None, "no-such-file"),
        ("POST", "/api/import-files", {"a": 1}, "bad-parameter"),
        ("PUT", "/api/import-mappings/x", {}, "bad-body"),
        ("PUT", "/api/import-mappings/x", {"mapping": {"contact": "a"}}, "bad-mapping"),
        ("PUT", "/api/import-mappings/x", {"mapping": {}, "mapping_text": ""}, "bad-body"),
        ("PUT", "/api/import-mappings/x", {"mapping": {"contact": "\ud800"}}, "bad-body"),
        ("PUT", "/api/import-mappings/x", {"mapping_text": 'contact: "\\ud800"'}, "bad-body"),
        ("PUT", "/api/import-mappings/x", {"mapping": {"contact": 1 << 80}}, "bad-body"),
        ("DELETE", "/api/import-mappings/x", None, "no-such-mapping"),
    ],
)
async def test_what_is_asked_wrongly_is_refused(
    http: httpx.AsyncClient, method: str, path: str, body: Any, code: str
) -> None:
    content = None if body is None else json.dumps(body)
    answer = await http.request(method, path, content=content, headers={"content-type": "application/json"})
    assert answer.json()["code"] == code, answer.text


async def test_a_token_that_may_not_erase_sees_that_such_lines_are_refused(app: ApiApp) -> None:
    lines = '{"contact_id": "c-1", "update": "erase"}\n'
    for token, refused in ((NO_ERASE, {"no-scope": 1}), (ALL, {})):
        told = await given(app.client(headers=bearer(token)), lines, "x.jsonl")
        assert told["counts"]["refused_by_reason"] == refused
    assert (await app.client(headers=bearer(READ_ONLY)).get("/api/import-files")).status_code == 403
    assert (await app.client(headers=bearer(READ_ONLY)).get("/api/import-mappings")).status_code == 200


async def test_what_came_half_is_not_there_after_a_restart(tmp_path: Path) -> None:
    async def cut_off() -> AsyncIterator[bytes]:
        yield b"a,b\n"
        raise Problem(400, "bad-body", "body: wanted all of it; got a part")

    folder, jobs = tmp_path / "kept", ImportJobs(tmp_path / "imports", lambda *_: None, 1_000, lambda: 0)
    files = ImportFiles(folder, jobs, lambda: 0)
    with pytest.raises(Problem):
        await files.keep("x.csv", "csv", cut_off())
    assert list(folder.iterdir()) == []
    (folder / ("a" * 32)).write_text("half")
    ImportFiles(folder, jobs, lambda: 0)
    assert list(folder.iterdir()) == []
