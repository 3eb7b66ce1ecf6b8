"""Api processes and a PostgreSQL server for tests: started, asked, restarted, killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from streamprocessor.settings import PREFIX, Settings
from tests.delivery.processes import TOKEN, DeliveryProcess
from tests.harness.system import ROOT, until

ALL, READ_ONLY = "t-all", "t-read"
TOKENS = f"ops/read+write+erase={ALL},page/read={READ_ONLY}"


class ApiProcess:
    """One `streamprocessor api` on a free port; a restart keeps port and database."""

    def __init__(self, settings: Settings, folder: Path, name: str = "api", **changes: Any) -> None:
        self.log = folder / f"{name}.log"
        self._port_file = folder / f"{name}.port"
        own = {"api_port": 0, "api_tokens": TOKENS, "data_dir": str(folder), "port_file": str(self._port_file)}
        self._settings = settings.model_copy(update=own | changes)
        self._process: subprocess.Popen[bytes] | None = None
        self._client = httpx.Client(timeout=20)

    def start(self) -> ApiProcess:
        """Start the process."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
        for name, value in self._settings.model_dump().items():
            if value != Settings.model_fields[name].default:
                environment[f"{PREFIX}{name.upper()}"] = str(value)
        self._port_file.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "streamprocessor", "api"]
            self._process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
        return self

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process, which was started."""
        assert self._process is not None
        return self._process

    @property
    def address(self) -> str:
        """Its URL, without a path; known once it is ready."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        """Where it listens; known once it is ready."""
        return int(self._port_file.read_text())

    async def ready(self, timeout_seconds: float = 60.0) -> ApiProcess:
        """Return when /readyz says so."""
        await until(self.is_ready, bool, timeout_seconds, "api ready", every_seconds=0.05)
        return self

    def is_ready(self) -> bool:
        """Whether /readyz answers 200."""
        if self.process.poll() is not None:
            raise AssertionError(f"the api ended with {self.process.returncode}\n{self.tail()}")
        if not (self._port_file.exists() and self._port_file.read_text().strip()):
            return False
        try:
            return httpx.get(f"{self.address}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def get(self, path: str, token: str = ALL, **query: Any) -> Any:
        """The JSON of an answer that must be 200."""
        answer = self.ask(path, token, **query)
        assert answer.status_code == 200, (path, answer.status_code, answer.text, self.tail())
        return answer.json()

    def ask(self, path: str, token: str = ALL, **query: Any) -> httpx.Response:
        """An answer of any kind."""
        return self._client.get(self.address + path, params=query, headers=bearer(token))

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        lines = httpx.get(f"{self.address}/metrics", timeout=5).text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text()[-3000:] if self.log.exists() else ""

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        self.process.kill()
        self.process.wait()

    def stop(self, timeout_seconds: float = 30.0) -> int:
        """SIGTERM; the exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(timeout_seconds)

    def discard(self) -> None:
        """End it whatever state it is in."""
        self._client.close()
        if self._process is not None and self._process.poll() is None:
            self.kill()


@contextlib.contextmanager
def api_beside_delivery(settings: Settings, folder: Path, subscriptions: str, **changes: Any) -> Iterator[ApiProcess]:
    """An api, started, and the delivery process that it asks. subscriptions: the text of delivery's file."""
    delivery = DeliveryProcess(settings, folder, subscriptions).start()
    try:
        asyncio.run(delivery.ready())
        known = {"delivery_url": delivery.address, "delivery_secret": TOKEN, "delivery_allowed_hosts": "127.0.0.1"}
        api = ApiProcess(settings, folder, **known, **changes).start()
        try:
            yield api
        finally:
            api.discard()
    finally:
        delivery.discard()


def bearer(token: str) -> dict[str, str]:
    """The header that shows a token."""
    return {"authorization": f"Bearer {token}"}


class PostgresServer:
    """A PostgreSQL of the run, by Debian's binaries; as root it runs as its own user. is_durable: it syncs its disk."""

    def __init__(self, folder: Path, is_durable: bool = False) -> None:
        self._folder = folder
        self._sync = "on" if is_durable else "off"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]

    def url(self, database: str) -> str:
        """The address of a database, which is made when it is not there."""
        self._run("psql", "-h", "127.0.0.1", "-p", str(self._port), "-qc", f'CREATE DATABASE "{database}"')
        return f"postgresql://postgres@127.0.0.1:{self._port}/{database}"

    def make(self) -> None:
        """Make an empty cluster."""
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres", "postgres")
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", "postgres", "-N", "--locale=C.UTF-8")

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = f"-p {self._port} -h 127.0.0.1 -k {self._folder} -c fsync={self._sync} -c max_connections=100"
        self._run("pg_ctl", "-D", str(self._data), "-l", str(self._folder / "log"), "-w", "-o", options, "start")

    def stop(self) -> None:
        """Stop it at once; whoever is connected is cut off."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _run(self, program: str, *words: str) -> None:
        command = [str(binaries() / program), *words]
        if os.geteuid() == 0:
            command = ["su", "postgres", "-c", shlex.join(command)]
        elif program == "psql":
            command += ["-U", "postgres"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")


def binaries() -> Path:
    """Where Debian keeps the newest PostgreSQL's programs; the path need not be there."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return found[-1] if found else Path("/usr/lib/postgresql/none/bin")


@contextlib.contextmanager
def running_postgres(folder: Path, is_durable: bool = False) -> Iterator[PostgresServer]:
    """A server for as long as the block lasts. folder: one that its user can reach."""
    server = PostgresServer(folder, is_durable)
    server.make()
    server.start()
    try:
        yield server
    finally:
        server.stop()
