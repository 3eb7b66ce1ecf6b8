"""The whole system on this machine, each process on a port that stays, for breaking."""

from __future__ import annotations

import asyncio
from pathlib import Path

from streamprocessor.kafka.embedded.embedded import EmbeddedKafka
from streamprocessor.process.ports import any_free
from streamprocessor.scoring.model.model import Model
from streamprocessor.settings import Settings
from tests.delivery.receivers import Receiver
from tests.harness.apis import ApiProcess
from tests.harness.collectors import CollectorProcess
from tests.harness.commands import CommandEnd, run_command
from tests.harness.deliveries import DeliveryProcess
from tests.harness.processes import CommandProcess
from tests.harness.system import System
from tests.harness.workers import WorkerProcess
from tests.ops.alerts.monitoring import Monitoring
from tests.ops.gameday.load import Load

SUBSCRIPTIONS = """
subscriptions:
  crm: {{url: "{crm}", events: [became-hot-lead], secrets: ["env:HOOK_SECRET"]}}
  chat: {{url: "{chat}", events: [became-hot-lead], secrets: ["env:HOOK_SECRET"]}}
"""


class RunningSystem:
    """Kafka, two workers, a collector, delivery to two endpoints, an api, load, and who watches them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.kafka = EmbeddedKafka(folder / "kafka", port=0, heap_mb=256, session_timeout_ms=2_000)
        self.crm, self.chat = Receiver(), Receiver()

    async def start(self) -> RunningSystem:
        """Return once all of it is ready and under load."""
        await asyncio.to_thread(self.kafka.start)
        for receiver in (self.crm, self.chat):
            await receiver.start()
        settings = Settings(
            bootstrap=self.kafka.bootstrap,
            partitions=4,
            session_timeout_seconds=6.0,
            commit_interval_seconds=0.2,
            request_timeout_seconds=5.0,
        )
        self.system = System(settings)
        self.model: Model = await self.system.create()
        ports = [any_free() for _ in range(5)]
        self.workers = [
            WorkerProcess(settings.model_copy(update={"metrics_port": port}), name, self._folder)
            for port, name in zip(ports, ("blue", "green"), strict=False)
        ]
        self.collector = CollectorProcess(settings, self._folder, collector_port=ports[2])
        subscriptions = SUBSCRIPTIONS.format(crm=self.crm.url, chat=self.chat.url)
        self.delivery = PortKeepingDelivery(settings, self._folder, subscriptions, ports[3])
        self.api = ApiProcess(settings, self._folder / "api", api_port=ports[4])
        (self._folder / "api").mkdir()
        self.processes: list[CommandProcess] = [*self.workers, self.collector, self.delivery, self.api]
        for process in self.processes:
            process.start()
        for process in self.processes:
            await process.ready(90)
        jobs = dict(
            zip(("worker", "collector", "delivery", "api"), (ports[:2], *([p] for p in ports[2:])), strict=True)
        )
        self.monitoring = await Monitoring(
            self._folder / "monitoring",
            {f"streamprocessor-{job}": [f"127.0.0.1:{port}" for port in of_job] for job, of_job in jobs.items()},
        ).start()
        self.load = Load(self.collector).start()
        return self

    async def status(self) -> CommandEnd:
        """What `streamprocessor status --json` says of all of it."""
        asked = [word for process in self.processes for word in ("--url", process.address)]
        return await run_command(self.system, "status", "--json", "--data-dir", str(self._folder), *asked)

    async def stop(self) -> None:
        """End all of it, in whatever state it is."""
        if hasattr(self, "monitoring"):
            await self.monitoring.stop()
        for process in getattr(self, "processes", ()):
            process.discard()
        for receiver in (self.crm, self.chat):
            await receiver.stop()
        await asyncio.to_thread(self.kafka.stop)


class PortKeepingDelivery(DeliveryProcess):
    """A delivery process whose port stays from one start to the next."""

    def __init__(self, settings: Settings, folder: Path, subscriptions: str, port: int) -> None:
        super().__init__(settings, folder, subscriptions)
        self._settings = self._settings.model_copy(update={"delivery_port": port})
