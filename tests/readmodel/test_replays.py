"""Replays over the API: one at a time, in a process of its own, for those who may change the model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from streamprocessor.settings import Settings
from tests.harness.apis import ALL, NO_ERASE, bearer
from tests.harness.system import until
from tests.readmodel.api_apps import ApiApp
from tests.readmodel.conftest import MODEL
from tests.readmodel.databases import opened_database

SECONDS = 60
PATH = "/api/model/replays"


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """An api whose Kafka is away."""
    settings = Settings(bootstrap="127.0.0.1:1", data_dir=str(tmp_path))
    with opened_database("", tmp_path / "read-model.sqlite") as engine:
        app = ApiApp(engine, tmp_path, settings=settings)
        yield app.client(headers=bearer(ALL))
        await app.context.gateways.replays.stop()


async def test_one_replay_runs_at_a_time_and_tells_why_it_failed(http: httpx.AsyncClient) -> None:
    begun = await http.post(PATH, json={"text": MODEL, "since": "2026-11-01T00:00:00Z"})
    second = await http.post(PATH, json={"text": MODEL})

    assert begun.status_code == 202, begun.text
    assert (second.status_code, second.json()["code"]) == (409, "replay-under-way")
    path = f"{PATH}/{begun.json()['id']}"

    async def told() -> dict[str, Any]:
        answer: dict[str, Any] = (await http.get(path)).json()
        return answer

    answer: dict[str, Any] = await until(told, lambda each: each["state"] != "running", SECONDS, "the replay's end")
    assert answer["state"] == "failed"
    assert "127.0.0.1:1" in answer["error"]


async def test_a_replay_can_be_ended(http: httpx.AsyncClient) -> None:
    begun = (await http.post(PATH, json={"text": MODEL})).json()

    ended = await http.delete(f"{PATH}/{begun['id']}")

    assert (ended.status_code, ended.json()) == (200, begun)
    assert (await http.get(f"{PATH}/{begun['id']}")).status_code == 404
    assert (await http.post(PATH, json={"text": MODEL})).status_code == 202


async def test_a_draft_that_can_not_be_is_refused_line_by_line(http: httpx.AsyncClient) -> None:
    answer = await http.post(PATH, json={"text": MODEL.replace("half_life: 30d", "half_life: soon")})

    assert answer.status_code == 422
    assert [problem["line"] for problem in answer.json()["problems"]] == [4]


async def test_who_may_not_change_the_model_replays_nothing(http: httpx.AsyncClient) -> None:
    answer = await http.post(PATH, json={"text": MODEL}, headers=bearer(NO_ERASE))

    assert answer.status_code == 403


async def test_who_may_not_read_contacts_sees_none_in_a_replay(tmp_path: Path) -> None:
    token = "token-that-may-model-alone"
    with opened_database("", tmp_path / "read-model.sqlite") as engine:
        http = ApiApp(engine, tmp_path, tokens=f"modeller/model={token}").client(headers=bearer(token))
        answers = await http.post(PATH, json={"text": MODEL}), await http.get(f"{PATH}/1")

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "no-scope")] * 2
