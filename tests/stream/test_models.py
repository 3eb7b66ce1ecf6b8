"""Revisions of the model: taken up by all workers, for every contact, without a restart of the history."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamprocessor.cli.kafka.revisions import apply_model
from streamprocessor.contract.model_file.revisions import model_of
from streamprocessor.errors import OperatorError
from tests.harness.system import Sent, System, by_contact, until
from tests.harness.verdict import (
    assert_announcements_are_whole,
    assert_no_episode_is_announced_twice,
    read_run,
    run_as_the_oracle_says,
)
from tests.stream.conftest import MakeWorker

pytestmark = pytest.mark.kafka

OPENS_AND_FORMS = """
scores:
  engagement:
    rules:
      - {{id: open, on: email_open, points: {points}}}
      - {{id: form, on: form_submission, points: 30}}
    stages: {{cold: 0, warm: 16, hot: 41}}
hot_lead: {{score: engagement, stage: hot}}
"""


VISITS = """
scores:
  s:
    rules:
      - {{id: visit, on: page_visit, points: 1}}
{rules}
    stages: {{cold: 0}}
"""
PRICING_AND_DEMO = """
      - {id: pricing, on: page_visit, points: 10, where: {properties.path: {starts_with: /pricing}}}
      - {id: demo, on: demo, points: 100}
"""


def _model(folder: Path, points: int) -> Path:
    path = folder / f"opens-{points}.yaml"
    path.write_text(OPENS_AND_FORMS.format(points=points))
    return path


async def test_all_workers_go_to_a_new_revision_and_idle_contacts_move_with_cause_model(
    system: System, worker: MakeWorker, tmp_path: Path
) -> None:
    await system.create(_model(tmp_path, 5))
    blue, green = await worker("blue").ready(), await worker("green").ready()
    contacts = [f"c-{number}".encode() for number in range(40)]
    await system.send([Sent("email-opens", contact, {"id": "o"}) for contact in contacts])
    await system.send([Sent("form-submissions", contacts[0], {"id": "f"})])
    await system.until_applied()

    model = await system.apply_model(_model(tmp_path, 20), 2)

    def revisions() -> set[int]:
        return {each.status()["model"]["revision"] for each in (blue, green)}

    await until(revisions, lambda seen: seen == {2}, 30, "revision 2")

    async def moved() -> int:
        return sum(value["cause"] == "model" for value in await system.values("score-updated"))

    await until(moved, lambda count: count == 40, 30, "a step for each contact")
    run = await run_as_the_oracle_says(system, model)
    assert {record.revision for record in run.records.values()} == {2}
    announced = by_contact(await system.values("score-updated"))
    assert [step["scores"]["engagement"]["score"] for step in announced["c-5"]] == [5, 20]
    assert announced["c-0"][-1]["scores"]["engagement"]["stage"] == "hot"
    assert await system.read("became-hot-lead") == []  # made hot by a model change alone: nobody is called


async def test_who_becomes_hot_by_a_change_alone_is_announced_where_the_revision_says_so(
    system: System, worker: MakeWorker, tmp_path: Path
) -> None:
    await system.create(_model(tmp_path, 5))
    await worker().ready()
    await system.send([Sent("email-opens", contact, {"id": "o"}) for contact in (b"jane", b"joe")])
    await system.send([Sent("form-submissions", b"jane", {"id": "f"})])
    await system.until_applied()

    await system.apply_model(_model(tmp_path, 20), 2, announce_hot_leads=True)

    async def hot_contacts() -> list[str]:
        return [value["contact_id"] for value in await system.values("became-hot-lead")]

    await until(hot_contacts, lambda contacts: contacts == ["jane"], 30, "the hot lead of the change")
    run = await read_run(system)
    assert_announcements_are_whole(run)
    assert_no_episode_is_announced_twice(run)


async def test_a_rule_on_what_was_not_kept_before_counts_from_the_models_since(
    system: System, worker: MakeWorker, tmp_path: Path
) -> None:
    before, after = tmp_path / "before.yaml", tmp_path / "after.yaml"
    before.write_text(VISITS.format(rules=""))
    after.write_text(VISITS.format(rules=PRICING_AND_DEMO))
    await system.create(before)
    running = await worker().ready()
    for topic, kind in (("page-visits", None), ("activities", "demo")):
        event = {"id": f"old-{kind}", "properties": {"path": "/pricing"}}
        await system.send([Sent(topic, b"jane", event | ({"type": kind} if kind else {}))])
    await system.until_applied()
    since_ms = max(record.timestamp for record in await system.read("activities")) + 1

    kept_since = {"page_visit": {"properties.path": since_ms}, "demo": {"": since_ms}}
    await system.apply_model(after, 2, kept_since=kept_since)
    await until(lambda: running.status()["model"]["revision"], lambda revision: revision == 2, 30, "revision 2")
    await system.send([Sent("page-visits", b"jane", {"id": "new", "properties": {"path": "/pricing"}})])
    await system.send([Sent("activities", b"joe", {"id": "new", "type": "demo"})])
    await system.until_applied()

    announced = by_contact(await system.values("score-updated"))
    steps = {name: [step["scores"]["s"]["score"] for step in values] for name, values in announced.items()}
    assert steps == {"jane": [1, 12], "joe": [100]}  # a visit each time, the price page and the demo since then only
    assert_announcements_are_whole(await read_run(system))


async def test_a_worker_whose_models_topic_lost_the_revision_of_its_records_says_how_to_bring_it_back(
    system: System, worker: MakeWorker, tmp_path: Path
) -> None:
    await system.create(_model(tmp_path, 5))
    await system.apply_model(_model(tmp_path, 6), 2)
    running = await worker().ready()
    await system.send([Sent("email-opens", b"jane", {"id": "o"})])
    await system.until_applied()
    running.stop()

    await system.delete("models")
    await system.create(_model(tmp_path, 5))
    again = worker()

    assert again.process.wait(40) == 2
    assert "newest model revision is 1, but contacts were scored under revision 2" in again.tail()
    assert "`streamprocessor model apply --revision 2`" in again.tail()

    with pytest.raises(OperatorError, match="wanted one after 1, which is in force"):
        await apply_model(system.settings, _model(tmp_path, 6), number=1)
    applied = await apply_model(system.settings, _model(tmp_path, 6), number=2)

    assert applied.revision.revision == 2
    await again.start().ready()


async def test_other_segments_alone_move_no_contact_and_leave_the_revision(
    system: System, worker: MakeWorker, tmp_path: Path
) -> None:
    file = _model(tmp_path, 5)
    model = await system.create(file)
    blue = await worker("blue").ready()
    await system.send([Sent("email-opens", f"c-{number}".encode(), {"id": "o"}) for number in range(40)])
    await system.until_applied()

    file.write_text(f"{file.read_text()}segments: {{s: {{suppressed: false}}}}\n")
    applied = await apply_model(system.settings, file)
    again = await apply_model(system.settings, file)
    blue.stop()
    blue = await blue.start().ready()  # it reads both from the start
    await system.send([Sent("email-opens", b"c-0", {"id": "o-2"})])
    await system.until_applied()

    assert (applied.is_new, again.is_new) == (True, False)
    assert (applied.revision.revision, applied.revision.version) == (1, model.version)
    assert model_of(applied.revision).segments[0].name == "s"
    assert len(await system.values("models")) == 2
    assert blue.status()["model"]["revision"] == 1
    changed = [record.key for record in await system.read("contacts-changelog")]
    assert [changed.count(f"c-{number}".encode()) for number in range(40)] == [2] + [1] * 39
    assert [value["cause"] for value in await system.values("score-updated")] == ["event"] * 41
