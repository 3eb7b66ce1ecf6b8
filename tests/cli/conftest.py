"""Commands called in this process, from the project's folder."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from click.testing import CliRunner, Result

from streamprocessor.cli.main import commands
from streamprocessor.cli.terminal.running import TALKATIVE
from tests.delivery.conftest import receiver

__all__ = ["receiver"]

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def project_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative paths are the project's."""
    monkeypatch.chdir(ROOT)


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """What a command makes of the log of its process ends with the test."""
    root = logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in TALKATIVE)]
    handlers, levels = root.handlers[:], [logger.level for logger in loggers]
    yield
    root.handlers[:] = handlers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


class Call(Protocol):
    """A call of the command line with these words; keyword arguments are the runner's, such as env and input."""

    def __call__(self, *words: str | Path, **more: Any) -> Result: ...


@pytest.fixture
def call() -> Call:
    """Calls commands in this process."""

    def invoke(*words: str | Path, **more: Any) -> Result:
        return CliRunner().invoke(commands, [str(word) for word in words], **more)

    return invoke
