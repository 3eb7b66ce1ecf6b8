"""One worker process over a full backlog: events a second once changelog and announcements are acknowledged."""

from __future__ import annotations

import time
from pathlib import Path

import psutil

from tests.bench.preload import written
from tests.bench.report import Figure
from tests.bench.rig import Rig
from tests.bench.steady import Rates, SteadyState
from tests.bench.worker_metrics import ANNOUNCED, BYTES, CONSUMED, CONTACTS, STEPS, wait_for
from tests.harness.long_histories import FORTY_RULES
from tests.harness.system import ROOT, System

MOST_SECONDS = 900.0


COMPILED = ROOT / "build" / "compiled"


def throughput(rig: Rig) -> list[Figure]:
    """The worker's steady state over all preloaded events."""
    return steady_state(rig, rig.busy, ROOT)


def compiled(rig: Rig) -> list[Figure]:
    """The same of a worker whose hot modules are compiled; nothing where `make compiled` has not made them."""
    if not is_compiled():
        return []
    _ = rig.busy
    return steady_state(rig, rig.system("busy", "compiled"), COMPILED)


def is_compiled() -> bool:
    """Whether `make compiled` has compiled the hot modules of the tree as it was then."""
    return (COMPILED / "pyproject.toml").is_file()


def forty_rules(rig: Rig) -> list[Figure]:
    """The same under a model of forty rules of all kinds, right after the default one under the same conditions."""
    _ = rig.busy
    default = steady_state(rig, rig.system("busy", "few-rules"), ROOT)
    forty = steady_state(rig, rig.system("busy", "forty-rules", FORTY_RULES), ROOT)
    shares = [
        Figure(f"{each.name}, forty rules to default", each.value / other.value, "of default")
        for each, other in zip(forty, default, strict=True)
        if each.unit in ("events/s", "events/CPU s")
    ]
    return [*forty, *shares]


def steady_state(rig: Rig, system: System, package_in: Path) -> list[Figure]:
    """The rates of one worker of the application over all preloaded events, and what they left behind."""
    events = rig.scale.events
    worker = rig.worker(system, package_in).start()
    started = time.perf_counter()
    steady = SteadyState(events, psutil.Process(worker.process.pid), rig.broker)
    last = wait_for(
        worker,
        good=lambda metrics: metrics[CONSUMED] >= events,
        seen=lambda metrics: steady.note(int(metrics[CONSUMED])),
        timeout_seconds=MOST_SECONDS,
    )
    seconds = time.perf_counter() - started
    worker.stop()
    contact_groups = written(rig.bootstrap, system.full["contacts-changelog"]) - last[STEPS]
    return [
        *rate_figures(steady.rates()),
        Figure("all events, from the process's start", seconds, "s"),
        Figure("all events, CPU of the process", steady.cpu_seconds, "s"),
        Figure("contact groups (changelog records)", contact_groups / events, "per event"),
        Figure("size of a contact's record at the end", last[BYTES] / last[CONTACTS], "B"),
        Figure("announcements", last[ANNOUNCED] / events, "per event"),
        Figure("events merged into one step", events / last[STEPS], "events"),
    ]


def rate_figures(rates: Rates) -> list[Figure]:
    """The figures that worker and peers have in common."""
    return [
        Figure("steady state", rates.events_per_second, "events/s"),
        Figure("steady state, of the process", rates.events_per_cpu_second, "events/CPU s"),
        Figure("process kept busy", rates.cores, "cores"),
        Figure("broker kept busy", rates.broker_cores, "cores"),
    ]
