"""A child process that dies with us, in the care of a thread of its own."""

import signal
import subprocess
import threading
from pathlib import Path

from streamprocessor.process.parent_death import ended_with_parent


class ChildProcess:
    """A running command whose output goes to a file; it dies with this process, even by kill -9.

    A thread starts it and waits for its end, because the kernel ends it with the thread that started it.
    """

    def __init__(self, command: list[str], output: Path) -> None:
        """Start it; raises OSError when that can't be done."""
        self._command = command
        self._output = output
        self._started = threading.Event()
        self._ended = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._failure: OSError | None = None
        threading.Thread(target=self._watch, name=f"watcher of {Path(command[0]).name}", daemon=True).start()
        self._started.wait()
        if self._failure is not None:
            raise self._failure

    def _watch(self) -> None:
        try:
            with self._output.open("wb") as output:
                # A session of its own: Ctrl-C in the terminal reaches us only, and we end our children in order.
                self._child = subprocess.Popen(
                    ended_with_parent(self._command),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        except OSError as error:
            self._failure = error
        finally:
            self._started.set()
        if self._child is not None:
            self._child.wait()
        self._ended.set()

    @property
    def pid(self) -> int:
        """The process id of the command."""
        assert self._child is not None
        return self._child.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        assert self._child is not None
        return self._child.returncode if self._ended.is_set() else None

    @property
    def alive(self) -> bool:
        """True while it runs."""
        return not self._ended.is_set()

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """True once it has ended; False when it still runs after the time given (None: wait for ever)."""
        return self._ended.wait(timeout_seconds)

    def stop(self, grace_seconds: float) -> None:
        """End it with SIGTERM, and with SIGKILL when it still runs after the grace."""
        self.signal(signal.SIGTERM)
        if not self.wait(grace_seconds):
            self.kill()

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.signal(signal.SIGKILL)
        self.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when it has ended."""
        assert self._child is not None
        self._child.send_signal(number)
