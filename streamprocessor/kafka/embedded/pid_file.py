"""Who runs on a data folder: a note with process id and port, believed only while that very process lives."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from streamprocessor.process.ports import HOST


@dataclass(frozen=True, slots=True)
class RunningBroker:
    """A broker that runs. `created_seconds` tells its process from a later one with the same id."""

    pid: int
    port: int
    created_seconds: float

    @property
    def bootstrap(self) -> str:
        """Its address for clients."""
        return f"{HOST}:{self.port}"


def note(folder: Path, pid: int, port: int) -> None:
    """Notes that the process serves the folder on the port; nothing is noted when it has ended."""
    try:
        broker = RunningBroker(pid, port, psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return
    _file(folder).write_text(json.dumps(asdict(broker)))


def forget(folder: Path) -> None:
    """Takes the note away."""
    _file(folder).unlink(missing_ok=True)


def running_in(folder: Path) -> RunningBroker | None:
    """The broker that runs on the folder now; None when none does. The note of a killed one counts for nothing."""
    try:
        broker = RunningBroker(**json.loads(_file(folder).read_text()))
        process = psutil.Process(broker.pid)
        same = process.create_time() == broker.created_seconds and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, TypeError, psutil.NoSuchProcess):
        return None
    return broker if same else None


def _file(folder: Path) -> Path:
    return folder / "broker.json"
