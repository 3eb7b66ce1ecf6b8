"""Many contacts of whom nothing is heard: what they cost in CPU, in memory, and at a restart."""

from __future__ import annotations

import statistics
import time

import psutil

from tests.bench.events import one_each
from tests.bench.preload import preload, written
from tests.bench.report import Figure
from tests.bench.rig import Rig
from tests.bench.steady import cpu_seconds
from tests.bench.worker_metrics import CONSUMED, CONTACTS, RECOVERY_SECONDS, TIMERS, Metrics, wait_for
from tests.harness.system import System
from tests.harness.workers import WorkerProcess

MOST_SECONDS = 300.0
SETTLE_SECONDS = 3.0


def at_rest(rig: Rig) -> list[Figure]:
    """Load the contacts once, restart the worker, and watch it idle beside one that holds nothing."""
    contacts = rig.scale.idle_contacts
    full, empty = rig.system("full"), rig.system("empty")
    preload(rig.bootstrap, full.full, one_each(2, contacts, int(time.time() * 1000)))
    _load(rig.worker(full), contacts)
    holding, idle = rig.worker(full), rig.worker(empty)
    started = time.perf_counter()
    recovered = _until_recovered(holding.start(), contacts)
    seconds = time.perf_counter() - started
    _until_recovered(idle.start(), 0)
    time.sleep(min(SETTLE_SECONDS, rig.scale.window_seconds))
    resident = _resident_bytes(holding) - _resident_bytes(idle)
    windows = [_points_of_a_core(holding, idle, rig.scale.window_seconds) for _ in range(rig.scale.idle_windows)]
    holding.stop()
    idle.stop()
    return [
        *_recovery_figures(rig, full, recovered, seconds),
        Figure("memory of a contact", resident / contacts, "B RSS"),
        Figure("contacts with a pending timer", recovered[TIMERS], "contacts"),
        *_idle_figures(windows),
    ]


def _load(worker: WorkerProcess, contacts: int) -> None:
    worker.start()
    wait_for(worker, lambda metrics: metrics[CONSUMED] >= contacts, lambda _: None, MOST_SECONDS)
    worker.stop()


def _until_recovered(worker: WorkerProcess, contacts: int) -> Metrics:
    """The worker's metrics once it is ready and holds that many contacts."""
    return wait_for(
        worker,
        lambda metrics: metrics[RECOVERY_SECONDS] > 0 and metrics[CONTACTS] == contacts,
        lambda _: None,
        MOST_SECONDS,
    )


def _recovery_figures(rig: Rig, system: System, recovered: Metrics, seconds: float) -> list[Figure]:
    records = written(rig.bootstrap, system.full["contacts-changelog"])
    return [
        Figure("recovery of the table", recovered[RECOVERY_SECONDS], "s"),
        Figure("restart, from process start to recovered", seconds, "s"),
        Figure("changelog records", records, "records"),
        Figure("recovery rate", records / recovered[RECOVERY_SECONDS], "records/s"),
    ]


def _points_of_a_core(holding: WorkerProcess, idle: WorkerProcess, seconds: float) -> tuple[float, float]:
    """CPU of both over the same window, in hundredths of a core; nobody asks them anything meanwhile."""
    processes = [psutil.Process(worker.process.pid) for worker in (holding, idle)]
    began, before = time.perf_counter(), [cpu_seconds(process) for process in processes]
    time.sleep(seconds)
    took = time.perf_counter() - began
    full, empty = (100 * (cpu_seconds(process) - used) / took for process, used in zip(processes, before, strict=True))
    return full, empty


def _idle_figures(windows: list[tuple[float, float]]) -> list[Figure]:
    differences = [full - empty for full, empty in windows]
    return [
        Figure("idle worker holding them", statistics.mean(full for full, _ in windows), "points of core"),
        Figure("idle worker holding nothing", statistics.mean(empty for _, empty in windows), "points of core"),
        Figure("difference, mean of paired windows", statistics.mean(differences), "points of core"),
        Figure("difference, largest window", max(differences), "points of core"),
    ]


def _resident_bytes(worker: WorkerProcess) -> int:
    return int(psutil.Process(worker.process.pid).memory_info().rss)
