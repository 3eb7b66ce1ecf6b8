"""Processes of ours for tests: started, waited for, asked, killed, stopped and continued as an orchestrator would."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TypeVar
from urllib.error import HTTPError

from streamprocessor.settings import PREFIX, Settings
from tests.harness.forked_processes import ForkedProcess, fork_server
from tests.harness.system import ROOT, until

SALT = "the salt that tests erase under"
ADDRESS_SALT = "the salt that tests hash addresses with"

Started = TypeVar("Started", bound="CommandProcess")
Process = subprocess.Popen[bytes] | ForkedProcess


class CommandProcess:
    """One `streamprocessor COMMAND` that says its port in a file; its output goes on at the end of a log.

    package_in: where the package is imported from.
    """

    command = ""
    ready_seconds = 40.0

    def __init__(self, settings: Settings, folder: Path, name: str, package_in: Path = ROOT) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._port_file = folder / f"{name}.port"
        self._settings = settings.model_copy(update={"port_file": str(self._port_file)})
        self._package_in = package_in
        self._process: Process | None = None

    def start(self: Started) -> Started:
        """Start the process as a copy of one that has imported; again, of another that hashes strings differently."""
        self._port_file.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            if self._package_in == ROOT:
                server = fork_server(self.command, ROOT, life=1 if self._process is None else 2)
                self._process = server.start([self.command], self.environment(), ROOT, log.fileno())
            else:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "streamprocessor", self.command],
                    env=self.environment(),
                    cwd=self._package_in,
                    stdout=log,
                    stderr=log,
                )
        return self

    def environment(self) -> dict[str, str]:
        """What it is started with: the settings that are not as they are anyway, none of whoever runs the tests."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
        environment |= {f"{PREFIX}ERASURE_SALT": SALT, f"{PREFIX}ADDRESS_SALT": ADDRESS_SALT}
        for name, value in self._settings.model_dump().items():
            if value != Settings.model_fields[name].default:
                environment[f"{PREFIX}{name.upper()}"] = str(value)
        return environment

    @property
    def settings(self) -> Settings:
        """What it is started with."""
        return self._settings

    @property
    def process(self) -> Process:
        """The process, which was started."""
        assert self._process is not None
        return self._process

    def is_running(self) -> bool:
        """True from its start to its end."""
        return self._process is not None and self._process.poll() is None

    @property
    def port(self) -> int:
        """Where it listens; raises OSError or ValueError before it has said so."""
        return int(self._port_file.read_text())

    @property
    def address(self) -> str:
        """Its URL, without a path."""
        return f"http://127.0.0.1:{self.port}"

    async def ready(self: Started, timeout_seconds: float | None = None) -> Started:
        """Return when /readyz says so; None: in as many seconds as this command may take."""
        seconds = self.ready_seconds if timeout_seconds is None else timeout_seconds
        try:
            await until(self.ready_code, lambda code: code == 200, seconds, f"{self.name} ready", every_seconds=0.05)
        except AssertionError as error:
            if self.process.poll() is not None:
                raise
            message = f"{error}\n{self.tail()}"  # as it is by now, not as it was at the start
            raise AssertionError(message) from error
        return self

    def ready_code(self) -> int | str:
        """What /readyz answers with, or why nothing does; fails where the process has ended."""
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.process.returncode}\n{self.tail()}")
        try:
            self.read("/readyz")
        except HTTPError as error:
            return error.code
        except (OSError, ValueError) as error:
            return str(error)
        return 200

    def read(self, path: str) -> bytes:
        """The body of an answer that needs no token."""
        with urllib.request.urlopen(f"{self.address}{path}", timeout=5) as response:
            return bytes(response.read())

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels, or its one value with the labels that are in the name."""
        lines = [line.rpartition(" ") for line in self.read("/metrics").decode().splitlines()]
        return sum(float(value) for said, _, value in lines if said == name or said.startswith(f"{name}{{"))

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
