"""`up` with all of its processes, backed up while it runs and started from what was restored."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import httpx
import pytest

from streamprocessor.cli.kafka.revisions import active_model
from streamprocessor.contract.model_file.revisions import model_of
from streamprocessor.settings import PREFIX
from tests.harness.data_folder import secret
from tests.harness.system import ROOT, System, header, until
from tests.harness.traffic import traffic
from tests.harness.verdict import run_as_the_oracle_says
from tests.ops.time.ups import PAGE, Up, listed, post, system_in

pytestmark = [pytest.mark.kafka, pytest.mark.ops]

SUBSCRIPTION = {"url": "https://crm.example.com/hook", "events": ["became-hot-lead"], "secrets": ["env:HOOK_SECRET"]}


async def _command(data: Path, *words: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "streamprocessor", *words),
        cwd=ROOT,
        env=os.environ | {f"{PREFIX}DATA_DIR": str(data)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


async def _subscriptions(up: Up, data: Path) -> set[str]:
    token = {"authorization": f"Bearer {secret(data, 'api-tokens')}"}
    async with httpx.AsyncClient(base_url=up.address_of(PAGE), headers=token) as client:
        return {each["name"] for each in (await client.get("/api/subscriptions")).json()["subscriptions"]}


async def _tables_named(system: System) -> set[str]:
    """The incarnations of the tables that announcements' ids are of."""
    return {header(record, "ce_id").partition(":")[0] for record in await system.read("score-updated")}


async def test_what_up_keeps_is_backed_up_while_it_runs_and_goes_on_in_another_folder(
    ups: list[Up], tmp_path: Path
) -> None:
    data, restored, archive = tmp_path / "data", tmp_path / "restored", tmp_path / "backup.tar.gz"
    first = Up(ROOT, data, tmp_path / "first.log")
    ups.append(first)
    await first.ready()
    system = system_in(data)
    await system.send(traffic(1, 100, 1_000, int(time.time() * 1000)))
    await post(first, data, "jane")
    await system.until_applied()
    token = {"authorization": f"Bearer {secret(data, 'api-tokens')}"}
    async with httpx.AsyncClient(base_url=first.address_of(PAGE), headers=token) as client:
        answer = await client.put("/api/subscriptions/crm", json=SUBSCRIPTION)
        assert answer.is_success, answer.text
    await until(lambda: listed(first, data), lambda contacts: "jane" in contacts, 60, "jane is listed")
    contacts = await listed(first, data)

    before = await _tables_named(system)
    said = await _command(data, "backup", str(archive))
    assert f"{len(contacts)} contacts" in said
    first.discard()  # as a machine that is gone
    assert "as it was" in await _command(restored, "restore", str(archive))

    second = Up(ROOT, restored, tmp_path / "second.log")
    ups.append(second)
    await second.ready()
    assert secret(restored, "api-tokens") == secret(data, "api-tokens")
    assert await _subscriptions(second, restored) == {"crm"}
    await post(second, restored, "june")
    system = system_in(restored)
    await system.until_applied()
    await until(lambda: listed(second, restored), lambda now: now == contacts | {"june"}, 60, "all are listed")
    await run_as_the_oracle_says(system, model_of(await active_model(system.settings)))
    assert await _tables_named(system) - before, "what is announced after it has ids of its own"
    assert "starting it again" not in second.said
    await second.stop()
