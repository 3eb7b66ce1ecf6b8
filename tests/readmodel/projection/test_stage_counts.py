"""Whoever watches an api sees how many contacts stand in each stage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert

from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG
from streamprocessor.readmodel.metrics import Metrics
from streamprocessor.readmodel.projection.projector import Projector
from streamprocessor.readmodel.store.database import open_database, writing
from streamprocessor.readmodel.store.tables import tallies

ASKED_BY_NOBODY: Any = None


def tally(name: str, stage: str, contacts: int, presented: str = "1", value: str = "") -> dict[str, Any]:
    return {"name": name, "value": value, "presented_nano": presented, "stage": stage, "contacts": contacts}


async def test_contacts_are_counted_by_stage_where_a_score_has_stages(tmp_path: Path) -> None:
    engine = open_database("", tmp_path / "tables.sqlite")
    metrics = Metrics()
    topics = {"changelog": (CONTACTS_CHANGELOG, "id", 1)}
    projector = Projector(engine, topics, ASKED_BY_NOBODY, ASKED_BY_NOBODY, metrics)
    with writing(engine) as connection:
        rows = [
            tally("engagement", "hot", 2),
            tally("engagement", "hot", 3, presented="2"),
            tally("engagement", "warm", 7),
            tally("grade", "A1", 5, presented=""),
            tally("points", "", 9),
            tally("interest", "keen", 11, value="/pricing"),
        ]
        connection.execute(insert(tallies), rows)

    await projector._count_stages()

    assert counted(metrics) == {("engagement", "hot"): 5, ("engagement", "warm"): 7, ("grade", "A1"): 5}

    with writing(engine) as connection:
        connection.execute(delete(tallies).where(tallies.c.stage == "hot"))
    await projector._count_stages()

    assert counted(metrics) == {("engagement", "warm"): 7, ("grade", "A1"): 5}
    engine.dispose()


def counted(metrics: Metrics) -> dict[tuple[str, str], float]:
    (family,) = metrics.contacts.collect()
    return {(sample.labels["score"], sample.labels["stage"]): sample.value for sample in family.samples}
