"""Which release a process runs, as a metric: during an upgrade there are two."""

from __future__ import annotations

from importlib.metadata import version

from prometheus_client import CollectorRegistry, Gauge


def tell_version(registry: CollectorRegistry) -> None:
    """Register 1 with this release as its label."""
    build_info = Gauge("leadscore_build_info", "1, with the release that runs", ("version",), registry=registry)
    build_info.labels(version("streamprocessor")).set(1)
