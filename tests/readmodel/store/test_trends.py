"""What a listed score was before it changed last, however many steps of others came since."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from streamprocessor.readmodel.store import tables
from streamprocessor.readmodel.store.database import reading, writing
from streamprocessor.readmodel.store.figures.trends import Trend, trends_of
from streamprocessor.readmodel.store.queries import SortOrder
from tests.readmodel.databases import opened_database


def step(number: int, **scores: Any) -> dict[str, Any]:
    return {
        "contact_id": "jane",
        "sequence": number,
        "at_ms": number,
        "said": orjson.dumps({"at": f"instant {number}", "scores": scores}).decode(),
    }


STOOD, ROSE = {"score": 7}, {"score": 7, "previous": 5}


@pytest.mark.parametrize(
    ("steps", "order", "previous", "changed_at"),
    [
        ([step(1, fit=ROSE)], SortOrder("fit"), 5, "instant 1"),
        ([step(n, fit=ROSE if n == 2 else STOOD) for n in range(1, 40)], SortOrder("fit"), 5, "instant 2"),
        ([step(1, fit={"stage": "B", "previous_stage": "C"})], SortOrder("fit"), None, "instant 1"),
        ([step(1, fit={"values": {"crm": ROSE, "erp": STOOD}})], SortOrder("fit", "crm"), 5, "instant 1"),
        ([step(1, fit={"values": {"crm": ROSE, "erp": STOOD}})], SortOrder("fit", "erp"), None, None),
        ([step(1, fit=None)], SortOrder("fit"), None, None),
        ([step(1, fit=ROSE), step(2, fit=None)], SortOrder("fit"), 5, "instant 1"),
        ([], SortOrder("fit"), None, None),
    ],
)
def test_the_newest_step_that_changed_the_score_tells(
    tmp_path: Path, steps: list[dict[str, Any]], order: SortOrder, previous: float | None, changed_at: str | None
) -> None:
    with opened_database("", tmp_path / "r.sqlite") as engine:
        if steps:
            with writing(engine) as connection:
                connection.execute(tables.history.insert(), steps)
        with reading(engine) as connection:
            trends = trends_of(connection, order, ["jane", "nobody"])
    assert trends == {"jane": Trend(previous, changed_at), "nobody": Trend()}
