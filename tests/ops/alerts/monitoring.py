"""A real Prometheus and a real Alertmanager that watch processes of ours and tell a real receiver."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Self

import httpx
from aiohttp import web

from streamprocessor.process.child_process import ChildProcess
from streamprocessor.process.ports import any_free
from tests.delivery.receivers import Received, Receiver
from tests.harness.system import until
from tests.ops.alerts.fast_rules import write_fast
from tests.ops.prometheus import PROGRAM, STOP_SECONDS, Prometheus, settings_text

ALERTMANAGER = "prometheus-alertmanager"
MISSING = [tool for tool in (PROGRAM, ALERTMANAGER) if shutil.which(tool) is None]


class FiredAlert(NamedTuple):
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
        self._alertmanager: ChildProcess | None = None
        self._prometheus: Prometheus | None = None
        self._begun: set[tuple[str, str]] = set()
        self.told: list[FiredAlert] = []

    async def start(self) -> Self:
        """Return once Prometheus knows the rules and both answer."""
        self._folder.mkdir(parents=True, exist_ok=True)
        await self._receiver.start()
        rules, alertmanager = write_fast(self._folder, f"http://127.0.0.1:{self._receiver.port}")
        listens = f"127.0.0.1:{any_free()}"
        self._alertmanager = ChildProcess(
            [
                ALERTMANAGER,
                f"--config.file={alertmanager}",
                f"--storage.path={self._folder / 'alertmanager'}",
                f"--web.listen-address={listens}",
                "--cluster.listen-address=",
            ],
            self._folder / "alertmanager.log",
        )
        self._prometheus = Prometheus(
            self._folder / "prometheus",
            settings_text(self._targets, [rules], [listens]),
            "--query.lookback-delta=5s",
            "--rules.alert.resend-delay=2s",
        ).start()
        await until(lambda: _code(f"http://{listens}/-/ready"), lambda code: code == 200, 30, "Alertmanager ready")
        await self._prometheus.ready()
        return self

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
                receiver = request.path.strip("/")
                self.told.append(FiredAlert(receiver, labels["alertname"], about, summary, time.monotonic()))
        return web.Response()

    def pending(self) -> list[str]:
        """The alerts that may begin to fire within their time."""
        assert self._prometheus is not None
        return sorted(series.labels["alertname"] for series in self._prometheus.at('ALERTS{alertstate="pending"}'))

    async def stop(self) -> None:
        """End both."""
        if self._prometheus is not None:
            self._prometheus.stop()
        if self._alertmanager is not None:
            self._alertmanager.stop(STOP_SECONDS)
        await self._receiver.stop()


def _code(url: str) -> int | str:
    try:
        return httpx.get(url, timeout=2).status_code
    except httpx.TransportError as error:
        return str(error)
