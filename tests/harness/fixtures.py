"""Systems and workers on the shared Kafka; the folders whose tests need them import them in their conftest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streamprocessor.settings import Settings
from tests.harness.system import System
from tests.harness.workers import WorkerProcess

MakeWorker = Callable[..., WorkerProcess]


missed_soon = pytest.mark.parametrize("session_timeout_seconds", [6.0])
"""For tests in which one worker takes over from another that died."""


@pytest.fixture
def session_timeout_seconds() -> float:
    """After how long a worker that died is missed: the default; a crowded machine can be too slow for less."""
    return Settings().session_timeout_seconds


@pytest.fixture
def settings(bootstrap: str, topic_prefix: str, session_timeout_seconds: float) -> Settings:
    """Settings of an application of this test alone, on the shared Kafka."""
    return Settings(
        bootstrap=bootstrap,
        topic_prefix=topic_prefix,
        app_id="app",
        partitions=4,
        session_timeout_seconds=session_timeout_seconds,
        commit_interval_seconds=0.2,
    )


@pytest.fixture
def system(settings: Settings) -> System:
    """The application's topics and clients; nothing is created yet."""
    return System(settings)


@pytest.fixture
def worker(settings: Settings, tmp_path: Path) -> Iterator[MakeWorker]:
    """Starts worker processes by name; whatever is left of them ends with the test."""
    started: list[WorkerProcess] = []

    def start(name: str = "blue", **changes: object) -> WorkerProcess:
        process = WorkerProcess(settings.model_copy(update=changes), name, tmp_path)
        started.append(process)
        return process.start()

    yield start
    for process in started:
        process.discard()
