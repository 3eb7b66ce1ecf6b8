"""The fixtures of tests that run whole workers."""

from tests.harness.fixtures import MakeWorker, settings, system, worker

__all__ = ["MakeWorker", "settings", "system", "worker"]
