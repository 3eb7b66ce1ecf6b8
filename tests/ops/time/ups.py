"""`up` of any release on a data folder, as tests start it, ask it and end it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import psutil

from streamprocessor.kafka.embedded.pid_file import running_in
from streamprocessor.settings import PREFIX, Settings
from tests.harness.apis import bearer
from tests.harness.data_folder import secret
from tests.harness.system import System, until

WAIT_SECONDS = 120.0
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


async def post(up: Up, data: Path, contact: str) -> None:
    """Say over HTTP that the contact sent a form, with the key that the folder has for servers."""
    event = {"contact_id": contact, "type": "form_submission", "properties": {"form": "contact"}}
    key = bearer(secret(data, "write-keys"))
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{up.address_of(COLLECTOR)}/v1/events", json=event, headers=key)
    assert answer.is_success, answer.text


async def listed(up: Up, data: Path) -> set[str]:
    token = bearer(secret(data, "api-tokens"))
    async with httpx.AsyncClient(base_url=up.address_of(PAGE), headers=token) as client:
        answer = await client.get("/api/contacts", params={"limit": 200})
    assert answer.is_success, answer.text
    return {contact["contact_id"] for contact in answer.json()["contacts"]}


def system_in(data: Path) -> System:
    broker = running_in(data / "kafka")
    assert broker is not None
    return System(Settings(bootstrap=broker.bootstrap, partitions=3))
