"""The fixtures of tests that replay what live workers have scored."""

from tests.harness.fixtures import MakeWorker, session_timeout_seconds, settings, system, worker

__all__ = ["MakeWorker", "session_timeout_seconds", "settings", "system", "worker"]
