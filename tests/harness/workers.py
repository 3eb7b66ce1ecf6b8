"""Worker processes for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from streamprocessor.settings import Settings
from tests.harness.processes import CommandProcess
from tests.harness.system import ROOT


class WorkerProcess(CommandProcess):
    """One `streamprocessor worker`; a name of its own, so that a restart takes its partitions back at once."""

    command = "worker"

    def __init__(self, settings: Settings, name: str, folder: Path, package_in: Path = ROOT) -> None:
        metrics_port = settings.metrics_port if settings.metrics_port != 6066 else 0
        own = {"name": name, "metrics_port": metrics_port, "data_dir": str(folder)}
        super().__init__(settings.model_copy(update=own), folder, name, package_in)

    def status(self) -> dict[str, Any]:
        """The worker's own status."""
        found: dict[str, Any] = orjson.loads(self.read("/status"))
        return found
