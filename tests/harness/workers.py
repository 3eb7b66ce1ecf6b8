"""Worker processes for tests."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import orjson

from streamprocessor.errors import EXIT_MUST_RESTART
from streamprocessor.settings import Settings
from tests.harness.processes import CommandProcess, Process
from tests.harness.system import ROOT, until


class WorkerProcess(CommandProcess):
    """One `streamprocessor worker`; a name of its own, so that a restart takes its partitions back at once.

    Where it asks to be started again it is, as by `up`: on a crowded machine it may be too slow for its fence.
    """

    command = "worker"

    def __init__(self, settings: Settings, name: str, folder: Path, package_in: Path = ROOT) -> None:
        metrics_port = settings.metrics_port if settings.metrics_port != 6066 else 0
        own = {"name": name, "metrics_port": metrics_port, "data_dir": str(folder)}
        super().__init__(settings.model_copy(update=own), folder, name, package_in)
        self._changing = threading.Lock()
        self._may_start_again = False

    def start(self) -> Self:
        """Start the process."""
        super().start()
        self._may_start_again = True
        threading.Thread(target=self._start_again, args=(self.process,), daemon=True).start()
        return self

    def _start_again(self, process: Process) -> None:
        code = process.wait()
        with self._changing:
            if code == EXIT_MUST_RESTART and self._may_start_again and process is self.process:
                self.start()

    def ready_code(self) -> int | str:
        """What /readyz answers with, or why nothing does; fails where the process has ended for good."""
        if self.process.poll() == EXIT_MUST_RESTART:
            return "it asked to be started again"
        return super().ready_code()

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        with self._changing:
            self._may_start_again = False
            super().kill()

    def stop(self, timeout_seconds: float = 40.0) -> int:
        """SIGTERM; the exit code."""
        with self._changing:
            self._may_start_again = False
            return super().stop(timeout_seconds)

    def discard(self) -> None:
        """End it whatever state it is in."""
        if self._process is not None and self._process.poll() in (None, EXIT_MUST_RESTART):
            self.process.send_signal(signal.SIGCONT)
            self.kill()

    def consumed(self) -> float:
        """How many events it has consumed since it was started; 0 while it does not answer."""
        try:
            return self.metric("leadscore_events_consumed_total")
        except (OSError, ValueError):
            return 0.0

    async def until_at_work(self, sending: asyncio.Future[Any]) -> None:
        """Return when it has consumed some more events, or when there are no more to come."""
        before = self.consumed()
        await until(
            lambda: self.consumed() - before, lambda more: more > 20 or sending.done(), 30, f"{self.name} at work", 0.02
        )

    def not_ready(self) -> list[str]:
        """Why it does not score; what hinders the question while it does not answer."""
        try:
            reasons: list[str] = self.status()["not_ready"]
        except (OSError, ValueError) as error:
            return [str(error)]
        return reasons

    def partitions(self) -> int:
        """How many partitions it has; 0 while it does not answer."""
        try:
            return len(self.status()["partitions"])
        except (OSError, ValueError):
            return 0

    def scored_partitions(self) -> set[int]:
        """Those that it owns, has recovered and scores; none while it does not answer."""
        try:
            return {each["partition"] for each in self.status().get("partitions", ()) if each["recovered"]}
        except (OSError, ValueError):
            return set()

    def status(self) -> dict[str, Any]:
        """The worker's own status."""
        found: dict[str, Any] = orjson.loads(self.read("/status"))
        return found


async def kill_in_turn(workers: Sequence[WorkerProcess], kills: int, sending: asyncio.Future[Any]) -> None:
    """Kill the workers, one after the other and so many times, while they work; return once all was sent."""
    for number in range(kills):
        victim = workers[number % len(workers)]
        await victim.until_at_work(sending)
        victim.kill()
        await victim.start().ready(60)
    await sending
