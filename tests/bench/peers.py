"""The same events through other programs, each a process of its own that says on stdout how many it has done."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence

import psutil

from tests.bench.events import TOPICS
from tests.bench.preload import create_topics
from tests.bench.report import Figure
from tests.bench.rig import Rig
from tests.bench.steady import SteadyState
from tests.bench.throughput import rate_figures
from tests.harness.system import ROOT

MOST_SECONDS = 300.0


def confluent(rig: Rig) -> list[Figure]:
    """A hand-written loop on librdkafka over all events."""
    create_topics(rig.bootstrap, "confluent-output", "confluent-changelog")
    return _measure(rig, "confluent_peer", rig.scale.events, ["confluent-output", "confluent-changelog"])


def stock_faust(rig: Rig) -> list[Figure]:
    """Faust as it comes, over the first of the events."""
    create_topics(rig.bootstrap, "faust-output")
    return _measure(rig, "faust_peer", rig.scale.stock_events, ["faust-output"])


def _measure(rig: Rig, module: str, events: int, outputs: Sequence[str]) -> list[Figure]:
    inputs = [rig.busy.full[topic] for topic in TOPICS]
    command = [
        sys.executable,
        "-m",
        f"tests.bench.{module}",
        rig.bootstrap,
        ",".join(inputs),
        str(rig.folder),
        *outputs,
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True)
    watchdog = threading.Timer(MOST_SECONDS, process.kill)
    watchdog.daemon = True
    watchdog.start()
    try:
        return rate_figures(_steady_state(rig, process, events).rates())
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


def _steady_state(rig: Rig, process: subprocess.Popen[str], events: int) -> SteadyState:
    assert process.stdout is not None
    steady = SteadyState(events, psutil.Process(process.pid), rig.broker)
    for line in process.stdout:
        steady.note(int(line))
        if int(line) >= events:
            return steady
    message = f"{process.args!r} ended with {process.wait()} before it had done {events} events"
    raise RuntimeError(message)
