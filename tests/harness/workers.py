"""Worker processes for tests: started, waited for, killed, stopped and continued like an orchestrator would."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import orjson

from streamprocessor.settings import PREFIX, Settings
from tests.harness.system import ROOT, until


class WorkerProcess:
    """One `streamprocessor worker`; a name of its own, so that a restart takes its partitions back at once."""

    def __init__(self, settings: Settings, name: str, folder: Path, package_in: Path = ROOT) -> None:
        self.name = name
        self._package_in = package_in
        self.log = folder / f"{name}.log"
        self._settings = settings
        self._folder = folder
        self._port_file = folder / f"{name}.port"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> WorkerProcess:
        """Start the process."""
        values = self._settings.model_dump() | {
            "name": self.name,
            "metrics_port": self._settings.metrics_port if self._settings.metrics_port != 6066 else 0,
            "data_dir": str(self._folder),
            "port_file": str(self._port_file),
        }
        environment = {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
        said = {name: value for name, value in values.items() if value != Settings.model_fields[name].default}
        environment |= {f"{PREFIX}{name.upper()}": str(value) for name, value in said.items()}
        self._port_file.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "streamprocessor", "worker"],
                env=environment,
                cwd=self._package_in,
                stdout=log,
                stderr=log,
            )
        return self

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process, which was started."""
        assert self._process is not None
        return self._process

    async def ready(self, timeout_seconds: float = 40.0) -> WorkerProcess:
        """Return when /readyz says so."""
        await until(self.ready_code, lambda code: code == 200, timeout_seconds, f"{self.name} ready\n{self.tail()}")
        return self

    def get(self, path: str) -> bytes:
        """The body of a health server's answer."""
        port = self._port_file.read_text().strip()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
            return bytes(response.read())

    def status(self) -> dict[str, Any]:
        """The worker's own status."""
        found: dict[str, Any] = orjson.loads(self.get("/status"))
        return found

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        lines = self.get("/metrics").decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))

    def ready_code(self) -> int | str:
        """What /readyz answers with, or why nothing does."""
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.process.returncode}\n{self.tail()}")
        try:
            self.get("/readyz")
        except HTTPError as error:
            return error.code
        except (URLError, OSError) as error:
            return str(error)
        return 200

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
