"""kill -9 of imports, on the command line and in the api: gone on with, every contact is as the oracle says."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from streamprocessor.imports.progress.checkpoint import ImportCheckpoint
from tests.faults.conftest import MakeWorker
from tests.harness.apis import ALL, ApiProcess, bearer
from tests.harness.processes import CommandProcess
from tests.harness.system import ROOT, System, until
from tests.harness.verdict import Run, read_run, run_as_the_oracle_says

pytestmark = pytest.mark.kafka

#: The nightly run turns these up.
ROWS = int(os.environ.get("FAULT_IMPORT_ROWS", "12000"))
#: So that each process can be killed before it has ended, however fast the machine is.
ROWS_PER_SECOND = max(4_000, ROWS // 60)
KILLS = int(os.environ.get("FAULT_IMPORT_KILLS", "2"))
CONTACTS = ROWS // 20
#: Between two kills, so that they are spread over the file.
ROWS_BETWEEN = ROWS // (2 * KILLS + 2)
APPLIED_SECONDS = 60 + ROWS / 1_000
DAY_MS = 86_400_000
EVENTS_MAPPING = """
contact: who
id: no
occurred_at: {column: at, format: epoch_ms}
type: {column: what}
properties: {path: path, form: form}
"""
LIST_MAPPING = "{contact: who, attributes: {seats: {column: seats, as: number}, job_title: title}}"


class ImportCommand(CommandProcess):
    """One `streamprocessor import` of a file of past events."""

    def __init__(self, system: System, folder: Path, file: Path) -> None:
        super().__init__(system.settings.model_copy(update={"data_dir": str(folder)}), folder, "import")
        (folder / "events.yaml").write_text(EVENTS_MAPPING)
        self._words = ["import", str(file), "--mapping", str(folder / "events.yaml"), "--json"]
        self._words += ["--rows-per-second", str(ROWS_PER_SECOND)]
        self._checkpoints = folder / "imports"

    def start(self) -> ImportCommand:
        with self.log.open("ab") as log:
            words = [sys.executable, "-m", "streamprocessor", *self._words]
            self._process = subprocess.Popen(words, env=self.environment(), cwd=ROOT, stdout=log, stderr=log)
        return self

    def acknowledged_rows(self) -> int:
        return acknowledged_in(self._checkpoints)


def acknowledged_in(folder: Path) -> int:
    """How far the one import is that keeps a checkpoint in the folder; 0: none is under way."""
    kept = list(folder.glob("*checkpoint"))
    return ImportCheckpoint(kept[0], 0).rows if kept else 0


async def killed(process: CommandProcess, acknowledged_rows: Callable[[], int]) -> None:
    """Kill the process once its import is further than it was."""
    before = acknowledged_rows()

    def is_further() -> bool:
        assert process.is_running(), process.tail()
        return acknowledged_rows() > before + ROWS_BETWEEN

    await until(is_further, bool, 120, "the import goes on", every_seconds=0.02)
    process.kill()


def past_events(now_ms: int) -> str:
    """Rows of the last weeks, none of the last two days; equal ids have equal contents."""
    rng = random.Random(41)
    rows = ["no,who,at,what,path,form"]
    for number in range(ROWS):
        at_ms = now_ms - rng.randrange(2 * DAY_MS, 40 * DAY_MS)
        what = rng.choice(("page_visit", "email_open", "email_click", "form_submission"))
        path, form = ("/pricing", "") if what == "page_visit" else ("", "contact" if what == "form_submission" else "")
        rows.append(f"row-{number},c-{rng.randrange(CONTACTS)},{at_ms},{what},{path},{form}")
    return "\n".join(rows)


def people() -> tuple[str, dict[str, int]]:
    """A list that names everybody several times, and each one's seats in the last row about them."""
    rng = random.Random(43)
    named = [(f"c-{rng.randrange(CONTACTS)}", number) for number in range(ROWS)]
    return "who,seats,title\n" + "\n".join(f"{who},{seats},CEO" for who, seats in named), dict(named)


async def test_an_import_that_is_killed_is_gone_on_with_when_typed_again_and_old_events_wake_nobody(
    system: System, worker: MakeWorker, tmp_path: Path
) -> None:
    model = await system.create()
    scoring = await worker().ready()

    file = tmp_path / "events.csv"
    file.write_text(past_events(int(time.time() * 1000)))
    command = ImportCommand(system, tmp_path, file)
    try:
        for _ in range(KILLS):
            await killed(command.start(), command.acknowledged_rows)
        assert command.start().process.wait() == 0, command.tail()
    finally:
        command.discard()
    end = orjson.loads(command.log.read_bytes().splitlines()[-1])
    assert (end["rows"], sum(end["sent"].values()), end["bad"]) == (ROWS, ROWS, {})
    assert f"goes on after row {end['resumed_after_rows']} with the import begun at" in command.tail()
    assert list((tmp_path / "imports").iterdir()) == []

    await system.until_applied(APPLIED_SECONDS)
    assert scoring.stop() == 0  # scores fall while topics are read: what is announced after the table was is beyond it

    run = await run_as_the_oracle_says(system, model)
    assert len({row["id"]: row for row in await event_rows(system)}) == ROWS
    assert_nobody_is_woken(run)


@pytest.mark.nightly
async def test_a_list_whose_api_is_killed_is_gone_on_with_by_the_next_one_and_its_last_rows_hold(
    system: System, worker: MakeWorker, tmp_path: Path
) -> None:
    await system.create(fit_model(tmp_path))
    await worker().ready()

    text, seats = people()
    api = ApiProcess(system.settings, tmp_path)
    try:
        await imported_through(api, text)
    finally:
        api.discard()
    await system.until_applied(APPLIED_SECONDS)

    run = await read_run(system)
    assert {who: record.attributes["seats"][0] for who, record in run.records.items()} == seats
    assert len({record.attributes["seats"][1] for record in run.records.values()}) == 1
    assert_nobody_is_woken(run)


def fit_model(folder: Path) -> Path:
    """A model by which a list alone makes people hot."""
    file = folder / "fit.yaml"
    file.write_text(
        "scores: {engagement: {rules: [{id: boss, when: {attributes.job_title: CEO}, points: 9}], "
        "stages: {cold: 0, hot: 9}}}\nhot_lead: {score: engagement, stage: hot}\n"
    )
    return file


async def imported_through(api: ApiProcess, text: str) -> None:
    """The list imported by an api that is killed meanwhile."""
    await api.start().ready()
    query = {"format": "csv", "mapping_text": LIST_MAPPING}
    url = f"{api.address}/api/imports"
    async with httpx.AsyncClient(timeout=30, headers=bearer(ALL)) as client:
        begun = await client.post(url, params=query, content=text)
    assert begun.status_code == 202, begun.text
    folder = Path(api.settings.data_dir) / f"{api.settings.group}.imports"
    for _ in range(KILLS):
        await killed(api, lambda: acknowledged_in(folder))
        await api.start().ready()
    path = f"/api/imports/{begun.json()['id']}"
    job: dict[str, Any] = await until(
        lambda: api.get(path), lambda job: job["ended_at"] is not None, 60 + ROWS / 1000, "the import ended"
    )
    assert (job["state"], job["sent"], job["refused"]) == ("done", {"contact-updates": ROWS}, {}), job
    assert job["resumed_at"] > job["began_at"]
    assert list(folder.iterdir()) == []


async def event_rows(system: System) -> list[dict[str, Any]]:
    return [
        orjson.loads(record.value)
        for topic in ("page-visits", "email-opens", "email-clicks", "form-submissions")
        for record in await system.read(topic)
    ]


def assert_nobody_is_woken(run: Run) -> None:
    last = {record.key: orjson.loads(record.value) for record in run.score_updated}
    assert "hot" in {value["scores"]["engagement"]["stage"] for value in last.values()}
    assert run.hot_leads == []
