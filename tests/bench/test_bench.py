"""The bench runs from start to end and reports every row; what it says about speed is no test's business."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.bench.collector import has_tools
from tests.bench.throughput import is_compiled
from tests.harness.system import ROOT

pytestmark = pytest.mark.kafka

COMPARED = {"throughput": 10, "confluent": 4, "faust": 4} | ({"compiled": 10} if is_compiled() else {})
FIGURES = COMPARED | {
    "at-rest": 10,
    "latency": 8,
    "state": 12,
    "forty-rules": 12,
    "replay": 6,
    "handover": 6,
    "imports": 6,
    "collector": 14 if has_tools() else 5,
}


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the bench's own folders go; PostgreSQL's user may look into it, but not into pytest's."""
    with tempfile.TemporaryDirectory(prefix="streamprocessor-bench-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_small_bench_of_the_worker_reports_its_figures_and_leaves_nothing_behind(
    tmp_path: Path, folder: Path
) -> None:
    rows = small_bench(tmp_path, folder, "--only", "throughput")

    assert [row["part"] for row in rows] == ["throughput"] * FIGURES["throughput"]
    assert {row["to_worker"] for row in rows if row["unit"].startswith("events/")} == {1.0}


@pytest.mark.nightly
def test_a_small_bench_of_all_parts_reports_every_figure_and_leaves_nothing_behind(
    tmp_path: Path, folder: Path
) -> None:
    rows = small_bench(tmp_path, folder)

    assert {part: sum(row["part"] == part for row in rows) for part in FIGURES} == FIGURES
    assert {row["part"] for row in rows if row["to_worker"] is not None} == {
        *COMPARED,
        "forty-rules",
        "imports",
        "replay",
    }


def small_bench(tmp_path: Path, folder: Path, *options: str) -> list[dict[str, Any]]:
    """The rows of a bench of 3 000 events, which has left nothing in the folder; options: more of its own."""
    file = tmp_path / "bench.json"
    run = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--events", "3000", "--json", str(file), *options],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert list(folder.iterdir()) == []
    rows: list[dict[str, Any]] = orjson.loads(file.read_bytes())["rows"]
    assert all(row["figure"] in run.stdout for row in rows)
    assert all(row["value"] > 0 for row in rows if row["unit"].endswith("/s") or row["unit"] in ("s", "ms"))
    assert all(row["per_calibration"] > 0 for row in rows if row["unit"] in ("events/s", "records/s", "s", "ms"))
    return rows
