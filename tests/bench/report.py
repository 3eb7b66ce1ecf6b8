"""Figures, their ratios to the calibration loop and to the worker, as a table and as JSON."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from tests.bench.scale import Scale

PER_SECOND = (
    "events/s",
    "events/CPU s",
    "records/s",
    "pixels/s",
    "pixels/CPU s",
    "posted/s",
    "posted/CPU s",
    "contacts/s",
    "webhooks/s",
    "webhooks/CPU s",
    "rows/s",
    "rows/CPU s",
)
IN_SECONDS = {"s": 1.0, "ms": 0.001, "us": 0.000_001}
TO_WORKER = ("events/s", "events/CPU s")
WORKER_PART = "throughput"


class Figure(NamedTuple):
    """One measured value."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Part:
    """What one part of the bench measured; calibration_us: of one unit of fixed work, before and after it."""

    name: str
    figures: list[Figure]
    calibration_us: tuple[float, float]

    @property
    def unit_seconds(self) -> float:
        """How long one unit of the calibration loop took around this part."""
        return sum(self.calibration_us) / 2 / 1e6

    def per_calibration(self, figure: Figure) -> float | None:
        """How many events one unit of fixed work is worth, or how many such units a duration is; None: neither."""
        if figure.unit in PER_SECOND:
            return figure.value * self.unit_seconds
        if figure.unit in IN_SECONDS:
            return figure.value * IN_SECONDS[figure.unit] / self.unit_seconds
        return None


def rows(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """One row a figure. to_worker: this rate over the worker's of the same unit, where both were measured."""
    worker: dict[str, float] = {}
    for part in parts:
        if part.name == WORKER_PART:
            worker = {figure.unit: figure.value for figure in part.figures if figure.unit in TO_WORKER}
    return [
        {
            "part": part.name,
            "figure": figure.name,
            "value": figure.value,
            "unit": figure.unit,
            "per_calibration": part.per_calibration(figure),
            "to_worker": figure.value / worker[figure.unit] if figure.unit in worker else None,
        }
        for part in parts
        for figure in part.figures
    ]


def as_table(parts: Sequence[Part]) -> str:
    """The rows for people."""
    header = f"{'part':<11} {'figure':<42} {'value':>12} {'unit':<14} {'per cal':>10} {'to worker':>9}"
    lines = [header, *map(_line, rows(parts)), ""]
    for part in parts:
        before, after = part.calibration_us
        lines.append(f"{part.name:<11} one unit of calibration: {before:.1f} us before, {after:.1f} us after")
    return "\n".join(lines)


def write_json(file: Path, scale: Scale, parts: Sequence[Part]) -> None:
    """The same, with sizes and machine, for programs."""
    content = {
        "machine": {"cores": os.cpu_count(), "python": sys.version.split()[0], "system": platform.platform()},
        "scale": asdict(scale),
        "calibration_us": {part.name: part.calibration_us for part in parts},
        "rows": rows(parts),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))


def _line(row: dict[str, Any]) -> str:
    return (
        f"{row['part']:<11} {row['figure']:<42} {_text(row['value']):>12} {row['unit']:<14} "
        f"{_text(row['per_calibration']):>10} {_text(row['to_worker']):>9}"
    )


def _text(value: float | None) -> str:
    if value is None:
        return ""
    if abs(value) >= 1_000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
