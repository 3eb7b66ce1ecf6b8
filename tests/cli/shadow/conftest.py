"""The fixtures of tests in which a candidate is scored beside workers."""

from tests.harness.fixtures import session_timeout_seconds, settings, system, worker

__all__ = ["session_timeout_seconds", "settings", "system", "worker"]
