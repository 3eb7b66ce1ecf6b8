"""`streamprocessor import` of a CSV of as many events, then the worker over what it sent: the two rates in one run."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from pathlib import Path

import orjson

from streamprocessor.settings import PREFIX
from tests.bench.events import CLICK, FORM, OPEN, PAGE, backlog
from tests.bench.report import Figure
from tests.bench.rig import Rig
from tests.bench.throughput import steady_state
from tests.harness.system import ROOT, System

TYPES = {PAGE: "page_visit", OPEN: "email_open", CLICK: "email_click", FORM: "form_submission"}
PROPERTIES = ("path", "referrer", "message", "campaign", "url", "form")
MAPPING = f"""
contact: who
id: id
occurred_at: at
type: {{column: what}}
properties: {{{", ".join(f"{name}: {name}" for name in PROPERTIES)}}}
"""


def imports(rig: Rig) -> list[Figure]:
    """Rows a second of one import, from the start of its process to the last acknowledged row, and to the worker's."""
    system, rows = rig.system("imports"), rig.scale.events
    file, mapping = rig.folder / "events.csv", rig.folder / "events.yaml"
    mapping.write_text(MAPPING)
    _write_events(file, rig)
    began, cpu_before = time.perf_counter(), _cpu_seconds_of_children()
    _import(system, file, mapping, rows)
    seconds, cpu_seconds = time.perf_counter() - began, _cpu_seconds_of_children() - cpu_before
    worker = {figure.name: figure.value for figure in steady_state(rig, system, ROOT)}
    return [
        Figure("a CSV, all of the process", rows / seconds, "rows/s"),
        Figure("a CSV, of the process", rows / cpu_seconds, "rows/CPU s"),
        Figure("the worker over the same events", worker["steady state"], "events/s"),
        Figure("the same, of the process", worker["steady state, of the process"], "events/CPU s"),
        Figure("import to worker", rows / seconds / worker["steady state"], "of worker"),
        Figure("import to worker, by CPU", rows / cpu_seconds / worker["steady state, of the process"], "of worker"),
    ]


def _write_events(file: Path, rig: Rig) -> None:
    """The events of the backlog, one a row."""
    now_ms = int(time.time() * 1000)
    with file.open("w", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(["id", "who", "at", "what", *PROPERTIES])
        for topic, _, value in backlog(1, rig.scale.events, rig.scale.contacts, now_ms):
            event = orjson.loads(value)
            cells = [event["properties"].get(name, "") for name in PROPERTIES]
            rows.writerow([event["id"], event["contact_id"], event["occurred_at"], TYPES[topic], *cells])


def _import(system: System, file: Path, mapping: Path, rows: int) -> None:
    """Run the command; raises RuntimeError where not all rows are sent."""
    settings = {
        "BOOTSTRAP": system.settings.bootstrap,
        "TOPIC_PREFIX": system.settings.topic_prefix,
        "APP_ID": system.settings.app_id,
        "PARTITIONS": str(system.settings.partitions),
        "DATA_DIR": system.settings.data_dir,
    }
    words = [sys.executable, "-m", "streamprocessor", "import", str(file), "--mapping", str(mapping), "--json"]
    environment = os.environ | {PREFIX + name: value for name, value in settings.items()}
    ended = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, check=True, text=True)
    sent = sum(orjson.loads(ended.stdout)["sent"].values())
    if sent != rows:
        message = f"imports: wanted {rows} rows sent; got {sent}: {ended.stderr[:500]}"
        raise RuntimeError(message)


def _cpu_seconds_of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system
