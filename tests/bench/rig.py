"""One run's broker, folder, topics and processes; all of it ends with the run."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

import psutil

from streamprocessor.kafka.embedded.embedded import EmbeddedKafka
from streamprocessor.settings import Settings
from tests.bench.events import backlog
from tests.bench.preload import preload
from tests.bench.scale import PARTITIONS, Scale
from tests.harness.system import DEFAULT_MODEL, ROOT, System
from tests.harness.workers import WorkerProcess


class Rig:
    """Makes systems (an application's topics with a model applied) and workers on one broker."""

    def __init__(self, kafka: EmbeddedKafka, folder: Path, scale: Scale, ending: ExitStack) -> None:
        self.scale = scale
        self.bootstrap = kafka.bootstrap
        self.broker = psutil.Process(kafka.pid)
        self.ending = ending
        self.folder = folder

    def system(self, name: str, app_id: str = "bench", model: Path = DEFAULT_MODEL, **more: float) -> System:
        """An application of its own, with topics and model; of one name, all share the input topics. more: settings."""
        system = System(
            Settings(
                bootstrap=self.bootstrap,
                topic_prefix=f"{name}-",
                app_id=app_id,
                partitions=PARTITIONS,
                data_dir=str(self.folder),
            ).model_copy(update=more)
        )
        asyncio.run(system.create(model))
        return system

    def worker(self, system: System, package_in: Path = ROOT) -> WorkerProcess:
        """A worker of the application, not started yet; it ends with the run at the latest."""
        name = f"{system.settings.topic_prefix}{system.settings.app_id}"
        worker = WorkerProcess(system.settings, name, self.folder, package_in)
        self.ending.callback(worker.discard)
        return worker

    @cached_property
    def busy(self) -> System:
        """The application whose topics hold all events; filled when somebody first asks."""
        system = self.system("busy")
        now_ms = int(time.time() * 1000)
        preload(self.bootstrap, system.full, backlog(1, self.scale.events, self.scale.contacts, now_ms))
        return system
