"""A model's text over the API: shown, checked, edited, and compared with the one in force."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import insert

from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.strict_yaml.document import MAX_CHARS
from streamprocessor.readmodel.store.database import writing
from streamprocessor.readmodel.store.tables import segments, views
from tests.harness.apis import bearer
from tests.readmodel.api_apps import NOW_MS, ApiApp, KnownSubscriptions
from tests.readmodel.clock import Clock
from tests.readmodel.databases import opened_database
from tests.readmodel.models_log import ModelsLog, following

ANNA, READER, MODELLER = "token-of-anna", "token-of-a-reader", "token-of-a-modeller"
TOKENS = f"anna/read+model={ANNA},page/read={READER},blind/model={MODELLER}"
ENGAGEMENT = Path("deploy/models/engagement.yaml").read_text(encoding="utf-8")
ADD_RULE = {"op": "add_rule", "score": "engagement", "rule": {"id": "video", "on": "video_watched", "points": 4}}


ASKED = {"url": "https://a.example/", "signed": False}
SUBSCRIPTIONS = {
    "crm": ASKED | {"events": ["became-hot-lead"]},
    "sales": ASKED | {"events": ["score-updated"], "when": {"score": "engagement", "to": "hot"}},
    "unread": None,
}


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[ApiApp]:
    log = ModelsLog()
    log.apply(ENGAGEMENT)
    with opened_database("", tmp_path / "read-model.sqlite") as engine:
        async with following(log, Clock(NOW_MS)) as topic:
            app = ApiApp(
                engine, tmp_path, tokens=TOKENS, model_topic=topic, subscriptions=KnownSubscriptions(SUBSCRIPTIONS)
            )
            app.scorer = type(app.scorer)(parse_model(ENGAGEMENT, "m"))
            yield app


async def asked(app: ApiApp, method: str, path: str, token: str = ANNA, **body: Any) -> httpx.Response:
    """The answer."""
    return await app.client(headers=bearer(token)).request(method, f"/api/model/{path}", **body)


async def test_the_text_in_force_is_shown_with_its_comments_to_who_may_read(app: ApiApp) -> None:
    answer = (await asked(app, "GET", "text", READER)).json()
    assert (answer["label"], answer["text"]) == ("1", ENGAGEMENT)
    assert answer["model"]["hot_lead"] == {"score": "engagement", "stage": "hot"}


async def test_an_edited_text_says_what_is_wrong_with_it_and_can_be_checked(app: ApiApp) -> None:
    edits = [ADD_RULE, {"op": "set", "path": ["scores", "engagement", "stages", "hot"], "value": 12.5}]
    answer = (await asked(app, "POST", "edit", json={"text": ENGAGEMENT, "edits": edits})).json()
    line = next(number for number, each in enumerate(ENGAGEMENT.splitlines(), 2) if "stages" in each)
    assert [each["line"] for each in answer["problems"]] == [line]
    assert answer["model"]["scores"]["engagement"]["stages"]["hot"] == 12.5
    assert ENGAGEMENT.splitlines()[:20] == answer["text"].splitlines()[:20]
    checked = (await asked(app, "POST", "check", json={"text": answer["text"]})).json()
    assert checked == {word: answer[word] for word in ("problems", "hints", "model")}


@pytest.mark.parametrize(
    ("text", "model", "problems"),
    [
        pytest.param("", {}, 1, id="nothing yet"),
        pytest.param("# only a comment\n", {}, 1, id="a comment alone"),
        pytest.param("name: x\n", {"name": "x"}, 1, id="in the making"),
        pytest.param("name: [", None, 1, id="no YAML"),
        pytest.param("a: &a 1\nb: *a\n", None, 1, id="aliases"),
        pytest.param("- 1\n", None, 1, id="a list"),
        pytest.param(ENGAGEMENT, ..., 0, id="a model"),
    ],
)
async def test_a_text_that_is_no_model_is_answered_with_what_is_wrong(
    app: ApiApp, text: str, model: Any, problems: int
) -> None:
    answer = await asked(app, "POST", "check", json={"text": text})
    assert answer.status_code == 200
    assert len(answer.json()["problems"]) == problems
    assert model is ... or answer.json()["model"] == model


@pytest.mark.parametrize(
    ("edit", "status"),
    [
        pytest.param({"op": "remove_rule", "score": "engagement", "rule": "none"}, 422, id="no such rule"),
        pytest.param({"op": "rename_rule", "score": "engagement", "rule": "open", "to": "click"}, 422, id="taken"),
        pytest.param({"op": "add_score", "score": "engagement", "words": {}}, 422, id="a score that is there"),
        pytest.param({"op": "set", "path": [], "value": 1}, 422, id="the whole"),
        pytest.param({"op": "set", "path": ["a"], "value": "\ud800"}, 422, id="half a character"),
        pytest.param({"op": "burn"}, 400, id="no such edit"),
        pytest.param({"op": "set", "path": ["a"]}, 400, id="without a value"),
    ],
)
async def test_an_edit_that_can_not_be_made_is_refused(app: ApiApp, edit: dict[str, Any], status: int) -> None:
    body = json.dumps({"text": ENGAGEMENT, "edits": [edit]})
    answer = await app.client(headers=bearer(ANNA)).post("/api/model/edit", content=body)
    assert answer.status_code == status, answer.text


async def test_a_text_as_long_as_models_may_be_is_edited_and_a_longer_one_is_refused(app: ApiApp) -> None:
    comment = "# a comment\n"
    longest = ENGAGEMENT + comment * ((MAX_CHARS - len(ENGAGEMENT) - 200) // len(comment))
    assert (await asked(app, "POST", "edit", json={"text": longest, "edits": [ADD_RULE]})).status_code == 200
    many = longest + " " * (MAX_CHARS - len(longest))
    assert (await asked(app, "POST", "edit", json={"text": many, "edits": [ADD_RULE]})).status_code == 422
    assert (await asked(app, "POST", "edit", json={"text": many + " ", "edits": []})).status_code == 400


async def test_the_difference_names_who_asks_for_what_is_dropped_or_renamed(app: ApiApp) -> None:
    with writing(app.context.engine) as connection:
        shown = {"score": "engagement", "stage": ["warm"], "columns": ["score:engagement"]}
        connection.execute(insert(views).values(name="warm ones", view=orjson.dumps(shown).decode()))
        asks = {"scores": [{"score": "engagement", "at_least": 20}]}
        connection.execute(insert(segments).values(name="above", filter=orjson.dumps(asks).decode()))
    rename = {"op": "rename", "path": ["scores", "engagement", "stages", "hot"], "to": "ready"}
    answer = await difference(app, rename)
    assert (answer["against"], answer["from_now_on"]) == ("1", [])
    assert [each["word"] for each in answer["differences"]] == ["hot_lead", "stages"]
    assert answer["silenced"] == [
        {
            "kind": "subscription",
            "name": "sales",
            "asks_for": "stage 'hot' of 'engagement': was hot, is now ready?",
            "score": "engagement",
            "stage": "hot",
            "renamed_to": "ready",
        }
    ]
    answer = await difference(app, {"op": "rename_score", "score": "engagement", "to": "interest"})
    assert {(each["kind"], each["name"], each["renamed_to"]) for each in answer["silenced"]} == {
        ("subscription", "sales", "interest"),
        ("segment", "above", "interest"),
        ("view", "warm ones", "interest"),
    }


async def difference(app: ApiApp, edit: dict[str, Any]) -> dict[str, Any]:
    """What the model in force with this edit has otherwise."""
    text = (await asked(app, "POST", "edit", json={"text": ENGAGEMENT, "edits": [edit]})).json()["text"]
    answer = await asked(app, "POST", "difference", json={"text": text})
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def test_who_publishes_is_told_whom_that_silences_where_they_may_read(app: ApiApp) -> None:
    rename = {"op": "rename_score", "score": "engagement", "to": "interest"}
    text = (await asked(app, "POST", "edit", json={"text": ENGAGEMENT, "edits": [rename]})).json()["text"]
    told = (await asked(app, "POST", "publish", json={"text": text, "based_on": "1"})).json()
    assert [each["name"] for each in told["silenced"]] == ["sales"]
    back = (await asked(app, "POST", "rollback", MODELLER, json={"label": "1", "based_on": "2"})).json()
    assert (back["is_new"], back["silenced"]) == (True, [])


async def test_the_difference_of_what_is_no_model_is_refused_with_its_problems(app: ApiApp) -> None:
    answer = await asked(app, "POST", "difference", json={"text": "name: x\n"})
    assert answer.status_code == 422
    assert [each["line"] for each in answer.json()["problems"]] == [1]


@pytest.mark.parametrize("path", ["check", "edit", "difference"])
async def test_who_may_only_read_edits_nothing_and_views_are_named_only_to_who_may_read(app: ApiApp, path: str) -> None:
    body: dict[str, Any] = {"text": ENGAGEMENT} | ({"edits": []} if path == "edit" else {})
    assert (await asked(app, "POST", path, READER, json=body)).status_code == 403
    assert (await asked(app, "POST", path, MODELLER, json=body)).status_code == (403 if path == "difference" else 200)


async def test_forms_are_told_each_kind_law_and_operator_that_the_schema_has(app: ApiApp) -> None:
    words = (await asked(app, "GET", "words", READER)).json()
    schema = words["json_schema"]["$defs"]
    kinds = {word for kind in schema["rule"]["oneOf"] for word in kind["required"]}
    assert kinds - {"id", "points"} == set(words["kinds"])
    laws = [each for each in schema["decay"]["anyOf"] if "properties" in each]
    assert {"none", *(next(iter(each["properties"])) for each in laws)} == set(words["decay_laws"])
    operators = next(each["properties"] for each in schema["test"]["anyOf"] if "properties" in each)
    assert {"equals", *operators} == set(words["operators"])
    assert [(each["from"], each["to"]) for each in words["hints"]] == [(1, 5), (10, 25), (25, None)]
