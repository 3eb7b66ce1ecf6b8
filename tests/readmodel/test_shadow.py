"""The API tells how a candidate compares, and has others scored, by the process that does so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from streamprocessor.cli.main import commands
from streamprocessor.cli.shadow.shadow_application import shadow_application, shadow_settings
from streamprocessor.cli.shadow.shadow_process import ShadowProcess
from streamprocessor.contract.changelog.entry import encode_entry
from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.model_file.revisions import ModelRevision, model_of, revision_after
from streamprocessor.contract.topics.topics import DEFAULT_PARTITIONS
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.kafka.partitioner import partition_of
from streamprocessor.process.clock import now_ms
from streamprocessor.process.http.address_note import AddressNote, address_noted
from streamprocessor.process.http.serving import listening_socket, serving
from streamprocessor.process.stored_secrets import stored_token
from streamprocessor.process.supervisor import Child
from streamprocessor.readmodel.gateways.shadow_client import ShadowClient, shadow_address
from streamprocessor.scoring.record.facts import AttributesWritten, Event
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.settings import Settings
from streamprocessor.shadow.comparison import LIVE, SHADOW
from streamprocessor.shadow.lag import GroupLag
from streamprocessor.shadow.metrics import Metrics
from streamprocessor.shadow.routes import ShadowRoutes
from streamprocessor.shadow.watch import ShadowWatch, WatchedSide
from tests.harness.apis import ALL, READ_ONLY, bearer
from tests.readmodel.api_apps import ApiApp
from tests.readmodel.databases import opened_database

TOKEN = "token-of-the-tests"
LIVE_TEXT = """
name: in-force
scores:
  engagement:
    rules: [{id: click, on: email_click, points: 10}]
    stages: {cold: 0, hot: 41}
hot_lead: {score: engagement, stage: hot}
"""
TEXT = LIVE_TEXT.replace("in-force", "bolder").replace("points: 10", "points: 50")


class Answering:
    """A shadow process that answers, though it does nothing."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(bootstrap="localhost:1", data_dir=str(folder), shadow_port=1, delivery_secret=TOKEN)
        stop: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.metrics = Metrics()
        worker = Child("worker", ("true",))
        self.process = ShadowProcess(shadow_application(self.settings), worker, self.metrics, stop)
        self.client = ShadowClient(lambda: shadow_address(self.settings), TOKEN)

    def compare(self) -> None:
        """Have one contact whom the candidate alone calls hot, and another on whom both agree."""
        self.process.want(None)
        live = _revision(None, LIVE_TEXT)
        candidate = _revision(live, TEXT)
        self.process.candidate = SimpleNamespace(name="bolder")  # type: ignore[assignment]
        sides = (
            WatchedSide(layout_of(self.settings), live),
            WatchedSide(layout_of(shadow_settings(self.settings)), candidate),
        )
        watch = ShadowWatch(ClientSettings("localhost:1"), *sides, self.metrics)
        for side, revision in ((LIVE, live), (SHADOW, candidate)):
            for number, (contact, types) in enumerate({"c-1": ["email_click"], "c-2": ["email_open"]}.items()):
                watch._note(side, _stored(contact, Scorer(model_of(revision)), types, number))
        for table in watch._tables:
            table.is_current = True
        self.process._watch = watch


def _revision(before: ModelRevision | None, text: str) -> ModelRevision:
    return revision_after(before, parse_model(text, "m"), text, now_ms())


def _stored(contact: str, scorer: Scorer, types: list[str], number: int) -> Any:
    """The contact's value in a changelog of one partition."""
    record = scorer.blank()
    at_ms = now_ms()
    facts = [Event(f"{contact}-{type_}", type_, at_ms, at_ms, {}, {}) for type_ in types]
    scorer.apply_in_place(record, [AttributesWritten("a", at_ms, at_ms, {"name": "Jane Smith"}), *facts])
    value = encode_entry(encode_record(record), number, [])
    return SimpleNamespace(
        key=contact.encode(), partition=partition_of(contact.encode(), DEFAULT_PARTITIONS), value=value
    )


@asynccontextmanager
async def answering(folder: Path) -> AsyncIterator[Answering]:
    """A shadow process on a free port, which it has noted in the folder."""
    found = Answering(folder)
    routes = ShadowRoutes(found.process, found.metrics, found.process.tell_metrics)
    listening = listening_socket("shadow", "127.0.0.1", 0)
    try:
        async with serving(routes.application(TOKEN), listening) as port:
            with address_noted(folder, AddressNote("shadow", found.settings.group, f"http://127.0.0.1:{port}")):
                yield found
    finally:
        await found.client.close()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with opened_database("", tmp_path / "read-model.sqlite") as engine:
        yield engine


class Api:
    """An api that asks a shadow process."""

    def __init__(self, engine: Engine, folder: Path, shadow: ShadowClient) -> None:
        self._app = ApiApp(engine, folder, shadow=shadow)

    async def ask(self, method: str, token: str = ALL, **more: Any) -> httpx.Response:
        """What it answers about the shadow."""
        return await self._app.client(headers=bearer(token)).request(method, "/api/model/shadow", **more)


async def test_where_no_process_runs_the_command_that_starts_one_is_told(engine: Engine, tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path), shadow_port=1)
    client = ShadowClient(lambda: shadow_address(settings), stored_token("", tmp_path))
    api = Api(engine, tmp_path, client)
    try:
        found = await api.ask("GET", READ_ONLY)
        put = await api.ask("PUT", json={"text": TEXT})
    finally:
        await client.close()

    assert (found.status_code, found.json()["code"]) == (404, "no-shadow")
    assert (put.status_code, put.json()["code"]) == (409, "no-shadow-process")
    assert "start one with `streamprocessor shadow`" in put.json()["detail"]


async def test_a_candidate_is_wanted_told_of_and_ended(engine: Engine, tmp_path: Path) -> None:
    async with answering(tmp_path) as shadow:
        api = Api(engine, tmp_path, shadow.client)
        assert (await api.ask("GET", READ_ONLY)).status_code == 404
        put = await api.ask("PUT", json={"text": TEXT})
        assert (put.status_code, put.json()["name"]) == (202, "bolder")
        found = (await api.ask("GET", READ_ONLY)).json()
        assert (found["state"], found["candidate"]["text"], found["contacts"]) == ("copying", TEXT, 0)
        assert shadow.process.not_ready() == ["the candidate begins: its table is being made and read"]
        ended = await api.ask("DELETE")
        assert (ended.status_code, ended.json()["candidate"]["name"]) == (202, "bolder")
        assert (await api.ask("GET", READ_ONLY)).status_code == 404
        assert shadow.process.not_ready() == []


async def test_a_text_that_is_no_model_is_refused_with_why_and_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    async with answering(tmp_path) as shadow:
        api = Api(engine, tmp_path, shadow.client)
        await api.ask("PUT", json={"text": TEXT})
        refused = await api.ask("PUT", json={"text": "scores: {a: {rulez: []}}"})

        assert (refused.status_code, refused.json()["code"]) == (422, "bad-model")
        assert "rulez" in refused.json()["detail"]
        assert shadow.process.candidate is not None
        assert shadow.process.candidate.text == TEXT


async def test_who_may_only_read_changes_no_candidate(engine: Engine, tmp_path: Path) -> None:
    async with answering(tmp_path) as shadow:
        api = Api(engine, tmp_path, shadow.client)
        for method in ("PUT", "DELETE"):
            answer = await api.ask(method, READ_ONLY, json={"text": TEXT})
            assert answer.status_code == 403, method
        assert shadow.process.candidate is None


async def test_the_comparison_is_told_by_contact_and_stage(engine: Engine, tmp_path: Path) -> None:
    async with answering(tmp_path) as shadow:
        shadow.compare()
        api = Api(engine, tmp_path, shadow.client)
        found = (await api.ask("GET", READ_ONLY)).json()

        assert found["contacts"] == 2
        assert found["agreement"]["engagement"] | {"matrix": None} == {"agree": 1, "disagree": 1, "matrix": None}
        assert {"live": "cold", "shadow": "hot", "contacts": 1} in found["agreement"]["engagement"]["matrix"]
        (crossed,) = found["only_shadow"]
        assert (crossed["contact_id"], crossed["display_name"]) == ("c-1", "Jane Smith")
        assert (found["only_live"], found["only_shadow_contacts"], found["only_live_contacts"]) == ([], 1, 0)
        assert (found["state"], found["hot_leads_a_day"]) == ("running", None)
        shown = await asyncio.to_thread(
            CliRunner().invoke,
            commands,
            ["shadow", "--show", "--data-dir", str(tmp_path), "--bootstrap", "localhost:1"],
            env={"STREAMPROCESSOR_DELIVERY_SECRET": TOKEN},
        )
        assert shown.exit_code == 0, shown.output
        assert "cold > hot: 1" in shown.output
        assert "hot in the shadow alone: 1" in shown.output
        assert "Jane Smith" in shown.output


async def test_a_candidate_that_is_slower_than_what_comes_in_is_named_with_its_rates(tmp_path: Path) -> None:
    async with answering(tmp_path) as shadow:
        shadow.compare()
        assert shadow.process._watch is not None
        shadow.process._watch._lag = GroupLag(5_000, 90.0, 500.0, 50.0)
        found = shadow.process.answer()

    assert (found["state"], found["lag_seconds"], found["lag_records"]) == ("behind", 90.0, 5_000)
    assert "50 a second are scored, 500 arrive; the model in force goes on as before" in found["reason"]
    assert "streamprocessor worker --app-id streamprocessor.shadow" in found["reason"]


async def test_metrics_tell_the_comparison_without_naming_anybody(tmp_path: Path) -> None:
    async with answering(tmp_path) as shadow:
        shadow.compare()
        async with httpx.AsyncClient() as http:
            text = (await http.get(f"{shadow_address(shadow.settings)}/metrics")).text

        assert 'leadscore_shadow_contacts{score="engagement",stage="other"} 1.0' in text
        assert 'leadscore_shadow_hot_alone_contacts{side="shadow"} 1.0' in text
        assert "c-1" not in text
        assert "Jane" not in text


async def test_nobody_is_let_in_without_the_token(tmp_path: Path) -> None:
    async with answering(tmp_path) as shadow, httpx.AsyncClient() as http:
        for method in ("GET", "PUT", "DELETE"):
            answer = await http.request(method, f"{shadow_address(shadow.settings)}/api/shadow", json={"text": TEXT})
            assert answer.status_code == 401
        assert shadow.process.candidate is None
