"""What a process uses of its machine, and how much of it there is: memory and the disk of the data folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from prometheus_client import CollectorRegistry, Metric, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

#: A number as large as this is how version 1 of control groups says that there is no limit.
NO_LIMIT_BYTES = 1 << 60


def measure_resources(registry: CollectorRegistry, data_folder: Path) -> None:
    """Register the process's own use of memory, processors and files, its memory's limit, and its disk's room."""
    ProcessCollector(registry=registry)
    registry.register(ResourceLimits(data_folder))


class ResourceLimits(Collector):
    """The limits as they are when somebody asks: both may be changed while the process runs."""

    def __init__(self, data_folder: Path, root: Path = Path("/")) -> None:
        """Ask for this folder's disk. root: of the system's own files."""
        self._data_folder = data_folder
        self._root = root

    def collect(self) -> Iterable[Metric]:
        """The gauges; one of which nothing is known has no sample."""
        memory = GaugeMetricFamily("leadscore_memory_limit_bytes", "What the process may use; absent without a limit")
        free = GaugeMetricFamily("leadscore_data_folder_free_bytes", "Room left on the data folder's disk")
        size = GaugeMetricFamily("leadscore_data_folder_size_bytes", "Size of the data folder's disk")
        limit_bytes = memory_limit_bytes(self._root)
        if limit_bytes is not None:
            memory.add_metric([], limit_bytes)
        try:
            disk = os.statvfs(self._data_folder)
        except OSError:  # it is not made yet, or was taken away
            return [memory, free, size]
        free.add_metric([], disk.f_bavail * disk.f_frsize)
        size.add_metric([], disk.f_blocks * disk.f_frsize)
        return [memory, free, size]


def memory_limit_bytes(root: Path = Path("/")) -> int | None:
    """The lowest limit on the memory of the process's control group and of those around it; None: there is none."""
    limits = [limit for file in _limit_files(root) if (limit := _number_in(file)) is not None]
    return min(limits, default=None)


def _limit_files(root: Path) -> Iterator[Path]:
    groups = root / "sys/fs/cgroup"
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            top, name = groups, "memory.max"
        elif "memory" in controllers.split(","):
            top, name = groups / "memory", "memory.limit_in_bytes"
        else:
            continue
        group = PurePosixPath(path.lstrip("/"))  # a container may see its own group alone, at the top
        for each in {group, *group.parents, PurePosixPath()}:
            yield top / each / name


def _number_in(file: Path) -> int | None:
    try:
        text = file.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() and int(text) < NO_LIMIT_BYTES else None
