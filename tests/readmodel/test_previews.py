"""A preview tells what publishing a draft would do to the contacts as they are, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

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


def sent_forms(count: int) -> Record:
    record = SCORER.blank()
    events = [
        Event(f"e-{n}", "form_submission", NOW_MS - 1000 + n, NOW_MS, {"form": "contact", "n": n}, {})
        for n in range(count)
    ]
    SCORER.apply_in_place(record, [AttributesWritten("u", NOW_MS, NOW_MS, {"first_name": f"No {count}"}), *events])
    return record


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

    answer: dict[str, Any] = await until(answered, lambda told: told["state"] != "running", SECONDS, "the preview")
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
    assert (answer["hot_leads_a_week"]["before"], answer["hot_leads_a_week"]["after"]) == (0.25, 0.5)


async def test_who_is_hot_is_told_to_cool(http: httpx.AsyncClient) -> None:
    same, colder = await previewed(http, MODEL), await previewed(http, COLDER)

    assert [each["contact_id"] for each in same["cooling"]] == ["c-2"]
    assert same["cooling"][0]["at"] > same["at"]
    assert same["moved"] == 0
    assert (colder["cools"], colder["cooling"][0]["at"]) == (
        [{"contact_id": "c-2", "display_name": "No 2"}],
        colder["at"],
    )


async def test_a_draft_that_can_not_be_is_refused_line_by_line(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/model/previews", json={"text": MODEL.replace("half_life: 30d", "half_life: soon")})

    assert answer.status_code == 422
    assert [problem["line"] for problem in answer.json()["problems"]] == [4]


async def test_who_may_not_change_the_model_sees_no_preview(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/model/previews", json={"text": MODEL}, headers=bearer(NO_ERASE))

    assert answer.status_code == 403
