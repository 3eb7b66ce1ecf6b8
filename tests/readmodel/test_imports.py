"""Imports over the API: a file sent here ends in the topics, its progress and its bad rows are told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from streamprocessor.contract.access_policy import KeyKind
from streamprocessor.errors import BrokerAwayError, OperatorError
from streamprocessor.imports.json_lines import read_json_lines
from streamprocessor.imports.rows import BadRow
from streamprocessor.readmodel.gateways import import_jobs
from streamprocessor.readmodel.gateways.import_job import (
    CANCELLED,
    DONE,
    FAILED,
    INTERRUPTED,
    MOST_REFUSED_SHOWN,
    RUNNING,
    ImportJob,
)
from streamprocessor.readmodel.gateways.import_jobs import MOST_RECEIVED, MOST_SHOWN, MOST_TRIES, ImportJobs
from streamprocessor.readmodel.gateways.import_order import ImportOrder
from streamprocessor.readmodel.gateways.import_run import RunImport, permitted
from streamprocessor.readmodel.problem import Problem
from tests.harness.apis import ALL, NO_ERASE, bearer
from tests.harness.system import until
from tests.readmodel.conftest import ApiSystem

JSON_LINES = ImportOrder("jsonl", None, None)


async def body_of(*parts: bytes) -> AsyncIterator[bytes]:
    """A body that comes in parts."""
    for part in parts:
        yield part


def jobs_of(folder: Path, run: RunImport, most_bytes: int = 1000) -> ImportJobs:
    return ImportJobs(folder, run, most_bytes, lambda: 1_000)


async def ended(job: ImportJob) -> None:
    await until(lambda: job.is_under_way, lambda under_way: not under_way, 10, "ended", every_seconds=0.01)


async def test_a_file_is_gone_once_it_is_imported_and_what_became_of_it_is_told(tmp_path: Path) -> None:
    def run(file: Path, order: ImportOrder, job: ImportJob) -> None:
        assert (file.read_bytes(), order) == (b"one\ntwo\n", JSON_LINES)
        assert file.stat().st_mode & 0o077 == 0
        for number in range(MOST_REFUSED_SHOWN + 1):
            job.refuse(number, "not-json", "")

    jobs = jobs_of(tmp_path, run)
    job = await jobs.begin(JSON_LINES, body_of(b"one\n", b"two\n"))
    await ended(job)
    assert (job.state, job.refused, len(job.first_refused)) == (DONE, {"not-json": 21}, MOST_REFUSED_SHOWN)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "told"), [(OperatorError("topics missing"), "topics missing"), (KeyError("jane"), "the log says where")]
)
async def test_an_import_that_fails_says_why_and_repeats_nothing_of_the_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, error: Exception, told: str
) -> None:
    def run(*_: object) -> None:
        raise error

    job = await jobs_of(tmp_path, run).begin(JSON_LINES, body_of(b"x"))
    await ended(job)
    assert job.state == FAILED
    assert told in (job.error or "")
    assert "jane" not in caplog.text


async def test_one_import_runs_at_a_time(tmp_path: Path) -> None:
    go_on = threading.Event()

    def run(*_: object) -> None:
        go_on.wait(10)

    jobs = jobs_of(tmp_path, run)
    first = await jobs.begin(JSON_LINES, body_of(b"x"))
    with pytest.raises(Problem) as refused:
        await jobs.begin(JSON_LINES, body_of(b"y"))
    assert refused.value.status_code == 409
    go_on.set()
    await ended(first)
    await ended(await jobs.begin(JSON_LINES, body_of(b"y")))
    assert [job.state for job in jobs.all()] == [DONE, DONE]


async def test_a_body_that_comes_slowly_holds_up_nobody_and_few_may_come_at_once(tmp_path: Path) -> None:
    rest = asyncio.Event()
    came = 0

    async def slow() -> AsyncIterator[bytes]:
        nonlocal came
        came += 1
        yield b"x"
        await rest.wait()

    ran, go_on = list[str](), threading.Event()

    def run(_file: Path, _order: ImportOrder, job: ImportJob) -> None:
        ran.append(job.id)
        go_on.wait(10)

    jobs = jobs_of(tmp_path, run)
    slow_ones = [asyncio.ensure_future(jobs.begin(JSON_LINES, slow())) for _ in range(MOST_RECEIVED - 1)]
    await until(lambda: came, lambda count: count == MOST_RECEIVED - 1, 10, "slow bodies", every_seconds=0.01)
    quick = await jobs.begin(JSON_LINES, body_of(b"y"))

    rest.set()  # while the quick one still runs
    refused = await asyncio.gather(*slow_ones, return_exceptions=True)
    assert [error.status_code for error in refused if isinstance(error, Problem)] == [409] * (MOST_RECEIVED - 1)
    go_on.set()
    await ended(quick)
    assert ran == [quick.id]
    assert list(tmp_path.iterdir()) == []

    rest.clear()
    came = 0
    slow_ones = [asyncio.ensure_future(jobs.begin(JSON_LINES, slow())) for _ in range(MOST_RECEIVED)]
    await until(lambda: came, lambda count: count == MOST_RECEIVED, 10, "slow bodies", every_seconds=0.01)
    with pytest.raises(Problem) as one_too_many:
        await jobs.begin(JSON_LINES, body_of(b"y"))
    assert one_too_many.value.status_code == 409
    for each in slow_ones:
        each.cancel()
    await asyncio.wait(slow_ones)
    await ended(await jobs.begin(JSON_LINES, body_of(b"y")))


async def test_an_import_that_is_under_way_is_known_however_many_ended_meanwhile(tmp_path: Path) -> None:
    come, rest = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"x"
        come.set()
        await rest.wait()

    jobs = jobs_of(tmp_path, lambda *_: None)
    begun = asyncio.ensure_future(jobs.begin(JSON_LINES, slow()))
    await come.wait()
    for _ in range(MOST_SHOWN + 1):
        await ended(await jobs.begin(JSON_LINES, body_of(b"y")))
    assert len(jobs.all()) == MOST_SHOWN
    rest.set()
    slow_one = await begun

    assert jobs.get(slow_one.id) is slow_one


async def test_a_body_that_is_too_large_or_does_not_come_whole_leaves_nothing(tmp_path: Path) -> None:
    async def cut_off() -> AsyncIterator[bytes]:
        yield b"x"
        raise Problem(400, "bad-body", "body: wanted all of it; got a part")

    jobs = jobs_of(tmp_path, lambda *_: None)
    for body, code in ((body_of(b"x" * 600, b"x" * 600), 413), (cut_off(), 400)):
        with pytest.raises(Problem) as refused:
            await jobs.begin(JSON_LINES, body)
        assert refused.value.status_code == code
        assert (jobs.all(), list(tmp_path.iterdir())) == ([], [])


async def test_what_a_process_leaves_unfinished_the_next_one_goes_on_with(tmp_path: Path) -> None:
    has_begun, orders = threading.Event(), list[ImportOrder]()

    def run(_: object, __: object, job: ImportJob) -> None:
        has_begun.set()
        while True:
            job.read(1)

    jobs = jobs_of(tmp_path, run)
    order = ImportOrder("csv", "own", "contact: who", KeyKind.ERASING_TOKEN)
    job = await jobs.begin(order, body_of(b"one\n"))
    await asyncio.to_thread(has_begun.wait, 10)
    await jobs.stop()

    def run_on(file: Path, order: ImportOrder, _: ImportJob) -> None:
        assert file.read_bytes() == b"one\n"
        orders.append(order)

    later = jobs_of(tmp_path, run_on)
    [left] = later.all()
    assert (left.id, left.state, left.bytes, left.began_ms) == (job.id, RUNNING, 4, job.began_ms)
    with pytest.raises(Problem):
        await later.begin(JSON_LINES, body_of(b"x"))
    later.resume()
    await ended(left)
    assert (left.state, left.resumed_ms, orders) == (DONE, 1_000, [order])
    assert list(tmp_path.iterdir()) == []


async def test_of_a_cancelled_import_no_more_is_sent_and_the_next_may_begin(tmp_path: Path) -> None:
    has_begun = threading.Event()

    def run(_: object, __: object, job: ImportJob) -> None:
        has_begun.set()
        while True:
            job.read(1)

    jobs = jobs_of(tmp_path, run)
    job = await jobs.begin(JSON_LINES, body_of(b"one\n"))
    await asyncio.to_thread(has_begun.wait, 10)
    jobs.cancel(job)
    await ended(job)
    assert (job.state, list(tmp_path.iterdir())) == (CANCELLED, [])
    with pytest.raises(Problem) as refused:
        jobs.cancel(job)
    assert (refused.value.status_code, refused.value.code) == (409, "import-not-running")
    assert jobs_of(tmp_path, run).all() == [], "nobody goes on with it"


async def test_an_import_that_waits_for_kafka_can_be_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streamprocessor.readmodel.gateways.import_jobs.AWAY_SECONDS", 0.01)

    def run(*_: object) -> None:
        raise BrokerAwayError("kafka: away")

    jobs = jobs_of(tmp_path, run)
    job = await jobs.begin(JSON_LINES, body_of(b"one\n"))
    await until(lambda: job.error, bool, 10, "the import waits", every_seconds=0.01)
    jobs.cancel(job)
    await ended(job)
    assert job.state == CANCELLED


async def test_an_import_over_which_several_processes_ended_is_given_up_unless_it_got_further(tmp_path: Path) -> None:
    def run(_: object, __: object, job: ImportJob) -> None:
        while True:
            job.read(1)

    first = jobs_of(tmp_path, run)
    job = await first.begin(JSON_LINES, body_of(b"one\n"))
    await first.stop()
    for _ in range(2 * MOST_TRIES):
        (tmp_path / f"{job.id}.checkpoint").write_text('{"at_ms": 1, "rows": 7}')
        (tmp_path / f"{job.id}.tries").write_text('{"rows": 6, "tries": 5}')
        left = await resumed(tmp_path, run)
        assert left.state == RUNNING
    states = [(await resumed(tmp_path, run)).state for _ in range(MOST_TRIES)]
    assert states == [RUNNING] * (MOST_TRIES - 1) + [FAILED]
    assert list(tmp_path.iterdir()) == []


async def resumed(folder: Path, run: RunImport) -> ImportJob:
    """The one import of a process that goes on with it and ends."""
    jobs = jobs_of(folder, run)
    [job] = jobs.all()
    jobs.resume()
    await jobs.stop()
    return job


async def test_a_file_that_had_not_come_whole_is_told_as_interrupted(tmp_path: Path) -> None:
    (tmp_path / ("a" * 32)).write_bytes(b"half")

    jobs = jobs_of(tmp_path, lambda *_: pytest.fail("half a file is imported"))
    jobs.resume()

    [left] = jobs.all()
    assert (left.state, left.bytes) == (INTERRUPTED, 4)
    assert list(tmp_path.iterdir()) == []


async def test_an_import_goes_on_where_kafka_was_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_jobs, "AWAY_SECONDS", 0.01)
    errors = [BrokerAwayError("gone"), BrokerAwayError("gone")]

    def run(*_: object) -> None:
        if errors:
            raise errors.pop()

    job = await jobs_of(tmp_path, run).begin(JSON_LINES, body_of(b"x"))
    await ended(job)
    assert (job.state, job.error, errors) == (DONE, None, [])


LINES = [
    {"contact_id": "c-1", "type": "email_open"},
    {"contact_id": "c-70", "update": "erase"},
    {"contact_id": "c-71", "update": "do_not_score", "do_not_score": True},
    {"contact_id": "c-72", "update": "attributes", "specversion": "1.0", "data": {"update": "erase"}},
    {"contact_id": "c-73", "update": "attributes", "attributes": {"seats": 3}},
    {"contact_id": "c-74", "type": "email_open", "specversion": "1.0", "data": []},
    {"contact_id": "c-75", "update": "merge", "from": "c-76"},
]


@pytest.mark.parametrize(
    ("kind", "refused"),
    [
        (KeyKind.TOKEN, {2: "no-scope", 3: "no-scope", 4: "no-scope", 6: "not-an-object"}),
        (KeyKind.ERASING_TOKEN, {6: "not-an-object"}),
    ],
)
def test_a_file_erases_nobody_unless_the_token_may(kind: KeyKind, refused: dict[int, str]) -> None:
    rows = list(permitted(read_json_lines(map(orjson.dumps, LINES)), kind))
    assert {row.line: row.reason for row in rows if isinstance(row, BadRow)} == refused
    assert [row.line for row in rows] == list(range(1, len(LINES) + 1))


async def imported(http: httpx.Client, content: bytes, **query: str) -> dict[str, Any]:
    """What an import came to."""
    begun = http.post("/imports", params=query, content=content)
    assert begun.status_code == 202, begun.text
    path = f"/imports/{begun.json()['id']}"
    job: dict[str, Any] = await until(
        lambda: http.get(path).json(), lambda job: job["ended_at"] is not None, 30, "the import ended"
    )
    return job


HIT = b'192.0.2.1 - - [01/Nov/2026:08:00:00 +0000] "GET / HTTP/1.1" 200 1\n'
CSV = b"who,when,what\njane,2026-11-01T08:00:00Z,a\njoe,yesterday,b\njoe,2026-11-02T08:00:00Z,b\nada,,test\n"
MAPPING = (
    "{contact: who, occurred_at: {column: when}, type: download, properties: {file: what},"
    " skip: [{column: what, in: [test]}]}"
)


@pytest.mark.kafka
async def test_files_of_each_kind_end_in_their_topics(api_system: ApiSystem, writer_http: httpx.Client) -> None:
    lines = [
        {"contact_id": "c-1", "type": "email_open", "id": "o-1", "occurred_at": "2026-11-01T08:00:00Z"},
        {"contact_id": "c-1", "update": "attributes", "attributes": {"seats": 3}, "id": "a-1"},
        {"type": "email_open"},
    ]
    done = await imported(writer_http, b"\n".join(map(orjson.dumps, lines)), format="jsonl")
    assert (done["state"], done["lines_read"], done["sent"]) == ("done", 3, {"email-opens": 1, "contact-updates": 1})
    assert done["refused"] == {"no-contact": 1}
    assert [(row["line"], row["reason"]) for row in done["first_refused"]] == [(3, "no-contact")]
    assert [value["id"] for value in await api_system.system.values("email-opens")] == ["o-1"]

    erasing = b'{"contact_id": "c-70", "update": "erase"}'
    for token, refused in ((NO_ERASE, {"no-scope": 1}), (ALL, {})):
        writer_http.headers.update(bearer(token))
        done = await imported(writer_http, erasing, format="jsonl")
        assert (done["state"], done["refused"]) == ("done", refused)

    done = await imported(writer_http, CSV, format="csv", mapping_text=MAPPING)
    assert (done["state"], done["mapping"], done["sent"]) == ("done", "own", {"activities": 2})
    assert done["bytes_read"] == done["bytes"] == len(CSV)
    assert done["rows"] == {"read": 4, "accepted": 2, "refused": 1, "skipped": 1}
    assert (done["skipped"], done["read_as"]) == (1, "utf-8, delimiter ',', times as iso")
    assert [row["line"] for row in done["first_refused"]] == [3]
    assert {value["properties"]["file"] for value in await api_system.system.values("activities")} == {"a", "b"}

    done = await imported(writer_http, HIT, format="access-log")
    assert done["state"] == "done"
    listed = writer_http.get("/imports").json()
    assert [job["format"] for job in listed["imports"][:3]] == ["access-log", "csv", "jsonl"]
    assert "marketo-opens" in listed["mappings"]


@pytest.mark.kafka
async def test_what_can_not_be_imported_is_refused_before_or_said_after(
    writer_http: httpx.Client, reader_http: httpx.Client
) -> None:
    for query, code in (
        ({"format": "xml"}, "bad-parameter"),
        ({"format": "csv"}, "bad-parameter"),
        ({"format": "csv", "mapping": "marketo-opens", "mapping_text": MAPPING}, "bad-parameter"),
        ({"format": "csv", "mapping_text": "{contact: who}"}, "bad-parameter"),
        ({"format": "csv", "mapping_text": "{"}, "bad-parameter"),
        ({"format": "csv", "mapping": "../../secret"}, "bad-parameter"),
        ({"format": "csv", "mapping": "none-such"}, "no-such-mapping"),
        ({"format": "jsonl", "mapping": "marketo-opens"}, "bad-parameter"),
    ):
        assert writer_http.post("/imports", params=query, content=CSV).json()["code"] == code, query
    assert writer_http.post("/imports", content=b"x" * 100_001).status_code == 413
    assert writer_http.get("/imports/none").status_code == 404
    assert writer_http.delete("/imports/none").status_code == 404
    assert reader_http.delete("/imports/none").status_code == 403
    assert reader_http.post("/imports").status_code == 403
    failed = await imported(writer_http, b"other,columns\n1,2\n", format="csv", mapping_text=MAPPING)
    assert failed["state"] == "failed"
    assert writer_http.delete(f"/imports/{failed['id']}").json()["code"] == "import-not-running"
    assert "wanted the columns 'what', 'when', 'who' too" in failed["error"]
