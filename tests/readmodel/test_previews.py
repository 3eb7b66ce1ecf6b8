"""A preview tells what publishing a draft would do to the contacts as they are, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import orjson
import psutil
import pytest
from sqlalchemy import Engine, update

from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.readmodel.gateways.trial import preview_jobs
from streamprocessor.readmodel.gateways.trial.preview_jobs import PreviewJobs
from streamprocessor.readmodel.previews import run, stored_contacts
from streamprocessor.readmodel.previews.order import ModelInForce, PreviewOrder, draft_after, encode_order
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.store.database import writing
from streamprocessor.readmodel.store.tables import contacts
from streamprocessor.scoring.record.facts import AttributesWritten, Event
from streamprocessor.scoring.record.record import Record
from tests.harness.apis import ALL, NO_ERASE, bearer
from tests.harness.system import until
from tests.readmodel.api_apps import NOW_MS, SCORER, ApiApp, store_records
from tests.readmodel.conftest import MODEL
from tests.readmodel.databases import opened_database

DRAFT = MODEL.replace("form_submission, points: 25", "form_submission, points: 45")
COLDER = MODEL.replace("form_submission, points: 25", "form_submission, points: 20")
SECONDS = 20
MODEL_ALONE = "token-that-may-model-alone"


def sent_forms(count: int) -> Record:
    record = SCORER.blank()
    events = [
        Event(f"e-{n}", "form_submission", NOW_MS - 1000 + n, NOW_MS, {"form": "contact", "n": n}, {})
        for n in range(count)
    ]
    SCORER.apply_in_place(record, [AttributesWritten("u", NOW_MS, NOW_MS, {"first_name": f"No {count}"}), *events])
    return record


def order_of(engine: Engine, text: str, *contacts: str) -> PreviewOrder:
    in_force = ModelInForce(SCORER, MODEL)
    draft, url = draft_after(in_force, text, NOW_MS), engine.url.render_as_string(hide_password=False)
    return PreviewOrder(url, in_force.revision, draft, contacts, NOW_MS)


@pytest.fixture
async def http(database_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Three contacts who sent none, one and two contact forms: the last one is hot."""
    with opened_database(database_url, tmp_path / "read-model.sqlite") as engine:
        app = ApiApp(engine, tmp_path)
        store_records(engine, {f"c-{forms}": sent_forms(forms) for forms in range(3)})
        yield app.client(headers=bearer(ALL))
        await app.context.gateways.previews.stop()


async def previewed(http: httpx.AsyncClient, text: str, *contacts: str) -> dict[str, Any]:
    """The last answer."""
    begun = await http.post("/api/model/previews", json={"text": text, "contacts": contacts})
    assert begun.status_code == 202, begun.text
    path = f"/api/model/previews/{begun.json()['id']}"

    async def answered() -> dict[str, Any]:
        answer: dict[str, Any] = (await http.get(path)).json()
        return answer

    answer: dict[str, Any] = await until(answered, lambda found: found["state"] != "running", SECONDS, "the preview")
    return answer


async def test_a_draft_is_shown_at_work_on_all_contacts(http: httpx.AsyncClient) -> None:
    answer = await previewed(http, DRAFT, "c-1", "nobody")

    assert (answer["state"], answer["is_sample"], answer["contacts_read"], answer["contacts_all"]) == (
        "done",
        False,
        3,
        3,
    )
    engagement = answer["scores"]["engagement"]
    counts = {word: engagement[word] for word in ("changed", "higher", "lower", "stages", "become_hot", "cool")}
    assert counts == {"changed": 2, "higher": 2, "lower": 0, "stages": 1, "become_hot": 1, "cool": 0}
    assert engagement["stages_after"] == {"cold": 1, "hot": 2}
    assert sum(engagement["histogram"]["counts"]) == 3
    assert answer["becomes_hot"] == [{"contact_id": "c-1", "display_name": "No 1"}]
    one = answer["ten"][0]
    assert (one["contact_id"], len(answer["ten"])) == ("c-1", 1)
    assert one["scores"]["engagement"]["before"]["score"] == 25
    assert one["scores"]["engagement"]["after"] == {"score": 45, "stage": "hot", "values": None}
    assert answer["sensitivity"]["deciding"] == [
        {"score": "engagement", "rule": "contact-us", "contacts": 2, "falls": 2, "enters": 0}
    ]
    assert (answer["hot_leads_a_week"]["before"], answer["hot_leads_a_week"]["after"]) == (0.25, 0.5)


async def test_who_is_hot_is_told_to_cool(database_url: str, tmp_path: Path) -> None:
    with opened_database(database_url, tmp_path / "read-model.sqlite") as engine:
        store_records(engine, {f"c-{forms}": sent_forms(forms) for forms in range(3)})
        same, colder = (list(run.answers(order_of(engine, text), engine))[-1] for text in (MODEL, COLDER))

    assert [each["contact_id"] for each in same["cooling"]] == ["c-2"]
    assert same["cooling"][0]["at"] > same["at"]
    assert same["moved"] == 0
    titled = {"contact_id": "c-2", "display_name": "No 2"}
    assert (colder["cools"], colder["cooling"]) == ([titled], [titled | {"at": colder["at"]}])


async def test_many_contacts_are_told_of_by_a_sample_first_and_exactly_then(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "MOST_DRAWN", 40)
    monkeypatch.setattr(run, "MOST_REPLAYED", 20)
    monkeypatch.setattr(run, "TELL_SECONDS", 0.0)
    monkeypatch.setattr(stored_contacts, "PAGE", 50)
    with opened_database(database_url, tmp_path / "read-model.sqlite") as engine:
        store_records(engine, {f"c-{n}": sent_forms(n % 3) for n in range(120)})
        found = list(run.answers(order_of(engine, DRAFT, "c-1"), engine))

    assert [len(answer["ten"]) for answer in found] == [1] * len(found)
    sampled = [answer for answer in found if answer.get("contacts_read") == 40]
    assert {(answer["is_sample"], answer["state"], answer["contacts_all"]) for answer in sampled} == {
        (True, "running", 120)
    }
    assert {answer.get("contacts_done") for answer in sampled} >= {None, 50, 100}
    exact = found[-1]
    assert (exact["is_sample"], exact["state"], exact["contacts_read"]) == (False, "done", 120)
    assert exact["scores"]["engagement"]["stages_after"] == {"cold": 40, "hot": 80}
    assert exact["scores"]["engagement"]["become_hot"] == 40
    week = exact["hot_leads_a_week"]
    assert (week["before"], week["after"], week["is_estimate"]) == (10, 20, True)
    assert week["how"].startswith("By the events of the last 28 days in the order in which they came")
    assert week["how"].endswith(" others, chosen by chance.")
    assert sampled[-1]["hot_leads_a_week"]["how"].endswith("others, chosen by chance, scaled up to all contacts.")
    assert sampled[-1]["hot_leads_a_week"]["after"] == pytest.approx(20, rel=0.5)
    of_sample, of_all = sampled[-1]["sensitivity"], exact["sensitivity"]
    assert (of_sample["contacts"], of_sample["hot_of"]) == (40, 40)
    assert (of_all["contacts"], of_all["hot_of"], of_all["hot"], of_all["deciding"][0]["falls"]) == (40, 120, 80, 80)


async def test_a_record_of_a_newer_model_ends_the_preview(tmp_path: Path) -> None:
    newer = sent_forms(1)
    newer.revision = 5
    with opened_database("", tmp_path / "read-model.sqlite") as engine:
        store_records(engine, {"c-1": sent_forms(1)})
        with writing(engine) as connection:
            connection.execute(update(contacts).values(record=encode_record(newer)))
        output = BytesIO()

        run.main(encode_order(order_of(engine, DRAFT)), output)

    last = orjson.loads(output.getvalue().splitlines()[-1])
    assert (last["state"], last["error"]) == (
        "failed",
        "another model came into force meanwhile: begin the preview anew",
    )


async def test_a_preview_ends_with_the_next_one_of_its_session_or_when_it_is_told_to(tmp_path: Path) -> None:
    with opened_database("", tmp_path / "read-model.sqlite") as engine:
        app = ApiApp(engine, tmp_path)
        http, previews = app.client(headers=bearer(ALL)), app.context.gateways.previews

        async def begun(text: str) -> str:
            return f"/api/model/previews/{(await http.post('/api/model/previews', json={'text': text})).json()['id']}"

        first, second = await begun(MODEL), await begun(DRAFT)
        assert ((await http.get(first)).status_code, (await http.get(second)).status_code) == (404, 200)
        assert (await http.delete(second)).status_code == 200
        assert (await http.get(second)).status_code == 404
        assert [child for child in psutil.Process().children() if "previews.run" in " ".join(child.cmdline())] == []
        await previews.stop()


async def test_more_than_two_previews_at_once_have_to_wait(tmp_path: Path) -> None:
    with opened_database("", tmp_path / "read-model.sqlite") as engine:
        previews, order = PreviewJobs(), order_of(engine, DRAFT)
        for asker in ("ann", "bob"):
            await previews.begin(asker, order, {})
        with pytest.raises(Problem) as refusal:
            await previews.begin("cyd", order, {})
        assert (refusal.value.status_code, refusal.value.code) == (503, "previews-under-way")
        await previews.begin("ann", order, {})
        await previews.stop()


async def test_a_preview_whose_process_dies_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview_jobs, "_MODULE", "tests.no_such_module")
    with opened_database("", tmp_path / "read-model.sqlite") as engine:
        job = await PreviewJobs().begin("ann", order_of(engine, DRAFT), {})
    await until(lambda: job.is_running, lambda is_running: not is_running, SECONDS, "its end")

    assert job.answer["error"] == "its process ended without an answer: begin it anew"


async def test_rules_that_count_from_now_on_are_named_at_once(tmp_path: Path) -> None:
    later = MODEL.replace(
        "points: 1, limit: {count: 1, per: properties.message}", "points: 1, where: {properties.x: 1}"
    )
    with opened_database("", tmp_path / "read-model.sqlite") as engine:
        app = ApiApp(engine, tmp_path)
        http = app.client(headers=bearer(ALL))
        begun = await http.post("/api/model/previews", json={"text": later})
        answer = (await http.get(f"/api/model/previews/{begun.json()['id']}")).json()
        await app.context.gateways.previews.stop()

    assert [(rule["rule"], rule["missing"]) for rule in answer["from_now_on"]] == [("open", ["properties.x"])]


@pytest.fixture
def refusing(tmp_path: Path) -> Iterator[httpx.AsyncClient]:
    """An api that nothing is found out by."""
    with opened_database("", tmp_path / "read-model.sqlite") as engine:
        yield ApiApp(engine, tmp_path).client(headers=bearer(ALL))


async def test_a_draft_that_can_not_be_is_refused_line_by_line(refusing: httpx.AsyncClient) -> None:
    answer = await refusing.post(
        "/api/model/previews", json={"text": MODEL.replace("half_life: 30d", "half_life: soon")}
    )

    assert answer.status_code == 422
    assert [problem["line"] for problem in answer.json()["problems"]] == [4]


async def test_who_may_not_change_the_model_sees_no_preview(refusing: httpx.AsyncClient) -> None:
    answer = await refusing.post("/api/model/previews", json={"text": MODEL}, headers=bearer(NO_ERASE))

    assert answer.status_code == 403


async def test_who_may_not_read_contacts_sees_none_in_a_preview(tmp_path: Path) -> None:
    with opened_database("", tmp_path / "read-model.sqlite") as engine:
        http = ApiApp(engine, tmp_path, tokens=f"modeller/model={MODEL_ALONE}").client(headers=bearer(MODEL_ALONE))
        answers = await http.post("/api/model/previews", json={"text": MODEL}), await http.get("/api/model/previews/1")

    assert [answer.status_code for answer in answers] == [403, 403]
