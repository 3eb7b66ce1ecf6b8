"""A collector process on the shared Kafka, one for the tests of a module that need no other settings."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streamprocessor.settings import Settings
from tests.harness.collectors import CollectorProcess
from tests.harness.system import System

MakeCollector = Callable[..., CollectorProcess]


@pytest.fixture(scope="module")
def system(bootstrap: str) -> System:
    """An application's topics, made for the tests of one module."""
    settings = Settings(bootstrap=bootstrap, topic_prefix=f"c-{os.urandom(4).hex()}-", app_id="app", partitions=4)
    system = System(settings)
    asyncio.run(system.create())
    return system


@pytest.fixture(scope="module")
def collector(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    """A collector that is ready."""
    process = CollectorProcess(system.settings, tmp_path_factory.mktemp("collector")).start()
    try:
        asyncio.run(process.ready())
        yield process
    finally:
        process.discard()


@pytest.fixture
def new_collector(system: System, tmp_path: Path) -> Iterator[MakeCollector]:
    """Starts collectors with settings of their own; whatever is left of them ends with the test."""
    started: list[CollectorProcess] = []

    def start(name: str = "collector", **changes: object) -> CollectorProcess:
        process = CollectorProcess(system.settings, tmp_path, name, **changes)
        started.append(process)
        return process.start()

    yield start
    for process in started:
        process.discard()
