"""What tests start as a copy of a process that has imported is as what users start."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from streamprocessor.settings import PREFIX, Settings
from tests.harness.collectors import CollectorProcess
from tests.harness.forked_processes import HASH_SEED, RUN_ID, fork_server, run_id
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
        (["collector", "--unknown"], "", 2, "Error: unknown option '--unknown'"),
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


def test_what_is_started_again_hashes_strings_differently(tmp_path: Path) -> None:
    collector = CollectorProcess(Settings(bootstrap="127.0.0.1:1"), tmp_path)
    seeds: list[str] = []
    try:
        for _ in range(2):
            seeds.append(psutil.Process(collector.start().process.pid).environ()[HASH_SEED])
            collector.kill()
    finally:
        collector.discard()

    assert seeds[0] != seeds[1]


STARTS_AND_DIES = """
import os, sys
from pathlib import Path
from tests.harness.forked_processes import fork_server
words, log = ["collector"], os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
process = fork_server("collector", Path.cwd()).start(words, dict(os.environ), Path.cwd(), log)
print(process.pid, flush=True)
os._exit(1)
"""


async def test_when_one_of_the_runs_processes_dies_what_it_started_is_killed_and_the_others_go_on(
    tmp_path: Path,
) -> None:
    own = {"BOOTSTRAP": "127.0.0.1:1", "COLLECTOR_PORT": "0", "WRITE_KEYS": "tests=key-of-the-tests"}
    environment = os.environ | {f"{PREFIX}{name}": value for name, value in own.items()} | {RUN_ID: run_id()}
    mine = copied(["collector"], environment | {f"{PREFIX}DATA_DIR": str(tmp_path / "mine")}, tmp_path / "mine.log")
    try:
        other = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", STARTS_AND_DIES, tmp_path / "other.log"),
            env=environment | {f"{PREFIX}DATA_DIR": str(tmp_path / "other")},
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        pid, _ = await other.communicate()
        await until(lambda: psutil.pid_exists(int(pid)), lambda exists: not exists, 60, "it is killed")
        assert copied(["collector", "--help"], environment, tmp_path / "help.log").wait(60) == 0
        assert mine.poll() is None
    finally:
        mine.kill()
        mine.wait()
