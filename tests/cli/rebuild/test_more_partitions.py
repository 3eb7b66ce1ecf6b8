"""A table moved into twice as many partitions, with load before and after: nothing lost, doubled, or numbered anew."""

from __future__ import annotations

import time
from collections import defaultdict

import orjson
import pytest

from streamprocessor.cli.rebuild.application import application_of
from streamprocessor.cli.rebuild.moved_table import MovedTable
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.admin.reconcile import topic_ids
from tests.harness.fixtures import MakeWorker
from tests.harness.system import System, header
from tests.harness.traffic import traffic
from tests.harness.verdict import Run, assert_records_equal_the_oracle, read_run

pytestmark = pytest.mark.kafka

CONTACTS = 30


async def _send(system: System, seed: int, events: int) -> None:
    await system.send(traffic(seed, CONTACTS, events, int(time.time() * 1000)))


def _sequences(run: Run) -> dict[str, list[int]]:
    """The numbers of each contact's announcements, each announcement once."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for record in run.score_updated:
        value = orjson.loads(record.value)
        found[value["contact_id"]][header(record, "ce_id")] = value["sequence"]
    return {contact: sorted(of.values()) for contact, of in found.items()}


async def _assert_half_of_it_is_no_table(system: System, worker: MakeWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A move that is killed just before its comparison leaves topics on which no worker starts."""
    half = system.settings.model_copy(update={"topic_prefix": f"{system.settings.topic_prefix}half-"})
    with monkeypatch.context() as patched:
        patched.setattr(MovedTable, "_compare", _killed)
        with pytest.raises(InterruptedError):
            await MovedTable(application_of(system.settings), application_of(half), print).move(None)
    red = worker("red", topic_prefix=half.topic_prefix)
    assert red.process.wait(40) == 2, red.tail()
    assert "rebuild` into it did not end" in red.log.read_text()


async def _killed(*_: object) -> None:
    raise InterruptedError


async def test_four_partitions_become_eight_and_every_contact_goes_on_where_it_was(
    system: System, worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = await system.create()
    blue = worker("blue")
    await blue.ready()
    await _send(system, 1, 400)
    await system.until_applied()
    wider = System(
        system.settings.model_copy(update={"topic_prefix": f"{system.settings.topic_prefix}8-", "partitions": 8})
    )
    said: list[str] = []
    nowhere = application_of(system.settings.model_copy(update={"topic_prefix": "nowhere-"}))
    with pytest.raises(OperatorError, match="wanted a table to move, by --from-prefix"):
        await MovedTable(nowhere, application_of(wider.settings), said.append).move(None)
    assert not await topic_ids(wider.clients, wider.layout.names())
    moving = MovedTable(application_of(system.settings), application_of(wider.settings), said.append)
    with pytest.raises(OperatorError, match=r"has workers \(blue\); wanted none"):
        await moving.move(None)
    assert blue.stop() == 0
    await _send(system, 2, 100)  # which no worker has read
    before = await read_run(system)
    await _assert_half_of_it_is_no_table(system, worker, monkeypatch)

    await moving.move(None)

    green = worker("green", topic_prefix=wider.settings.topic_prefix, partitions=8)
    await green.ready()
    await _send(wider, 3, 200)
    await wider.until_applied()
    after = await read_run(wider)
    facts = {
        contact: [*before.facts.get(contact, []), *after.facts.get(contact, [])]
        for contact in before.facts | after.facts
    }
    after.facts = facts
    assert_records_equal_the_oracle(after, model)
    sequences = _sequences(after)
    for contact, record in after.records.items():
        assert sequences.get(contact, []) == list(range(1, record.sequence + 1)), contact
    leads = [
        (lead["contact_id"], lead["episode"]) for lead in map(orjson.loads, (each.value for each in after.hot_leads))
    ]
    assert len(leads) == len(set(leads))
    assert said[0].startswith(f"{len(before.records)} contacts moved into 8 partitions, with ")
    green.stop()
    with pytest.raises(OperatorError, match="hold records; wanted new topics"):
        await moving.move(None)
