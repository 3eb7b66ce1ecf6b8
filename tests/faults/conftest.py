"""The fixtures of tests that run whole workers."""

from tests.harness.fixtures import MakeWorker, session_timeout_seconds, settings, system, worker

__all__ = ["MakeWorker", "session_timeout_seconds", "settings", "system", "worker"]
