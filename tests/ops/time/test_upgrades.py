"""What the release before left behind is gone on with, and its workers are replaced one after the other under load."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from streamprocessor.cli.kafka.revisions import active_model
from streamprocessor.contract.model_file.revisions import model_of
from streamprocessor.kafka.admin.reconcile import apply
from streamprocessor.kafka.embedded.pid_file import running_in
from streamprocessor.settings import PREFIX, Settings
from tests.harness.fixtures import MakeWorker
from tests.harness.system import ROOT, System, until
from tests.harness.traffic import traffic
from tests.harness.verdict import assert_no_episode_is_announced_twice, run_as_the_oracle_says
from tests.harness.workers import WorkerProcess

pytestmark = [pytest.mark.kafka, pytest.mark.ops]

WAIT_SECONDS = 120.0
CONTACTS = 120
PAGE, COLLECTOR = "the page, with its API,", "the collector"


class Up:
    """`up` of a release on a data folder; `said` is what it has printed."""

    def __init__(self, tree: Path, data: Path, log: Path) -> None:
        ports = {f"{PREFIX}{name}_PORT": "0" for name in ("KAFKA", "METRICS", "COLLECTOR", "DELIVERY", "API")}
        own = {f"{PREFIX}DATA_DIR": str(data), f"{PREFIX}PARTITIONS": "3", f"{PREFIX}COMMIT_INTERVAL_SECONDS": "0.2"}
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streamprocessor", "up"],
                env={**os.environ, **ports, **own},
                cwd=tree,
                stdout=output,
                stderr=output,
            )

    @property
    def said(self) -> str:
        return self.log.read_text()

    def address_of(self, title: str) -> str:
        """Where it says that the process of that title answers; "" before it has."""
        line = next((line for line in self.said.splitlines() if line.startswith(f"{title} is ready on ")), "")
        return line.removeprefix(f"{title} is ready on ").partition(";")[0]

    async def ready(self) -> None:
        titles = (PAGE, COLLECTOR, "worker-1")
        await until(lambda: all(map(self._is_ready, titles)), bool, WAIT_SECONDS, f"all are ready\n{self.said}")

    def _is_ready(self, title: str) -> bool:
        return f"{title} is ready" in self.said

    async def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        await until(self.process.poll, lambda code: code is not None, WAIT_SECONDS, "it ends")
        assert self.process.returncode == 0, self.said

    def discard(self) -> None:
        if self.process.poll() is None:
            for child in psutil.Process(self.process.pid).children(recursive=True):
                child.kill()
            self.process.kill()
            self.process.wait()


@pytest.fixture
def ups() -> Iterator[list[Up]]:
    started: list[Up] = []
    yield started
    for each in started:
        each.discard()


def _secret(data: Path, name: str) -> str:
    return (data / name).read_text().strip().partition("=")[2]


async def _post(up: Up, data: Path, contact: str) -> None:
    """Say over HTTP that the contact sent a form, with the key that the folder has for servers."""
    event = {"contact_id": contact, "type": "form_submission", "properties": {"form": "contact"}}
    key = {"authorization": f"Bearer {_secret(data, 'write-keys')}"}
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{up.address_of(COLLECTOR)}/v1/events", json=event, headers=key)
    assert answer.is_success, answer.text


async def _listed(up: Up, data: Path) -> set[str]:
    token = {"authorization": f"Bearer {_secret(data, 'api-tokens')}"}
    async with httpx.AsyncClient(base_url=up.address_of(PAGE), headers=token) as client:
        answer = await client.get("/api/contacts", params={"limit": 200})
    assert answer.is_success, answer.text
    return {contact["contact_id"] for contact in answer.json()["contacts"]}


def _system_in(data: Path) -> System:
    broker = running_in(data / "kafka")
    assert broker is not None
    return System(Settings(bootstrap=broker.bootstrap, partitions=3))


async def test_the_data_folder_of_the_release_before_is_gone_on_with(
    release_before: Path, ups: list[Up], tmp_path: Path
) -> None:
    data = tmp_path / "data"
    old = Up(release_before, data, tmp_path / "old.log")
    ups.append(old)
    await old.ready()
    system = _system_in(data)
    await system.send(traffic(1, CONTACTS, 1_500, int(time.time() * 1000)))
    await _post(old, data, "jane")
    await system.until_applied()
    await until(lambda: _listed(old, data), lambda contacts: "jane" in contacts, 60, "jane is listed")
    before = await _listed(old, data)
    kept = {name: (data / name).read_bytes() for name in ("write-keys", "api-tokens")}
    await old.stop()

    new = Up(ROOT, data, tmp_path / "new.log")
    ups.append(new)
    await new.ready()
    system = _system_in(data)
    await system.send(traffic(2, CONTACTS, 500, int(time.time() * 1000)))
    await _post(new, data, "june")
    await system.until_applied()

    assert ("browser key" in old.said, "browser key" in new.said) == (False, True), "one is of each release"
    assert {name: (data / name).read_bytes() for name in kept} == kept
    await until(lambda: _listed(new, data), lambda contacts: {*before, "june"} <= contacts, 60, "all are listed")
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
    slices = int(seconds * 10)
    async with system.producer() as producer:
        for number in range(slices):
            await system.send_through(producer, records[number::slices])
            await asyncio.sleep(seconds / slices)


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
