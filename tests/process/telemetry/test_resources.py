"""What is known of a process's limits, on each kind of machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from streamprocessor.process.telemetry.resources import ResourceLimits, measure_resources, memory_limit_bytes

V2, V1 = "0::{}", "5:cpu:/\n4:memory:{}\n0::/"
UNLIMITED_V1 = str((1 << 63) - 4096)


def machine(folder: Path, cgroup: str, files: dict[str, str]) -> Path:
    """The root of a machine with these files of control groups."""
    for name, text in {"proc/self/cgroup": cgroup, **files}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    return folder


@pytest.mark.parametrize(
    ("cgroup", "files", "limit_bytes"),
    [
        (V2.format("/"), {"sys/fs/cgroup/memory.max": "536870912"}, 536_870_912),
        (V2.format("/"), {"sys/fs/cgroup/memory.max": "max"}, None),
        (V2.format("/pod/box"), {"sys/fs/cgroup/pod/box/memory.max": "900"}, 900),
        (
            V2.format("/pod/box"),
            {"sys/fs/cgroup/pod/memory.max": "700", "sys/fs/cgroup/pod/box/memory.max": "900"},
            700,
        ),
        (V2.format("/host/path"), {"sys/fs/cgroup/memory.max": "800"}, 800),  # a container sees itself at the top
        (V1.format("/box"), {"sys/fs/cgroup/memory/box/memory.limit_in_bytes": "600"}, 600),
        (V1.format("/box"), {"sys/fs/cgroup/memory/memory.limit_in_bytes": "650"}, 650),
        (V1.format("/box"), {"sys/fs/cgroup/memory/box/memory.limit_in_bytes": UNLIMITED_V1}, None),
        (V2.format("/"), {}, None),
    ],
)
def test_the_memory_limit_is_the_lowest_of_the_groups_that_the_process_is_in(
    tmp_path: Path, cgroup: str, files: dict[str, str], limit_bytes: int | None
) -> None:
    root = machine(tmp_path, cgroup, files)
    registry = CollectorRegistry()
    registry.register(ResourceLimits(tmp_path, root))

    assert memory_limit_bytes(root) == limit_bytes
    assert registry.get_sample_value("leadscore_memory_limit_bytes") == limit_bytes


def test_a_machine_without_control_groups_has_no_limit(tmp_path: Path) -> None:
    assert memory_limit_bytes(tmp_path) is None


def test_the_disk_is_that_of_the_data_folder_and_a_folder_that_is_away_tells_nothing(tmp_path: Path) -> None:
    registry, missing = CollectorRegistry(), CollectorRegistry()
    measure_resources(registry, tmp_path)
    measure_resources(missing, tmp_path / "not-made-yet")
    disk = os.statvfs(tmp_path)

    assert registry.get_sample_value("leadscore_data_folder_size_bytes") == disk.f_blocks * disk.f_frsize
    free_bytes = registry.get_sample_value("leadscore_data_folder_free_bytes")
    assert free_bytes is not None
    assert 0 < free_bytes < disk.f_blocks * disk.f_frsize
    assert missing.get_sample_value("leadscore_data_folder_free_bytes") is None
    assert (registry.get_sample_value("process_resident_memory_bytes") or 0) > 1_000_000
