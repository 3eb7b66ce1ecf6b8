"""Processes of ours that a fork server starts; each answers as one of `subprocess` does."""

from __future__ import annotations

import atexit
import contextlib
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import zlib
from functools import cache
from pathlib import Path

from streamprocessor.settings import PREFIX
from tests.harness.fork_server import HEARD, Request

RUN_ID = "PYTEST_XDIST_TESTRUNUID"
HASH_SEED = "PYTHONHASHSEED"


class ForkedProcess:
    """A process that was started, as subprocess.Popen has it."""

    def __init__(self, pid: int, status: socket.socket) -> None:
        """status: says once how it ended."""
        self.pid = pid
        self.returncode: int | None = None
        self._ended = threading.Event()
        threading.Thread(target=self._watch, args=(status,), name=f"watcher of {pid}", daemon=True).start()

    def _watch(self, status: socket.socket) -> None:
        with status:
            self.returncode = int(status.recv(16) or -signal.SIGKILL)  # the server kills what runs when it ends
        self._ended.set()

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once there is one. timeout: in seconds; raises subprocess.TimeoutExpired after it."""
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal; nothing happens when it has ended."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """What starts processes of one command for as long as this process runs: one for all processes of a test run."""

    def __init__(self, command: str, root: Path, life: int) -> None:
        """root: the folder of the package and the tests. life: as fork_server has it."""
        self._asking = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._hash_seed = str(zlib.crc32(f"{run_id()} {life}".encode()))
        self._control = self._connected(command, root, life)
        atexit.register(self._close)

    def _connected(self, command: str, root: Path, life: int) -> socket.socket:
        """A connection to the server of this run, which is started by whoever needs it first."""
        address = f"\0streamprocessor-tests-{run_id()}-{command}-{life}-{zlib.crc32(os.fsencode(root)):x}"
        while True:
            control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with contextlib.suppress(ConnectionError):
                self._serve(command, root, address)
                control.connect(address)
                if control.recv(len(HEARD)) == HEARD:
                    return control
            control.close()  # that server was about to end, or could not begin
            if self._server is not None and self._server.wait() != 0:
                raise AssertionError(f"what starts {command} ended with {self._server.returncode}")

    def _serve(self, command: str, root: Path, address: str) -> None:
        """Start the server where none listens."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            try:
                listener.bind(address)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                return
            listener.listen()
            self._server = subprocess.Popen(
                [sys.executable, "-m", "tests.harness.fork_server", command, str(listener.fileno())],
                env={key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
                | {HASH_SEED: self._hash_seed},
                cwd=root,
                pass_fds=[listener.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )

    def start(self, words: list[str], environment: dict[str, str], folder: Path, log: int) -> ForkedProcess:
        """`python -m streamprocessor WORDS` in a folder; what it prints goes to an open file."""
        request = Request(words=words, environment=environment, folder=str(folder))
        status, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, self._asking:
            socket.send_fds(self._control, [json.dumps(request).encode()], [log, theirs.fileno()])
        return ForkedProcess(int(status.recv(16)), status)

    def _close(self) -> None:
        """Leave; whoever started the server waits until all have left."""
        self._control.close()
        if self._server is not None:
            self._server.wait()


def run_id() -> str:
    """What processes of one test run have in common, and those of another do not."""
    return os.environ.get(RUN_ID, str(os.getpid()))


@cache
def fork_server(command: str, root: Path, life: int = 1) -> ForkServer:
    """The one of this test run. life: 1 for processes that are started first, 2 for those started again.

    Strings are hashed differently in each life and in each run: what a process kept in an order of theirs is found out.
    """
    return ForkServer(command, root, life)
