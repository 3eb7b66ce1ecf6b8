"""Commands called in this process, from the project's folder."""

from pathlib import Path
from typing import Any, Protocol

import pytest
from click.testing import CliRunner, Result

from streamprocessor.cli.main import commands
from tests.delivery.conftest import receiver
from tests.harness.logs import log_as_before

__all__ = ["log_as_before", "receiver"]

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def project_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative paths are the project's."""
    monkeypatch.chdir(ROOT)


class Call(Protocol):
    """A call of the command line with these words; keyword arguments are the runner's, such as env and input."""

    def __call__(self, *words: str | Path, **more: Any) -> Result: ...


@pytest.fixture
def call() -> Call:
    """Calls commands in this process."""

    def invoke(*words: str | Path, **more: Any) -> Result:
        return CliRunner().invoke(commands, [str(word) for word in words], **more)

    return invoke
