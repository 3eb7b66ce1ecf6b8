"""A preview says of every contact what publishing the draft then does to it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from streamprocessor.contract.changelog.entry import RESERVED, record_of
from streamprocessor.contract.changelog.record_codec import decode_record
from streamprocessor.contract.rfc3339 import parse_rfc3339
from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG
from streamprocessor.readmodel.previews.effect import MOST_NAMED
from streamprocessor.scoring.identity.erasure import is_hidden, nothing_left
from streamprocessor.scoring.model.model import NANO
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from tests.harness.apis import ALL, ApiProcess, bearer
from tests.harness.system import until
from tests.readmodel.conftest import MODEL, MakeApi, ScoredSystem

pytestmark = pytest.mark.kafka

DRAFT = MODEL.replace("form_submission, points: 25", "form_submission, points: 40").replace(
    "page_visit, points: 10", "page_visit, points: 3"
)
HOT = "hot"


async def test_publishing_does_what_the_preview_says(scored: ScoredSystem, new_api: MakeApi, tmp_path: Path) -> None:
    api = await new_api(database_url="").ready()
    before = await records_of(scored)
    chosen = sorted(before)[:10]
    preview = await previewed(api, chosen)
    file = tmp_path / "draft.yaml"
    file.write_text(DRAFT)
    published = Scorer(await scored.system.apply_model(file, 2))

    async def migrated() -> dict[str, Record]:
        return await records_of(scored)

    after = await until(
        migrated, lambda found: all(record.revision == 2 for record in found.values()), 30, "all contacts migrated"
    )

    at_ms = parse_rfc3339(preview["at"]) or 0
    shown_before, shown_after = (
        {contact_id: by.scores_at(record, at_ms) for contact_id, record in records.items()}
        for by, records in ((Scorer(scored.model), before), (published, after))
    )
    assert (preview["contacts_read"], preview["is_sample"]) == (len(before), False)
    for name, figures in preview["scores"].items():
        stages = Counter(shown[name].stage for shown in shown_after.values() if shown[name].stage is not None)
        assert figures["stages_after"] == stages
        if shown_after[chosen[0]][name].values is None:
            pairs = [(shown_before[contact_id][name], shown[name]) for contact_id, shown in shown_after.items()]
            changed = sum((old.presented_nano, old.stage) != (new.presented_nano, new.stage) for old, new in pairs)
            assert max(figures["changed"], figures["stages"]) <= changed <= figures["changed"] + figures["stages"]
            assert figures["stages"] == sum(old.stage != new.stage for old, new in pairs)
    hot_before, hot_after = (
        {contact_id for contact_id, shown in of.items() if shown["engagement"].stage == HOT}
        for of in (shown_before, shown_after)
    )
    for named, counted, really in (
        ("becomes_hot", "become_hot", hot_after - hot_before),
        ("cools", "cool", hot_before - hot_after),
    ):
        names = {each["contact_id"] for each in preview[named]}
        assert preview["scores"]["engagement"][counted] == len(really) > 0
        assert names <= really
        assert len(names) == min(MOST_NAMED, len(really))
    entered = {
        contact_id
        for contact_id, record in after.items()
        if record.episodes.get("engagement", (0, None))[0] > before[contact_id].episodes.get("engagement", (0, None))[0]
    }
    assert entered == hot_after - hot_before
    for one in preview["ten"]:
        for name in ("engagement", "fit", "grade"):
            score = shown_after[one["contact_id"]][name]
            presented = None if score.presented_nano is None else score.presented_nano / NANO
            foretold = one["scores"][name]["after"]
            assert (foretold["score"], foretold["stage"]) == (presented, score.stage)
    assert [one["contact_id"] for one in preview["ten"]] == chosen


async def records_of(scored: ScoredSystem) -> dict[str, Record]:
    """The last record of each contact."""
    newest: dict[str, bytes | None] = {}
    for entry in await scored.system.read(CONTACTS_CHANGELOG):
        if not entry.key.startswith(RESERVED):
            newest[entry.key.decode()] = entry.value
    records = {key: decode_record(record_of(value)) for key, value in newest.items() if value is not None}
    return {key: record for key, record in records.items() if not is_hidden(record) and not nothing_left(record)}


async def previewed(api: ApiProcess, contacts: list[str]) -> dict[str, Any]:
    body = {"text": DRAFT, "contacts": contacts}
    async with httpx.AsyncClient(headers=bearer(ALL), timeout=20) as client:
        begun = await client.post(f"{api.address}/api/model/previews", json=body)
    assert begun.status_code == 202, begun.text
    path = f"/api/model/previews/{begun.json()['id']}"
    answer: dict[str, Any] = await until(
        lambda: api.get(path), lambda found: found["state"] != "running", 60, "the preview"
    )
    assert answer["state"] == "done"
    return answer
