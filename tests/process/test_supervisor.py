"""Processes kept running: restarted, ended together, never left behind."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from streamprocessor.process.supervisor import Child, Pace, Supervisor

PATIENCE_SECONDS = 10
QUICK = Pace(first_pause_seconds=0.02, longest_pause_seconds=0.05)

# Each program first adds its process id to the file it is given.
STARTED = "import os, signal, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); "
RUNS_ON = STARTED + "time.sleep(60)"
IGNORES_SIGTERM = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + RUNS_ON
AFTER_API = (
    STARTED + "[time.sleep(0.01) for _ in iter(lambda: os.path.exists(os.path.dirname(sys.argv[1]) + '/api'), True)]; "
)
ENDS_70_TWICE = STARTED + "runs = len(open(sys.argv[1]).readlines()); sys.exit(70) if runs <= 2 else time.sleep(60)"


def child(name: str, program: str, folder: Path) -> Child:
    return Child(name, (sys.executable, "-S", "-c", program, str(folder / name)))


def supervised_until(count: int, children: list[Child]) -> tuple[Supervisor, list[str]]:
    """What keeps the children running until it has said so many sentences; and the sentences."""
    sentences: list[str] = []

    def say(sentence: str) -> None:
        sentences.append(sentence)
        if len(sentences) == count:
            supervisor.stop()

    supervisor = Supervisor(children, say, QUICK)
    return supervisor, sentences


def pids(name: str, folder: Path) -> list[int]:
    file = folder / name
    return [int(line) for line in file.read_text().split()] if file.exists() else []


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds():  # noqa: ASYNC110 - what another process does comes with no event
            await asyncio.sleep(0.01)


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(("failures", "seconds"), [(0, 0.5), (1, 1), (2, 2), (5, 16), (6, 30), (7, 30), (10_000, 30)])
def test_the_pause_before_a_restart_doubles_up_to_half_a_minute(failures: int, seconds: float) -> None:
    assert Pace().pause_seconds(failures) == seconds


async def test_a_process_that_exits_70_is_started_again_until_it_runs(tmp_path: Path) -> None:
    sentences: list[str] = []
    supervisor = Supervisor([child("worker", ENDS_70_TWICE, tmp_path)], sentences.append, QUICK)
    running = asyncio.ensure_future(supervisor.run())
    await until(lambda: len(pids("worker", tmp_path)) == 3)
    supervisor.stop()

    assert await running == 0
    assert sentences == [
        "worker asked to be started again: starting it again in 0.02 s",
        "worker asked to be started again: starting it again in 0.04 s",
    ]


async def test_a_process_that_ran_well_for_long_enough_begins_with_the_first_pause_again(tmp_path: Path) -> None:
    sentences: list[str] = []
    always_healthy = Pace(first_pause_seconds=0.02, longest_pause_seconds=1, healthy_seconds=0)
    supervisor = Supervisor([child("worker", ENDS_70_TWICE, tmp_path)], sentences.append, always_healthy)
    running = asyncio.ensure_future(supervisor.run())
    await until(lambda: len(pids("worker", tmp_path)) == 3)
    supervisor.stop()
    await running

    assert sentences == ["worker asked to be started again: starting it again in 0.02 s"] * 2


async def test_a_process_that_was_killed_is_started_again(tmp_path: Path) -> None:
    sentences: list[str] = []
    supervisor = Supervisor([child("worker", RUNS_ON, tmp_path)], sentences.append, QUICK)
    running = asyncio.ensure_future(supervisor.run())
    await until(lambda: len(pids("worker", tmp_path)) == 1)
    os.kill(pids("worker", tmp_path)[0], signal.SIGKILL)
    await until(lambda: len(pids("worker", tmp_path)) == 2)
    supervisor.stop()
    await running

    assert sentences == ["worker was ended by SIGKILL: starting it again in 0.02 s"]


@pytest.mark.parametrize("code", [0, 1, 2])
async def test_a_process_that_ends_is_named_and_started_again_more_and_more_slowly_while_the_others_go_on(
    tmp_path: Path, code: int
) -> None:
    ends = child("delivery", AFTER_API + f"raise SystemExit({code})", tmp_path)
    supervisor, sentences = supervised_until(3, [child("api", RUNS_ON, tmp_path), ends])

    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await supervisor.run() == code, "it was not running when all were ended"
    assert (len(pids("api", tmp_path)), len(pids("delivery", tmp_path))) == (1, 3)
    pauses = ("0.02", "0.04", "0.05")
    assert sentences == [f"delivery ended with exit code {code}: starting it again in {pause} s" for pause in pauses]
    assert not any(runs(pid) for pid in pids("api", tmp_path))


async def test_a_process_that_can_not_even_be_started_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    sentences: list[str] = []
    (tmp_path / "logs").write_text("a file where its folder should be")
    nowhere = Child("delivery", (sys.executable, "-c", "pass"), log=tmp_path / "logs" / "delivery.log")
    supervisor = Supervisor([nowhere, child("api", RUNS_ON, tmp_path)], sentences.append, QUICK)
    running = asyncio.ensure_future(supervisor.run())
    await until(lambda: len(sentences) >= 2 and bool(pids("api", tmp_path)))
    supervisor.stop()

    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await running == 1
    assert sentences[0].startswith("delivery can't be started (")
    assert sentences[0].endswith(f"starting it again in 0.02 s (its log: {nowhere.log})")


async def test_a_process_that_failed_and_runs_again_leaves_no_exit_code(tmp_path: Path) -> None:
    sentences: list[str] = []
    recovers = ENDS_70_TWICE.replace("sys.exit(70)", "sys.exit(2)")
    supervisor = Supervisor([child("worker", recovers, tmp_path)], sentences.append, QUICK)
    running = asyncio.ensure_future(supervisor.run())
    await until(lambda: len(pids("worker", tmp_path)) == 3)
    supervisor.stop()

    assert (await running, len(sentences)) == (0, 2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_all_in_order(tmp_path: Path, number: signal.Signals) -> None:
    sentences: list[str] = []
    children = [child("worker", RUNS_ON, tmp_path), child("api", RUNS_ON, tmp_path)]
    running = asyncio.ensure_future(Supervisor(children, sentences.append, QUICK).run())
    await until(lambda: bool(pids("worker", tmp_path) and pids("api", tmp_path)))
    os.kill(os.getpid(), number)

    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await running == 0
    assert sentences == []
    assert not any(runs(pid) for name in ("worker", "api") for pid in pids(name, tmp_path))


async def test_a_process_that_does_not_end_when_asked_to_is_killed(tmp_path: Path) -> None:
    sentences: list[str] = []
    impatient = Pace(grace_seconds=0.3)
    supervisor = Supervisor([child("worker", IGNORES_SIGTERM, tmp_path)], sentences.append, impatient)
    running = asyncio.ensure_future(supervisor.run())
    await until(lambda: bool(pids("worker", tmp_path)))
    supervisor.stop()

    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await running == 0
    assert sentences == ["worker did not end when asked to: killed"]
    assert not runs(pids("worker", tmp_path)[0])


async def test_told_to_stop_twice_it_does_not_wait(tmp_path: Path) -> None:
    patient = Pace(grace_seconds=600)
    supervisor = Supervisor([child("worker", IGNORES_SIGTERM, tmp_path)], lambda _: None, patient)
    running = asyncio.ensure_future(supervisor.run())
    await until(lambda: bool(pids("worker", tmp_path)))
    supervisor.stop()
    supervisor.stop()

    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await running == 0


async def test_what_a_process_says_is_added_to_its_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "worker.log"
    speaker = Child("worker", (sys.executable, "-S", "-c", "print('hello'); raise SystemExit(1)"), log=log)
    supervisor, sentences = supervised_until(2, [speaker])
    await supervisor.run()

    assert log.read_text() == "hello\nhello\n"
    assert sentences[0] == f"worker ended with exit code 1: starting it again in 0.02 s (its log: {log})"


SUPERVISES = """
import asyncio, sys
from streamprocessor.process.supervisor import Child, Supervisor
asyncio.run(Supervisor([Child("worker", (sys.executable, "-S", "-c", *sys.argv[1:]))], print).run())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
async def test_processes_die_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SUPERVISES, IGNORES_SIGTERM, str(tmp_path / "worker")]
    supervisor = subprocess.Popen(command)  # noqa: ASYNC220 - it is to be killed, not read
    await until(lambda: bool(pids("worker", tmp_path)))
    (pid,) = pids("worker", tmp_path)
    assert runs(pid)
    supervisor.kill()

    await until(lambda: not runs(pid))
    supervisor.wait()
