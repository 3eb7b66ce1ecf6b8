"""What documents have their readers type is typed, in the folder and on the system that they have by then."""

from __future__ import annotations

import json
import subprocess
import time

import pytest
from click.testing import CliRunner

from streamprocessor.cli.main import commands
from tests.documents.command_lines import ACTIVATE, lines_of, our_words
from tests.documents.conftest import WAIT_SECONDS, Running
from tests.documents.markdown import Block, blocks

pytestmark = pytest.mark.kafka

MAY_BE_NOT_WELL = ("status", "doctor")
"""Commands whose exit code tells how things are: with a busy machine's clocks that is nothing to fail by."""
PRINTS = {"explain c-42": "contact-", "explain crm:17": "crm:17 at", "model history": "mine.yaml"}
"""What is told of a command's output, besides that it succeeds."""


def test_what_is_to_be_typed_does_what_it_says(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """One test for all documents: they share the system, whose start is most of what this costs."""
    monkeypatch.chdir(running.folder)
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    for block in blocks("sh", "python"):
        if block.is_run and block.language == "python":
            exec(compile(running.here(block.text), block.place, "exec"), {"__name__": block.place})
        elif block.is_run:
            for line in lines_of(running.here(block.text)):
                _type(line, block)


def _type(line: str, block: Block) -> None:
    words = our_words(line)
    if words is None or set("|><$") & set(line):
        if line != ACTIVATE:
            shell = ["bash", "-euo", "pipefail", "-c", line]
            ended = subprocess.run(shell, capture_output=True, text=True, check=False, timeout=WAIT_SECONDS)
            assert ended.returncode == 0, f"{block.place}: {line}\n{ended.stdout}{ended.stderr}"
        return
    if words[0] == "explain":
        _wait_until_scored()
    done = CliRunner().invoke(commands, words)
    assert done.exit_code == 0 or words[0] in MAY_BE_NOT_WELL, f"{block.place}: {line}\n{done.output}"
    assert PRINTS.get(" ".join(words), "") in done.output, f"{block.place}: {line}\n{done.output}"


def _wait_until_scored() -> None:
    """Return when the workers have taken what was sent before, as it is within a reader's next breath."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        told = CliRunner().invoke(commands, ["status", "--json"])
        if json.loads(told.stdout)["lag_records"] == 0:
            return
        time.sleep(0.1)
    pytest.fail(f"waited {WAIT_SECONDS} s in vain: {told.stdout}")
