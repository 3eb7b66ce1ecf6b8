"""Real exports and a real log, imported through Kafka, scored as the oracle scores them, twice and shuffled."""

from __future__ import annotations

import random

import pytest

from streamprocessor.contract.topics.input_topics import InputTopics
from streamprocessor.imports.importer import import_rows
from streamprocessor.imports.kafka_sender import kafka_sender
from streamprocessor.imports.progress.row_sender import RowSender
from streamprocessor.imports.rows import ImportRow
from tests.harness.public_data import DATA, all_mails, read_log
from tests.harness.system import System
from tests.harness.verdict import (
    assert_no_episode_is_announced_twice,
    assert_records_equal_the_oracle,
    read_run,
    run_as_the_oracle_says,
)
from tests.offline.test_real_data import ROBOT_LEAD
from tests.stream.conftest import MakeWorker

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.data,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here"),
]


async def _import(system: System, rows: list[ImportRow]) -> None:
    async with kafka_sender(system.clients, system.settings.topic_prefix) as sender:
        row_sender = RowSender(sender, InputTopics(system.layout.topics))
        counts = await import_rows(iter(rows), row_sender, lambda _: None, lambda _: None)
    assert counts.sent.total() == len(rows)


async def test_imported_twice_and_shuffled_every_contact_has_the_oracles_scores(
    system: System, worker: MakeWorker
) -> None:
    model = await system.create()
    running = await worker().ready()
    rows = [row for row in read_log() if isinstance(row, ImportRow)] + all_mails()

    await _import(system, rows)
    await system.until_applied()
    once = await read_run(system)
    assert_records_equal_the_oracle(once, model)
    robot = once.records[ROBOT_LEAD]
    engagement, _ = robot.shown["engagement"]
    assert engagement is not None
    assert engagement <= 20 * 10**9
    assert once.hot_leads == []  # importing old events wakes nobody

    random.Random(7).shuffle(rows)
    await _import(system, rows)
    await system.until_applied()
    twice = await run_as_the_oracle_says(system, model)
    assert_no_episode_is_announced_twice(twice)
    assert {key: record.derived for key, record in twice.records.items()} == {
        key: record.derived for key, record in once.records.items()
    }
    capped = running.metric("leadscore_evidence_capped_total")
    assert running.metric("leadscore_events_skipped_total") + capped >= len(rows), capped
