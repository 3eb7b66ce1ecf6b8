"""Child processes of `up`: each restarted when it ends, whatever the others do; ended together."""

import asyncio
import contextlib
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streamprocessor.errors import EXIT_DONE, EXIT_FAILED, EXIT_MUST_RESTART
from streamprocessor.process.lifecycle import first_of
from streamprocessor.process.parent_death import ended_with_parent


@dataclass(frozen=True, slots=True)
class Child:
    """A process to be started again when it fails; its environment is ours.

    name: for sentences about it.
    command: the program and its arguments.
    log: the file that its output is added to; None: our own output.
    """

    name: str
    command: tuple[str, ...]
    log: Path | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait before a restart, and for an end.

    first_pause_seconds: before the first restart; doubled for each failure in a row.
    longest_pause_seconds: the most that it is doubled to.
    healthy_seconds: after a run of this length the pauses begin with the first again.
    grace_seconds: from SIGTERM to SIGKILL.
    """

    first_pause_seconds: float = 0.5
    longest_pause_seconds: float = 30.0
    healthy_seconds: float = 60.0
    grace_seconds: float = 20.0

    def pause_seconds(self, failures: int) -> float:
        """The pause after so many failures in a row (0 before the first)."""
        return min(self.longest_pause_seconds, self.first_pause_seconds * 2.0 ** min(failures, 30))


class Supervisor:
    """Keeps processes running until we are told to stop.

    A process that ends, however it does, or can't even be started, is started again after a pause, and the others go
    on. `say` gets a sentence for each of these. Must run in the main thread: the children die when it ends.
    """

    def __init__(self, children: Sequence[Child], say: Callable[[str], None], pace: Pace | None = None) -> None:
        """Nothing runs yet."""
        self._children = children
        self._say = say
        self._pace = pace or Pace()
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()
        self._code = EXIT_DONE
        self._failed: dict[str, int] = {}

    async def run(self) -> int:
        """The exit code, once all have ended: that which `stop` was given.

        Instead of 0 it is that of a child which had failed and was not running when we were told to stop.
        """
        with self._stopping_on_signals():
            await asyncio.gather(*(self._keep(child) for child in self._children))
        return self._code or next(iter(self._failed.values()), EXIT_DONE)

    def stop(self, code: int = EXIT_DONE) -> None:
        """End all processes in order: SIGTERM, then SIGKILL after the grace. A second call: SIGKILL at once."""
        if self._stopping.is_set():
            self._hurry.set()
        else:
            self._code = code
            self._stopping.set()

    async def until_stopped(self) -> None:
        """Return once everything is to end."""
        await self._stopping.wait()

    @contextmanager
    def _stopping_on_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    async def _keep(self, child: Child) -> None:
        clock = asyncio.get_running_loop().time
        failures = 0
        while not self._stopping.is_set():
            started_seconds = clock()
            self._failed.pop(child.name, None)
            try:
                code = await self._run_once(child)
                how = _how_it_ended(code)
            except OSError as error:
                code, how = EXIT_FAILED, f"can't be started ({error})"
            if self._stopping.is_set():
                return
            if code > 0 and code != EXIT_MUST_RESTART:
                self._failed[child.name] = code
            if clock() - started_seconds >= self._pace.healthy_seconds:
                failures = 0
            pause_seconds = self._pace.pause_seconds(failures)
            failures += 1
            self._say(f"{child.name} {how}: starting it again in {pause_seconds:g} s{_where(child)}")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_seconds):
                    await self._stopping.wait()

    async def _run_once(self, child: Child) -> int:
        """The exit code of one run, negative for a signal; it is ended when we are told to stop."""
        process = await _start(child)
        ended = asyncio.ensure_future(process.wait())
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await first_of(ended, stopping)
            if not ended.done():
                await self._end(child, process, ended)
            return await ended
        finally:
            stopping.cancel()
            if process.returncode is None:
                process.kill()

    async def _end(self, child: Child, process: asyncio.subprocess.Process, ended: asyncio.Future[Any]) -> None:
        process.terminate()
        hurry: asyncio.Future[Any] = asyncio.ensure_future(self._hurry.wait())
        grace_seconds = self._pace.grace_seconds
        await asyncio.wait({ended, hurry}, timeout=grace_seconds, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        if not ended.done():
            self._say(f"{child.name} did not end when asked to: killed{_where(child)}")
            process.kill()


async def _start(child: Child) -> asyncio.subprocess.Process:
    with contextlib.ExitStack() as files:
        output = None
        if child.log is not None:
            child.log.parent.mkdir(parents=True, exist_ok=True)
            output = files.enter_context(child.log.open("ab"))
        return await asyncio.create_subprocess_exec(
            *ended_with_parent(list(child.command)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output is not None else None,
            # Ctrl-C in the terminal reaches us only, and we end our children in order.
            start_new_session=True,
        )


def _how_it_ended(code: int) -> str:
    if code == EXIT_MUST_RESTART:
        return "asked to be started again"
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def _where(child: Child) -> str:
    return f" (its log: {child.log})" if child.log is not None else ""
