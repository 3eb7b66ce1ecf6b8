"""The fixtures of tests in which releases, tables and topics outlive each other."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.fixtures import session_timeout_seconds, settings, system, worker
from tests.harness.system import ROOT
from tests.ops.time.ups import Up

__all__ = ["session_timeout_seconds", "settings", "system", "worker"]

RELEASE_BEFORE = "f92f616"


@pytest.fixture(scope="session")
def release_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree of the release before this one, from the repository's own history."""
    folder = tmp_path_factory.mktemp("release-before")
    packed = folder / "tree.tar"
    with packed.open("wb") as file:
        archived = subprocess.run(["git", "archive", RELEASE_BEFORE], cwd=ROOT, stdout=file, stderr=subprocess.PIPE)
    if archived.returncode:
        pytest.skip(f"no commit {RELEASE_BEFORE} here: the history is not whole ({archived.stderr.decode().strip()})")
    subprocess.run(["tar", "-xf", packed.name], cwd=folder, check=True)
    packed.unlink()
    return folder


@pytest.fixture
def ups() -> Iterator[list[Up]]:
    started: list[Up] = []
    yield started
    for each in started:
        each.discard()
