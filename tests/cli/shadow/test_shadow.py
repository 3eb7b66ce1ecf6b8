"""A candidate scored live beside the model in force, under traffic and kill -9, against the oracle."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.topics.shadow import shadow_of
from streamprocessor.contract.topics.topics import IN
from streamprocessor.kafka.admin.reconcile import topic_ids
from streamprocessor.scoring.identity.erasure import is_hidden
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from tests.harness.fixtures import MakeWorker
from tests.harness.identity_traffic import Relations
from tests.harness.identity_verdict import assert_people_are_the_oracles, read_identity_run
from tests.harness.settling import until_settled
from tests.harness.shadows import ShadowProcess
from tests.harness.system import DEFAULT_MODEL, System, header, until
from tests.harness.verdict import read_run
from tests.scoring.oracle.scores import one_number, score_at

pytestmark = pytest.mark.kafka

CONTACTS, MERGES, EVENTS = 40, 20, 300


def _candidate() -> str:
    """The default model in which a click is worth more, and contacts become hot earlier."""
    text = DEFAULT_MODEL.read_text()
    return text.replace("points: 5, limit", "points: 9, limit").replace("from: 41, leave_below: 35", "from: 30")


async def _assert_table_is_the_oracles(system: System, model: Model) -> None:
    """Every person's scores in the application's table are those of the whole history, also of before it was copied."""
    run, table, scorer = await read_identity_run(system), (await read_run(system)).records, Scorer(model)
    at_ms = max(record.at_ms for record in table.values())
    for contact, facts in run.people.trees.items():
        expected = score_at(model, facts, at_ms)
        for name, score in scorer.scores_at(table[contact], at_ms).items():
            _, unrounded = one_number(expected[name])
            assert score.unrounded_nano is not None
            assert abs(score.unrounded_nano - unrounded) <= 1, (contact, name, score, expected)
    for old in run.people.parents:
        assert old not in table or is_hidden(table[old]), old


async def _assert_announced_by(system: System, source: str) -> None:
    """Nobody but this application announced anything in its topics."""
    for topic in ("score-updated", "became-hot-lead"):
        records = await system.read(topic)
        assert records
        assert {header(record, "ce_source") for record in records} == {f"streamprocessor/{source}"}, topic


async def test_a_candidate_scores_on_from_the_live_table_and_nobody_hears_of_it(
    system: System, worker: MakeWorker, tmp_path: Path
) -> None:
    live_model, text = await system.create(), _candidate()
    blue = worker("blue")
    await blue.ready()
    now_ms = int(time.time() * 1000)
    records = Relations(5, CONTACTS, MERGES, now_ms).records(5, EVENTS, now_ms)
    await system.send(records[: EVENTS // 2])
    await until_settled(system)
    process = ShadowProcess(system.settings, tmp_path).start()
    try:
        await process.ready()
        assert process.compared() == {"candidate": None}
        assert process.ask("PUT", json={"text": "scores: {}"}).status_code == 422
        assert process.ask("PUT", json={"text": text}).status_code == 202
        await system.send(records[EVENTS // 2 : EVENTS // 2 + 100])  # while it is copied
        await until(lambda: process.compared()["state"], lambda state: state == "running", 60, "the candidate scored")
        process.kill()
        await system.send(records[EVENTS // 2 + 100 :])
        process.start()

        shadow = System(system.settings.model_copy(update={"app_id": shadow_of("app")}))
        await until_settled(system)
        await until_settled(shadow)

        candidate = parse_model(text, "the candidate")
        await _assert_table_is_the_oracles(shadow, candidate)
        assert_people_are_the_oracles(await read_identity_run(system), live_model)
        await _assert_announced_by(system, system.settings.group)
        await _assert_announced_by(shadow, shadow.settings.group)
        await _assert_compared(process, system, shadow)
        own = [name for name, topic in shadow.layout.names().items() if topic.direction != IN]
        assert process.ask("DELETE").json() == {"candidate": {"name": candidate.name, "version": candidate.version}}
        await until(lambda: topic_ids(system.clients, own), lambda ids: not ids, 60, "the shadow's topics deleted")
        assert process.stop() == 0
    finally:
        process.discard()
    assert blue.stop() == 0


async def _assert_compared(process: ShadowProcess, system: System, shadow: System) -> None:
    """What the process tells is what both tables say."""
    live, own = (await read_run(system)).records, (await read_run(shadow)).records
    both = [name for name in live.keys() & own.keys() if not is_hidden(live[name]) and not is_hidden(own[name])]

    def stage(name: str, records: dict[str, Record]) -> str | None:
        return records[name].shown.get("engagement", (None, None))[1]

    pairs = [(stage(name, live), stage(name, own)) for name in both]
    hot_alone = {name for name, pair in zip(both, pairs, strict=True) if pair[0] != "hot" and pair[1] == "hot"}
    await until(
        lambda: process.compared()["only_shadow_contacts"], lambda hot: hot == len(hot_alone), 20, "all compared"
    )
    answer = process.compared()
    assert answer["contacts"] == len(both)
    assert {each["contact_id"] for each in answer["only_shadow"]} == hot_alone
    assert len(hot_alone) > 0
    agreement = answer["agreement"]["engagement"]
    assert agreement["agree"] == sum(one == other for one, other in pairs)
    assert agreement["disagree"] == sum(one != other for one, other in pairs)
    assert answer["hot_leads"]["shadow"] > 0
    assert answer["state"] == "running"
