"""The fixtures of tests in which a table moves while workers come and go."""

from tests.harness.fixtures import session_timeout_seconds, settings, system, worker

__all__ = ["session_timeout_seconds", "settings", "system", "worker"]
