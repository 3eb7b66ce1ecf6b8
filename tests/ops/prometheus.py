"""A real Prometheus on this machine, and what it answers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import httpx

from streamprocessor.process.child_process import ChildProcess
from streamprocessor.process.ports import any_free
from tests.harness.system import until

PROGRAM = "prometheus"
READY_SECONDS = 30.0
STOP_SECONDS = 20.0


class Series(NamedTuple):
    """One series: its labels, and its (seconds, value) where it has one that is a number."""

    labels: Mapping[str, str]
    points: Sequence[tuple[float, float]]


def settings_text(
    targets: Mapping[str, Sequence[str]], rules: Sequence[Path] = (), alertmanagers: Sequence[str] = ()
) -> str:
    """The configuration of one that scrapes once a second. targets: host:port of each job. alertmanagers: host:port."""
    every = {"scrape_interval": "1s", "scrape_timeout": "900ms", "evaluation_interval": "1s"}
    jobs = [{"job_name": job, "static_configs": [{"targets": list(each)}]} for job, each in targets.items()]
    told = [{"static_configs": [{"targets": list(alertmanagers)}]}] if alertmanagers else []
    settings = {
        "global": every,
        "rule_files": [str(path) for path in rules],
        "alerting": {"alertmanagers": told},
        "scrape_configs": jobs,
    }
    return json.dumps(settings)  # which is YAML as well


class Prometheus:
    """One process; what it keeps goes with its folder. address: its URL."""

    def __init__(self, folder: Path, settings: str | Path, *options: str, listens: str = "") -> None:
        """Not started yet. settings: its text, or its file. listens: host:port; any free one where not given."""
        folder.mkdir(parents=True, exist_ok=True)
        if isinstance(settings, str):
            file = folder / "prometheus.yml"
            file.write_text(settings)
        else:
            file = settings
        listens = listens or f"127.0.0.1:{any_free()}"
        self.address = f"http://{listens}"
        self._log = folder / "prometheus.log"
        self._command = [
            PROGRAM,
            f"--config.file={file}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={listens}",
            *options,
        ]
        self._process: ChildProcess | None = None

    def start(self) -> Self:
        """Start the process; it may not be ready yet."""
        self._process = ChildProcess(self._command, self._log)
        return self

    async def ready(self) -> Self:
        """Return once it answers; fails where it has ended."""

        def code() -> int | str:
            assert self._process is not None
            assert self._process.alive, self._log.read_text()[-2000:]
            try:
                return httpx.get(f"{self.address}/-/ready").status_code
            except httpx.TransportError as error:
                return str(error)

        await until(code, lambda code: code == 200, READY_SECONDS, "Prometheus ready")
        return self

    def stop(self) -> None:
        """End it, if it was started."""
        if self._process is not None:
            self._process.stop(STOP_SECONDS)

    def at(self, expression: str) -> list[Series]:
        """What the expression is now."""
        found = self.ask("query", query=expression)["result"]
        return [_series(each["metric"], [each["value"]]) for each in found]

    def value(self, expression: str) -> float | None:
        """The value of the first series of the expression now; None: it has none."""
        found = self.at(expression)
        return found[0].points[0][1] if found and found[0].points else None

    def over(self, expression: str, begin_seconds: float, end_seconds: float, step_seconds: float) -> list[Series]:
        """What the expression was from the beginning to the end."""
        span = {"start": begin_seconds, "end": end_seconds, "step": step_seconds}
        found = self.ask("query_range", query=expression, **span)["result"]
        return [_series(each["metric"], each["values"]) for each in found]

    def jobs_up(self) -> list[str]:
        """The job of each target that was scraped well, in order."""
        targets = self.ask("targets")["activeTargets"]
        return sorted(target["labels"]["job"] for target in targets if target["health"] == "up")

    def ask(self, what: str, **asked: Any) -> Any:
        """What its API answers to the question."""
        answer = httpx.get(f"{self.address}/api/v1/{what}", params=asked, timeout=20).json()
        assert answer["status"] == "success", (asked, answer)
        return answer["data"]


def _series(labels: Mapping[str, str], points: Sequence[tuple[float, str]]) -> Series:
    numbers = [(float(at), float(value)) for at, value in points]
    return Series(labels, [(at, value) for at, value in numbers if math.isfinite(value)])
