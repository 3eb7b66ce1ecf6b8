"""One system with the default model and a worker for the tests of a module, and what Node needs."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator

import pytest

from streamprocessor.settings import Settings
from tests.harness.system import System
from tests.harness.workers import WorkerProcess


@pytest.fixture(scope="module")
def system(bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system on which a worker runs."""
    settings = Settings(
        bootstrap=bootstrap, topic_prefix=f"examples-{os.urandom(4).hex()}-", app_id="app", partitions=4
    )
    system = System(settings)
    asyncio.run(system.create())
    worker = WorkerProcess(settings, "blue", tmp_path_factory.mktemp("worker")).start()
    try:
        asyncio.run(worker.ready())
        yield system
    finally:
        worker.discard()


@pytest.fixture(scope="session")
def npm() -> list[str]:
    """The command that installs what a folder's package.json names, without leaving a lock file or running scripts."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("there is no Node here: what needs it is not tried")
    return ["npm", "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
