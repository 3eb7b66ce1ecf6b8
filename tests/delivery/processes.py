"""Delivery processes for tests: started, asked, stopped, killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from streamprocessor.settings import PREFIX, Settings
from tests.harness.system import ROOT, until

SECRET = "whsec_" + "c2VjcmV0LW9mLXRoZS10ZXN0cy0yNC1ieXRlcyE="
TOKEN = "token-of-the-tests"


class DeliveryProcess:
    """One `streamprocessor delivery` on a free port; a restart keeps its data."""

    def __init__(self, settings: Settings, folder: Path, subscriptions: str) -> None:
        self.log = folder / "delivery.log"
        self.file = folder / "subscriptions.yaml"
        self.file.write_text(subscriptions, encoding="utf-8")
        self._port_file = folder / "delivery.port"
        self._settings = settings.model_copy(
            update={
                "delivery_port": 0,
                "delivery_secret": TOKEN,
                "delivery_allowed_hosts": "127.0.0.1",
                "subscriptions": str(self.file),
                "data_dir": str(folder / "delivery"),
                "port_file": str(self._port_file),
            }
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> DeliveryProcess:
        """Start the process."""
        self._port_file.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "streamprocessor", "delivery"],
                env=self._environment(),
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        return self

    def command(self, *words: str) -> subprocess.Popen[str]:
        """`streamprocessor delivery` with these words, on the machine where the process runs."""
        environment = self._environment() | {f"{PREFIX}DELIVERY_PORT": self.address.rpartition(":")[2]}
        command = [sys.executable, "-m", "streamprocessor", "delivery", *words]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.Popen(command, env=environment, cwd=ROOT, text=True, **pipes)

    def _environment(self) -> dict[str, str]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
        for name, value in self._settings.model_dump().items():
            if value != Settings.model_fields[name].default:
                environment[f"{PREFIX}{name.upper()}"] = str(value)
        return environment | {"HOOK_SECRET": SECRET}

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process, which was started."""
        assert self._process is not None
        return self._process

    @property
    def address(self) -> str:
        """Its URL, without a path."""
        return f"http://127.0.0.1:{self._port_file.read_text().strip()}"

    async def ready(self, timeout_seconds: float = 40.0) -> DeliveryProcess:
        """Return when /readyz says so."""
        await until(self._is_ready, bool, timeout_seconds, f"delivery ready\n{self.tail()}", every_seconds=0.05)
        return self

    def ask(self, method: str, path: str, token: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        """What its API answers, with the right token unless another header is given."""
        headers = {"authorization": f"Bearer {TOKEN}"} if token is None else token
        return httpx.request(method, f"{self.address}{path}", headers=headers, timeout=10, **more)

    def readiness(self) -> httpx.Response:
        """What /readyz answers."""
        return httpx.get(f"{self.address}/readyz", timeout=5)

    def metric(self, line_begins: str) -> float:
        """The sum of a metric's lines that begin so."""
        lines = httpx.get(f"{self.address}/metrics", timeout=5).text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(line_begins))

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text()[-3000:] if self.log.exists() else ""

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        self.process.kill()
        self.process.wait()

    def stop(self, timeout_seconds: float = 40.0) -> int:
        """SIGTERM; the exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(timeout_seconds)

    def discard(self) -> None:
        """End it whatever state it is in."""
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def _is_ready(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"delivery ended with {self.process.returncode}\n{self.tail()}")
        if not (self._port_file.exists() and self._port_file.read_text().strip()):
            return False
        try:
            return self.readiness().status_code == 200
        except httpx.TransportError:
            return False
