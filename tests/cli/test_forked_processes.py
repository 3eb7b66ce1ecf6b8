"""What tests start as a copy of a process that has imported is as what users start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from streamprocessor.settings import PREFIX
from tests.harness.forked_processes import fork_server
from tests.harness.processes import Process
from tests.harness.system import ROOT, until

Start = Callable[[list[str], dict[str, str], Path], Process]


def real(words: list[str], environment: dict[str, str], log: Path) -> Process:
    with log.open("wb") as file:
        command = [sys.executable, "-m", "streamprocessor", *words]
        return subprocess.Popen(command, env=environment, cwd=ROOT, stdout=file, stderr=file)


def copied(words: list[str], environment: dict[str, str], log: Path) -> Process:
    with log.open("wb") as file:
        return fork_server("collector", ROOT).start(words, environment, ROOT, file.fileno())


@pytest.fixture(params=[real, copied])
def start(request: pytest.FixtureRequest) -> Start:
    """Both ways."""
    found: Start = request.param
    return found


@pytest.mark.parametrize(
    ("words", "setting", "code", "said"),
    [
        (["collector", "--help"], "", 0, "Usage: streamprocessor collector [OPTIONS]"),
        (["collector", "--unknown"], "", 2, "Error: No such option: --unknown"),
        (["collector"], "many", 2, "STREAMPROCESSOR_PARTITIONS"),
    ],
)
def test_it_ends_with_its_code_and_its_words_are_in_the_log(
    start: Start, tmp_path: Path, words: list[str], setting: str, code: int, said: str
) -> None:
    environment = os.environ | ({f"{PREFIX}PARTITIONS": setting} if setting else {})

    process = start(words, environment, tmp_path / "log")

    assert process.wait(60) == code
    assert process.poll() == process.returncode == code
    assert said in (tmp_path / "log").read_text()
    process.kill()  # nothing happens


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGKILL, -9)])
async def test_a_signal_ends_it_and_until_then_it_runs(
    start: Start, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    own = {"BOOTSTRAP": "127.0.0.1:1", "PORT_FILE": str(tmp_path / "port"), "COLLECTOR_PORT": "0"}
    own |= {"DATA_DIR": str(tmp_path), "WRITE_KEYS": "tests=key-of-the-tests"}
    environment = os.environ | {f"{PREFIX}{name}": value for name, value in own.items()}

    process = start(["collector"], environment, tmp_path / "log")
    try:
        await until((tmp_path / "port").exists, bool, 60, "it listens", 0.05)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        assert process.poll() is None
        assert psutil.Process(process.pid).cwd() == str(ROOT)
        process.send_signal(number)
        assert process.wait(60) == code, (tmp_path / "log").read_text()
    finally:
        process.kill()
        process.wait()
    assert not psutil.pid_exists(process.pid)
