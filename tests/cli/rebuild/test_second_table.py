"""`rebuild --into`: a second table goes on where the first one ended, whose worker is killed while it works."""

from __future__ import annotations

import asyncio
import time

import pytest

from streamprocessor.cli.rebuild.application import application_of
from streamprocessor.cli.rebuild.second.table import SecondTable, TableSalts
from streamprocessor.errors import OperatorError
from tests.harness.fixtures import MakeWorker, missed_soon
from tests.harness.processes import ADDRESS_SALT, SALT
from tests.harness.system import System, until
from tests.harness.traffic import send_evenly, traffic
from tests.harness.verdict import assert_no_episode_is_announced_twice, run_as_the_oracle_says

pytestmark = pytest.mark.kafka

CONTACTS = 30


SALTS = TableSalts(SALT, ADDRESS_SALT)


@missed_soon
async def test_a_second_table_goes_on_where_a_killed_worker_ended_without_a_gap_or_a_doubled_announcement(
    system: System, worker: MakeWorker
) -> None:
    model = await system.create()
    second = System(system.settings.model_copy(update={"app_id": "second"}))
    blue = worker("blue")
    await blue.ready()
    await system.send(traffic(1, CONTACTS, 400, int(time.time() * 1000)))
    await system.until_applied()
    lines: list[str] = []
    origin, target = application_of(system.settings), application_of(second.settings)
    table = SecondTable(origin, target, SALTS, lines.append)

    making = asyncio.create_task(table.make())
    load = list(traffic(2, CONTACTS, 400, int(time.time() * 1000)))
    sending = asyncio.create_task(send_evenly(system, load, 3.0))
    await until(lambda: lines, lambda lines: bool(lines) or making.done(), 30, "caught up")
    await blue.until_at_work(sending)
    blue.kill()
    await making
    await sending

    green = worker("green", app_id="second")
    await green.ready()
    await second.until_applied()
    run = await run_as_the_oracle_says(second, model)
    assert_no_episode_is_announced_twice(run)
    assert "caught up" in lines[0]
    assert f"{len(run.records)} contacts as they were" in lines[1], lines
    await table.make()
    assert "already" in lines[-1]
    again = worker("red")
    assert again.process.wait(40) == 2
    assert "go on in the table of group" in again.log.read_text()
    with pytest.raises(OperatorError, match="hold a table of its own"):
        await SecondTable(target, origin, SALTS, lines.append).make()
    green.stop()
