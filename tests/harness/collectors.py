"""Collector processes for tests: started, asked, stopped, killed, as users' clients and orchestrators would."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from streamprocessor.settings import PREFIX, Settings
from tests.harness.system import ROOT, until

KEY = "k-of-the-tests"


class CollectorProcess:
    """One `streamprocessor collector` on a free port; a restart keeps port, spool and secrets."""

    def __init__(self, settings: Settings, folder: Path, name: str = "collector", **changes: Any) -> None:
        self.log = folder / f"{name}.log"
        self._port_file = folder / f"{name}.port"
        self._settings = settings.model_copy(
            update={
                "write_keys": f"tests={KEY}",
                "collector_port": 0,
                "data_dir": str(folder / name),
                "port_file": str(self._port_file),
            }
            | changes
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> CollectorProcess:
        """Start the process."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
        for name, value in self._settings.model_dump().items():
            if value != Settings.model_fields[name].default:
                environment[f"{PREFIX}{name.upper()}"] = str(value)
        self._port_file.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "streamprocessor", "collector"],
                env=environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        return self

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process, which was started."""
        assert self._process is not None
        return self._process

    @property
    def port(self) -> int:
        """Where it listens: known once it was ready, and kept from then on."""
        return self._settings.collector_port or int(self._port_file.read_text())

    @property
    def address(self) -> str:
        """Its URL, without a path."""
        return f"http://127.0.0.1:{self.port}"

    async def ready(self, timeout_seconds: float = 40.0) -> CollectorProcess:
        """Return when /readyz says so; later starts take the same port."""
        await until(self.is_ready, bool, timeout_seconds, f"collector ready\n{self.tail()}", every_seconds=0.05)
        self._settings = self._settings.model_copy(update={"collector_port": self.port})
        return self

    def is_ready(self) -> bool:
        """Whether /readyz answers 200."""
        if self.process.poll() is not None:
            raise AssertionError(f"the collector ended with {self.process.returncode}\n{self.tail()}")
        if not (self._settings.collector_port or (self._port_file.exists() and self._port_file.read_text().strip())):
            return False
        try:
            return httpx.get(f"{self.address}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        lines = httpx.get(f"{self.address}/metrics", timeout=5).text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text()[-3000:] if self.log.exists() else ""

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process."""
        self.process.send_signal(number)

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
            self._process.send_signal(signal.SIGCONT)
            self.kill()
