"""A real Prometheus that scrapes processes of ours once a second, and what it answers."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import httpx

from streamprocessor.process.ports import any_free
from tests.harness.system import until


class Series(NamedTuple):
    """One series: its labels, and its (seconds, value) where it has one that is a number."""

    labels: Mapping[str, str]
    points: Sequence[tuple[float, float]]


class Prometheus:
    """One `prometheus` on a free port; what it keeps goes with its folder."""

    def __init__(self, folder: Path, targets: Mapping[str, Sequence[str]], rules: Sequence[Path] = ()) -> None:
        """Scrape these addresses, by job, and evaluate the files of rules."""
        folder.mkdir()
        self._file, self._data, self._log = folder / "prometheus.yml", folder / "data", folder / "prometheus.log"
        jobs = [
            {"job_name": job, "static_configs": [{"targets": list(addresses)}]} for job, addresses in targets.items()
        ]
        settings = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(path) for path in rules],
            "scrape_configs": jobs,
        }
        self._file.write_text(json.dumps(settings))  # which is YAML as well
        self.address = f"http://127.0.0.1:{any_free()}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start the process."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    "prometheus",
                    f"--config.file={self._file}",
                    f"--storage.tsdb.path={self._data}",
                    f"--web.listen-address={self.address.removeprefix('http://')}",
                ],
                stdout=log,
                stderr=log,
            )
        return self

    async def ready(self) -> Self:
        """Return once it answers."""

        def code() -> int | str:
            assert self._process is not None
            assert self._process.poll() is None, self._log.read_text()[-2000:]
            try:
                return httpx.get(f"{self.address}/-/ready").status_code
            except httpx.TransportError as error:
                return str(error)

        await until(code, lambda code: code == 200, 20, "Prometheus ready")
        return self

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)

    def at(self, expression: str) -> list[Series]:
        """What the expression is now."""
        found = self._ask("query", query=expression)
        values = [(each["metric"], [each["value"]]) for each in found]
        return [_series(labels, points) for labels, points in values]

    def over(self, expression: str, begin_seconds: float, end_seconds: float, step_seconds: float) -> list[Series]:
        """What the expression was from the beginning to the end."""
        span = {"start": begin_seconds, "end": end_seconds, "step": step_seconds}
        found = self._ask("query_range", query=expression, **span)
        return [_series(each["metric"], each["values"]) for each in found]

    def _ask(self, what: str, **asked: Any) -> list[dict[str, Any]]:
        answer = httpx.post(f"{self.address}/api/v1/{what}", data=asked, timeout=20).json()
        assert answer["status"] == "success", (asked, answer)
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found


def _series(labels: Mapping[str, str], points: Sequence[tuple[float, str]]) -> Series:
    numbers = [(float(at), float(value)) for at, value in points]
    return Series(labels, [(at, value) for at, value in numbers if math.isfinite(value)])
