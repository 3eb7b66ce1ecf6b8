"""What the release before left behind is gone on with, and its workers are replaced one after the other under load."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from streamprocessor.cli.kafka.revisions import active_model
from streamprocessor.contract.model_file.revisions import model_of
from streamprocessor.kafka.admin.reconcile import apply
from streamprocessor.settings import PREFIX
from tests.harness.fixtures import MakeWorker
from tests.harness.system import ROOT, System, until
from tests.harness.traffic import send_evenly, traffic
from tests.harness.verdict import assert_no_episode_is_announced_twice, run_as_the_oracle_says
from tests.harness.workers import WorkerProcess
from tests.ops.time.ups import Up, listed, post, system_in

pytestmark = [pytest.mark.kafka, pytest.mark.ops]

CONTACTS = 120


async def test_the_data_folder_of_the_release_before_is_gone_on_with(
    release_before: Path, ups: list[Up], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    old = Up(release_before, data, tmp_path / "old.log")
    ups.append(old)
    await old.ready()
    system = system_in(data)
    await system.send(traffic(1, CONTACTS, 1_500, int(time.time() * 1000)))
    await post(old, data, "jane")
    await system.until_applied()
    await until(lambda: listed(old, data), lambda contacts: "jane" in contacts, 60, "jane is listed")
    before = await listed(old, data)
    kept = {name: (data / name).read_bytes() for name in ("write-keys", "api-tokens")}
    await old.stop()

    new = Up(ROOT, data, tmp_path / "new.log")
    ups.append(new)
    await new.ready()
    system = system_in(data)
    await system.send(traffic(2, CONTACTS, 500, int(time.time() * 1000)))
    await post(new, data, "june")
    await system.until_applied()

    assert ("browser key" in old.said, "browser key" in new.said) == (False, True), "one is of each release"
    assert {name: (data / name).read_bytes() for name in kept} == kept
    await until(lambda: listed(new, data), lambda contacts: {*before, "june"} <= contacts, 60, "all are listed")
    model = model_of(await active_model(system.settings))
    assert_no_episode_is_announced_twice(await run_as_the_oracle_says(system, model))
    assert "Traceback" not in new.said
    assert "starting it again" not in new.said, "no process ended and was started again"
    await new.stop()


async def _run_in(tree: Path, system: System, *words: str) -> None:
    settings = system.settings
    own = {
        f"{PREFIX}BOOTSTRAP": settings.bootstrap,
        f"{PREFIX}TOPIC_PREFIX": settings.topic_prefix,
        f"{PREFIX}APP_ID": settings.app_id,
        f"{PREFIX}PARTITIONS": str(settings.partitions),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "streamprocessor", *words), cwd=tree, env={**os.environ, **own}
    )
    assert await process.wait() == 0


async def _flow(system: System, events: int, seconds: float) -> None:
    """Send traffic evenly over some seconds."""
    records = list(traffic(3, CONTACTS, events, int(time.time() * 1000)))
    await send_evenly(system, records, seconds)


async def test_workers_of_the_release_before_are_replaced_one_after_the_other_under_load(
    release_before: Path, system: System, worker: MakeWorker, tmp_path: Path
) -> None:
    for words in (("topics", "apply"), ("model", "apply")):
        await _run_in(release_before, system, *words)
    model = model_of(await active_model(system.settings))
    old = [WorkerProcess(system.settings, name, tmp_path, release_before) for name in ("blue", "green")]
    try:
        for each in old:
            each.start()
        for each in old:
            await each.ready()
        sending = asyncio.ensure_future(_flow(system, 6_000, 30.0))
        await old[0].until_at_work(sending)
        await apply(system.clients, system.layout)  # `topics apply` of the new release, before its first worker
        new = []
        for each in old:
            assert each.stop() == 0
            new.append(worker(each.name))
            await new[-1].ready()
            await new[-1].until_at_work(sending)
        assert not sending.done(), "the load lasted for longer than the upgrade"
        await sending
        await system.until_applied()
        assert_no_episode_is_announced_twice(await run_as_the_oracle_says(system, model))
        for each in new:
            assert each.metric("leadscore_rebalances_total") <= 4, "they do not push each other out"
    finally:
        for each in old:
            each.discard()
