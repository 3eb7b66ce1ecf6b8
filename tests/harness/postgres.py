"""A PostgreSQL server for tests."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from streamprocessor.process.ports import any_free


class PostgresServer:
    """A PostgreSQL of the run, by Debian's binaries; as root it runs as its own user. is_durable: it syncs its disk."""

    def __init__(self, folder: Path, is_durable: bool = False) -> None:
        self._folder = folder
        self._sync = "on" if is_durable else "off"
        self._port = any_free()

    def url(self, database: str) -> str:
        """The address of a database, which is made when it is not there."""
        address = f"postgresql://postgres@127.0.0.1:{self._port}"
        with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        return f"{address}/{database}"

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
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")


def binaries() -> Path:
    """Where Debian keeps the newest PostgreSQL's programs; the path need not be there."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return found[-1] if found else Path("/usr/lib/postgresql/none/bin")


def has_postgres() -> bool:
    """Whether Debian's PostgreSQL is installed; without it SQLite alone is tried and measured."""
    return (binaries() / "initdb").exists()


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
