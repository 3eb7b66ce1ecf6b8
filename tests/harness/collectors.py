"""Collector processes for tests: started, asked, stopped, killed, as users' clients and orchestrators would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from streamprocessor.settings import Settings
from tests.harness.processes import CommandProcess
from tests.harness.system import until

KEY = "write-key-of-the-tests"


class CollectorProcess(CommandProcess):
    """One `streamprocessor collector` on a free port; a restart keeps port, spool and secrets."""

    command = "collector"

    def __init__(self, settings: Settings, folder: Path, name: str = "collector", **changes: Any) -> None:
        own = {"write_keys": f"tests={KEY}", "collector_port": 0, "data_dir": str(folder / name)}
        super().__init__(settings.model_copy(update=own | changes), folder, name)

    @property
    def port(self) -> int:
        """Where it listens: known once it was ready, and kept from then on."""
        return self._settings.collector_port or super().port

    async def ready(self, timeout_seconds: float | None = None) -> CollectorProcess:
        """Return when /readyz says so; later starts take the same port."""
        await super().ready(timeout_seconds)
        self._settings = self._settings.model_copy(update={"collector_port": self.port})
        return self

    async def all_in_kafka(self) -> None:
        """Return when nothing that was answered waits on disk: where Kafka is slow to take it, it does for a while."""
        await until(
            lambda: self.metric("leadscore_collector_spooling"), lambda spooling: spooling == 0, 30, "all in Kafka"
        )
