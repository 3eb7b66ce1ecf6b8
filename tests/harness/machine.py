"""What `up` has on one machine, in a test: a data folder with a Kafka in it, and a worker."""

from __future__ import annotations

import shutil
from pathlib import Path

from streamprocessor.kafka.embedded.embedded import EmbeddedKafka
from streamprocessor.kafka.embedded.runtime import Runtime
from streamprocessor.settings import Settings
from tests.harness.system import System
from tests.harness.workers import WorkerProcess

HEAP_MB = 256


class Machine:
    """What `up` has on one machine, as far as backups go: a data folder with a Kafka in it, and a worker."""

    def __init__(self, folder: Path, runtime: Runtime) -> None:
        self.kafka = EmbeddedKafka(folder / "kafka", port=0, heap_mb=HEAP_MB, session_timeout_ms=2_000, runtime=runtime)
        self.folder, self._logs = folder, folder.with_name(f"{folder.name}-logs")
        self._logs.mkdir()
        self.worker: WorkerProcess | None = None

    def start(self) -> System:
        """Start Kafka; the system on it."""
        self.kafka.start()
        return System(self.settings)

    @property
    def settings(self) -> Settings:
        return Settings(
            bootstrap=self.kafka.bootstrap,
            app_id="app",
            partitions=2,
            data_dir=str(self.folder),
            commit_interval_seconds=0.2,
            session_timeout_seconds=6.0,
        )

    @property
    def settings_without_kafka(self) -> Settings:
        return Settings(data_dir=str(self.folder), app_id="app")

    async def score(self) -> None:
        """Start a worker, and return once it is ready."""
        self.worker = WorkerProcess(self.settings, "blue", self._logs).start()
        await self.worker.ready()

    def stop_scoring(self) -> int:
        """Stop the worker; its exit code."""
        assert self.worker is not None
        return self.worker.stop()

    def discard(self) -> None:
        if self.worker is not None:
            self.worker.discard()
        self.kafka.stop()


def new_machine(folder: Path, runtime: Runtime, new_cluster: Path) -> Machine:
    """One with a Kafka that has not begun. new_cluster: the fixture of that name."""
    shutil.copytree(new_cluster, folder / "kafka" / "data")
    return Machine(folder, runtime)
