"""The fixtures of tests that run whole workers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest

from streamprocessor.scoring.model.model import Model
from streamprocessor.settings import Settings
from tests.harness.fixtures import MakeWorker, session_timeout_seconds, settings, system, worker
from tests.harness.system import System
from tests.harness.workers import WorkerProcess
from tests.scoring.identity.cases import FIFTY_A_FORM

__all__ = ["MakeWorker", "session_timeout_seconds", "settings", "system", "worker"]

SharedSystem = tuple[System, Model]


@pytest.fixture(scope="module")
def shared_system(bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedSystem]:
    """A system where a form is worth fifty points, two workers on it: a file's tests share it, each with its people."""
    folder = tmp_path_factory.mktemp("town")
    model_file = folder / "fifty.yaml"
    model_file.write_text(FIFTY_A_FORM)
    system = System(
        Settings(
            bootstrap=bootstrap,
            topic_prefix=f"town-{os.urandom(4).hex()}-",
            app_id="app",
            partitions=4,
            commit_interval_seconds=0.1,
        )
    )
    model = asyncio.run(system.create(model_file))
    workers = [WorkerProcess(system.settings, name, folder).start() for name in ("blue", "green")]
    try:
        for each in workers:
            asyncio.run(each.ready())
        yield system, model
    finally:
        for each in workers:
            each.discard()
