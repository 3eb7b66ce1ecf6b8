"""What this machine must have for processes of ours: a Python, a folder to write to, room, ports, open files."""

from __future__ import annotations

import os
import resource
import shlex
import shutil
import socket
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from streamprocessor.cli.doctor.finding import API, COLLECTOR, DELIVERY, WORKER, Finding, failed, warned, well
from streamprocessor.cli.doctor.mends import set_to
from streamprocessor.errors import OperatorError
from streamprocessor.process.data_folder import refuse_unfinished_restore
from streamprocessor.process.ports import is_free
from streamprocessor.settings import PREFIX, Settings

ENOUGH_BYTES, LEAST_BYTES = 1 << 30, 1 << 26
ENOUGH_FILES = 16_384  # the collector holds 10 000 connections
_GIB = 1 << 30
_ANSWER_SECONDS = 2.0


def machine_findings(settings: Settings, processes: Collection[str]) -> Iterator[Finding]:
    """What is found on this machine; nothing is made or changed."""
    folder = settings.data_path.absolute()
    yield python_version(sys.version_info[:2], _supported_pythons())
    yield _data_folder(folder)
    yield disk_space(shutil.disk_usage(_existing(folder)).free, folder)
    for process in processes:
        yield _port(process, *_address(settings, process))
    if COLLECTOR in processes:
        yield open_files(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def python_version(version: tuple[int, ...], supported: Collection[tuple[int, ...]]) -> Finding:
    """Whether this Python is one with which releases are tested."""
    shown = ".".join(map(str, version))
    if version in supported or not supported:
        return well("Python", f"{shown}, in {sys.prefix}")
    newest = ".".join(map(str, max(supported)))
    oldest = ".".join(map(str, min(supported)))
    sentence = f"{shown}, in {sys.prefix}; wanted {oldest} to {newest}, with which releases are tested"
    return warned("Python", sentence, f"python{newest} -m venv .venv && .venv/bin/pip install streamprocessor")


def _supported_pythons() -> list[tuple[int, ...]]:
    """As the package's classifiers say."""
    from importlib.metadata import metadata

    words = "Programming Language :: Python :: 3."
    classifiers: list[str] = metadata("streamprocessor").get_all("Classifier") or []
    return [(3, int(each.removeprefix(words))) for each in classifiers if each.startswith(words)]


def _data_folder(folder: Path) -> Finding:
    existing = _existing(folder)
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        sentence = f"{existing} can't be written by user {os.geteuid()}; wanted one that can, by {PREFIX}DATA_DIR"
        owner = f"sudo chown -R {os.geteuid()} {shlex.quote(str(folder))}"
        return failed(
            "data folder", sentence, owner if existing == folder else set_to("data_dir", "$HOME/streamprocessor")
        )
    try:
        refuse_unfinished_restore(folder)
    except OperatorError as error:
        aside = f"{folder}.unfinished"
        return failed("data folder", error, f"mv {shlex.quote(str(folder))} {shlex.quote(aside)}")
    return well("data folder", f"{folder} {'is' if existing == folder else 'can be made; it is'} ours to write to")


def disk_space(free_bytes: int, folder: Path) -> Finding:
    """Whether the collector's spool and databases have room."""
    sentence = f"{free_bytes / _GIB:.2f} GiB are free for {folder}"
    if free_bytes >= ENOUGH_BYTES:
        return well("disk", sentence)
    sentence += f"; wanted {ENOUGH_BYTES / _GIB:.0f} GiB: make room, or take another disk"
    biggest = f"du -xh {shlex.quote(str(folder))} | sort -h | tail"
    return (warned if free_bytes >= LEAST_BYTES else failed)("disk", sentence, biggest)


def open_files(limit: int) -> Finding:
    """Whether the collector may hold all the connections that it would."""
    if limit >= ENOUGH_FILES or limit == resource.RLIM_INFINITY:
        return well("open files", f"{limit} may be open")
    sentence = f"{limit} may be open; wanted {ENOUGH_FILES} for the collector's connections: raise `ulimit -n`"
    return warned("open files", sentence, f"ulimit -n {ENOUGH_FILES}")


def _port(process: str, setting: str, host: str, port: int) -> Finding:
    subject = f"port of {process}"
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if _lives(host, port):
                return well(subject, f"{host}:{port} answers /livez: a process runs there already")
            sentence = f"{host}:{port} can't be taken: {error.strerror}; end what is there, or set {PREFIX}{setting}"
            return failed(subject, sentence, set_to(setting, _free_after(port)))
    return well(subject, f"{host}:{port} is free" if port else f"{host}: any free one")


def _free_after(port: int) -> int:
    """The next free one; 0, which is any, where none of the next hundred is."""
    return next((each for each in range(port + 1, min(port + 101, 65_536)) if is_free(each)), 0)


def _lives(host: str, port: int) -> bool:
    from http.client import HTTPConnection, HTTPException

    connection = HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _address(settings: Settings, process: str) -> tuple[str, str, int]:
    """The setting of the port, the host and the port where the process answers."""
    return {
        WORKER: ("METRICS_PORT", settings.metrics_host, settings.metrics_port),
        COLLECTOR: ("COLLECTOR_PORT", settings.collector_host, settings.collector_port),
        DELIVERY: ("DELIVERY_PORT", settings.delivery_host, settings.delivery_port),
        API: ("API_PORT", settings.api_host, settings.api_port),
    }[process]


def _existing(folder: Path) -> Path:
    """The folder, or the nearest above it that exists."""
    return next(each for each in (folder, *folder.parents) if each.exists())
