"""A real Prometheus and a real Alertmanager that watch processes of ours and tell a real receiver."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Self

import httpx
from aiohttp import web

from streamprocessor.process.ports import any_free
from tests.delivery.receivers import Received, Receiver
from tests.harness.system import until
from tests.ops.alerts.fast_rules import write_fast

TOOLS = ("prometheus", "prometheus-alertmanager")
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]


class Told(NamedTuple):
    """One alert as it reached a receiver. about: the labels that tell it from others of its name."""

    receiver: str
    name: str
    about: Mapping[str, str]
    summary: str
    at_seconds: float


class Monitoring:
    """Both processes on free ports. told: each alert that fired, once for each time that it began to."""

    def __init__(self, folder: Path, targets: Mapping[str, list[str]]) -> None:
        """targets: the addresses of each job, as host:port."""
        self._folder = folder
        self._targets = targets
        self._receiver = Receiver()
        self._receiver.answer = self._note
        self._processes: list[subprocess.Popen[bytes]] = []
        self._begun: set[tuple[str, str]] = set()
        self.told: list[Told] = []
        self.prometheus = f"http://127.0.0.1:{any_free()}"
        self.alertmanager = f"http://127.0.0.1:{any_free()}"

    async def start(self) -> Self:
        """Return once Prometheus knows the rules and both answer."""
        self._folder.mkdir(parents=True, exist_ok=True)
        await self._receiver.start()
        rules, alertmanager = write_fast(self._folder, f"http://127.0.0.1:{self._receiver.port}")
        settings = self._folder / "prometheus.yml"
        jobs = [{"job_name": job, "static_configs": [{"targets": each}]} for job, each in self._targets.items()]
        settings.write_text(
            json.dumps(
                {
                    "global": {"scrape_interval": "1s", "scrape_timeout": "900ms", "evaluation_interval": "1500ms"},
                    "rule_files": [str(rules)],
                    "alerting": {
                        "alertmanagers": [
                            {"static_configs": [{"targets": [self.alertmanager.removeprefix("http://")]}]}
                        ]
                    },
                    "scrape_configs": jobs,
                }
            )
        )
        self._run(
            "prometheus-alertmanager",
            f"--config.file={alertmanager}",
            f"--storage.path={self._folder / 'alertmanager'}",
            f"--web.listen-address={self.alertmanager.removeprefix('http://')}",
            "--cluster.listen-address=",
        )
        self._run(
            "prometheus",
            f"--config.file={settings}",
            f"--storage.tsdb.path={self._folder / 'prometheus'}",
            f"--web.listen-address={self.prometheus.removeprefix('http://')}",
            "--query.lookback-delta=5s",
            "--rules.alert.resend-delay=2s",
        )
        for address in (self.alertmanager, self.prometheus):
            await until(lambda: _code(f"{address}/-/ready"), lambda code: code == 200, 30, f"{address} ready")  # noqa: B023
        return self

    def _run(self, tool: str, *options: str) -> None:
        with (self._folder / f"{tool}.log").open("wb") as log:
            self._processes.append(subprocess.Popen([tool, *options], stdout=log, stderr=log))

    async def _note(self, request: web.Request, received: Received) -> web.StreamResponse:
        for alert in received.content["alerts"]:
            key = (alert["fingerprint"], alert["startsAt"])
            if alert["status"] == "firing" and key not in self._begun:
                self._begun.add(key)
                labels = alert["labels"]
                about = {
                    name: value for name, value in labels.items() if name not in ("alertname", "system", "severity")
                }
                summary = alert["annotations"]["summary"]
                self.told.append(Told(request.path.strip("/"), labels["alertname"], about, summary, time.monotonic()))
        return web.Response()

    def value(self, expression: str) -> list[float]:
        """What the expression is now, of each of its series."""
        answer = httpx.post(f"{self.prometheus}/api/v1/query", data={"query": expression}, timeout=20).json()
        assert answer["status"] == "success", answer
        return [float(each["value"][1]) for each in answer["data"]["result"]]

    async def stop(self) -> None:
        """End both."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(20)
        await self._receiver.stop()


def _code(url: str) -> int | str:
    try:
        return httpx.get(url, timeout=2).status_code
    except httpx.TransportError as error:
        return str(error)
