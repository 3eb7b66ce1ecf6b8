"""Rules that ask for more than evidence has get it from what the input topics hold, while workers go on."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from streamprocessor.cli.kafka.revisions import active_model, apply_model
from streamprocessor.cli.model.rebuild import rebuild_evidence, would_rebuild
from streamprocessor.contract.model_file import revisions
from streamprocessor.contract.model_file.revisions import model_of
from tests.harness.system import Sent, System, by_contact, until
from tests.harness.verdict import assert_no_episode_is_announced_twice, read_run, run_as_the_oracle_says
from tests.stream.conftest import MakeWorker

pytestmark = pytest.mark.kafka

PURCHASES = int(os.environ.get("FAULT_PURCHASES", "400"))
CONTACTS = max(20, PURCHASES // 50)
KILLS = min(int(os.environ.get("FAULT_KILLS", "1")), 10)

MODEL = """
scores:
  s:
    rules:
      - {{id: purchase, on: purchase, points: 1, limit: {{points: 1}}}}
{rules}
    stages: {{cold: 0, hot: 41}}
hot_lead: {{score: s, stage: hot}}
"""
AMOUNT_AND_DEMO = """
      - {id: amount, on: purchase, points_from: {property: properties.amount, times: 0.1}}
      - {id: demo, on: demo, points: 5}
"""


def purchases(first: int, count: int, contacts: str = "c") -> Iterable[Sent]:
    for n in range(first, first + count):
        key = f"{contacts}-{n % CONTACTS}".encode()
        yield Sent("activities", key, {"id": f"p{n}", "type": "purchase", "properties": {"amount": n % 97}})
        if n % 10 == 0:
            yield Sent("activities", key, {"id": f"d{n}", "type": "demo"})


async def test_after_a_rebuild_under_load_with_workers_killed_each_contact_has_what_the_oracle_gives(
    system: System, worker: MakeWorker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revisions, "WORKERS_FOLLOW_WITHIN_MS", 500)
    before, after = tmp_path / "before.yaml", tmp_path / "after.yaml"
    before.write_text(MODEL.format(rules=""))
    after.write_text(MODEL.format(rules=AMOUNT_AND_DEMO))
    await system.create(before)
    blue, green = await worker("blue").ready(), await worker("green").ready()
    await system.send(purchases(0, PURCHASES))
    await system.until_applied()

    await apply_model(system.settings, after)
    would = await would_rebuild(system.settings, ())
    one = await rebuild_evidence(system.settings, ["c-1"], 1_000)
    rebuilding = asyncio.create_task(rebuild_evidence(system.settings, (), None))
    for kill in range(KILLS):
        await system.send(purchases(PURCHASES + kill * 50, 50, "live"))
        (blue if kill % 2 else green).kill()
        await (blue if kill % 2 else green).start().ready()
    did = await rebuilding
    final = await active_model(system.settings)

    def revisions_of_workers() -> set[int]:
        return {each.status()["model"]["revision"] for each in (blue, green)}

    await until(revisions_of_workers, lambda seen: seen == {final.revision}, 30, "the final revision")
    await system.until_applied()
    outcomes = {row["type"]: (row["added"], row["enriched"], row["folded"]) for row in would["types"]}
    assert outcomes == {"purchase": (0, PURCHASES, 0), "demo": (PURCHASES // 10, 0, 0)}
    assert (one["sent"], one["completed"]) == (sum(sent.key == b"c-1" for sent in purchases(0, PURCHASES)), None)
    assert (did["sent"], did["completed"]) == (would["to_send"] - one["sent"], final.revision)
    assert (final.revision, final.kept_since) == (3, {})

    async def revisions_of_contacts() -> set[int]:
        return {record.revision for record in (await read_run(system)).records.values()}

    await until(revisions_of_contacts, lambda seen: seen == {final.revision}, 60, "every contact at that revision")
    run = await run_as_the_oracle_says(system, model_of(final))
    assert_no_episode_is_announced_twice(run)
    causes = {step["cause"] for steps in by_contact(await system.values("score-updated")).values() for step in steps}
    assert "model" in causes
    hot = {name for name, record in run.records.items() if record.shown["s"][1] == "hot" and name.startswith("c-")}
    assert len(hot) > CONTACTS // 2
    assert hot.isdisjoint(value["contact_id"] for value in await system.values("became-hot-lead"))
