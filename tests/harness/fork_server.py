"""Starts of one `streamprocessor COMMAND`, without importing everything each time: that is most of what a start costs.

Run as `python -m tests.harness.fork_server COMMAND LISTENER`, where LISTENER is the number of a listening socket: all
processes of a test run connect to it. For each request of one, a copy of this process, in which what the command needs
is imported and nothing else, becomes the command. Strings are hashed as in this process, whose PYTHONHASHSEED says how.
"""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import selectors
import signal
import socket
import struct
import sys
from importlib import import_module
from typing import NamedTuple, TypedDict

ROOMS = {
    "api": ("streamprocessor.readmodel.composition", "psycopg", "sqlite3", "anyio._backends._asyncio"),
    "collector": ("streamprocessor.collector.composition", "cryptography.x509"),
    "delivery": ("streamprocessor.delivery.composition", "sqlalchemy.dialects.sqlite.aiosqlite", "sqlite3"),
    "shadow": ("streamprocessor.cli.shadow.shadow_process",),
    "worker": (
        "streamprocessor.stream.worker",
        "faust.app.base",
        "faust.assignor.partition_assignor",
        "faust.web.views",
    ),
}
"""Where each command's own code is, and what else it imports once it runs."""

OF_ALL = (
    "streamprocessor.cli.main",
    "streamprocessor.cli.terminal.running",
    "psutil",
    "uvloop",
    "uvicorn.lifespan.off",
)
MOST_REQUEST_BYTES = 100_000
HEARD = b"heard"


class Request(TypedDict):
    """What a start is asked for with; the log, and the socket that is told of it, come beside it as open files."""

    words: list[str]
    environment: dict[str, str]
    folder: str


class Child(NamedTuple):
    """A process that runs: its id, whose it is, and who is told how it ended."""

    pid: int
    control: socket.socket
    status: socket.socket


class Server:
    """What processes of a test run are connected to, and the children that run for them."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._controls: set[socket.socket] = set()
        self._children: dict[int, Child] = {}

    def serve(self) -> Request | None:
        """The request, in the process that is to fulfil it; None, in the server, once nobody is connected any more."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            while True:
                for ready, _ in selector.select():
                    if ready.fileobj is self._listener:
                        control = _accepted(self._listener)
                        if control is not None:
                            self._controls.add(control)
                            selector.register(control, selectors.EVENT_READ)
                    elif not isinstance(ready.fileobj, socket.socket):
                        selector.unregister(ready.fd)
                        _tell_end(self._children.pop(ready.fd), ready.fd)
                    else:
                        asked, files, _, _ = socket.recv_fds(ready.fileobj, MOST_REQUEST_BYTES, 2)
                        if asked:
                            ended = self._fork(ready.fileobj, *files)
                            if ended is None:
                                request: Request = json.loads(asked)
                                return request
                            selector.register(ended, selectors.EVENT_READ)
                            continue
                        selector.unregister(ready.fileobj)
                        self._leave(ready.fileobj)
                        if not self._controls:
                            return None

    def _fork(self, control: socket.socket, log: int, status: int) -> int | None:
        """What is readable once the child has ended; None in the child, which holds nothing of the server's."""
        pid = os.fork()
        if pid == 0:
            for theirs in (self._listener, *self._controls, *(child.status for child in self._children.values())):
                theirs.close()
            for other in self._children:
                os.close(other)
            os.close(status)
            _write_to(log)
            return None
        os.close(log)
        ended = os.pidfd_open(pid)
        self._children[ended] = Child(pid, control, socket.socket(fileno=status))
        self._children[ended].status.sendall(b"%d" % pid)
        return ended

    def _leave(self, control: socket.socket) -> None:
        """Kill what still runs for who leaves: nothing outlives the tests."""
        self._controls.remove(control)
        control.close()
        for child in self._children.values():
            if child.control is control:
                os.kill(child.pid, signal.SIGKILL)


def _accepted(listener: socket.socket) -> socket.socket | None:
    """Who connects, told that they are heard; None where that is another user of the machine."""
    control, _ = listener.accept()
    _, user, _ = struct.unpack("3i", control.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    if user != os.getuid():
        control.close()
        return None
    control.sendall(HEARD)
    return control


def _tell_end(child: Child, ended: int) -> None:
    os.close(ended)
    _, status = os.waitpid(child.pid, 0)
    with child.status, contextlib.suppress(BrokenPipeError):  # who asked for it may have left
        child.status.sendall(b"%d" % os.waitstatus_to_exitcode(status))


def _write_to(log: int) -> None:
    for standard in (1, 2):
        os.dup2(log, standard)
    os.close(log)


def become(request: Request) -> None:
    """Do what `python -m streamprocessor WORDS` does; ends as it does."""
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv[1:] = request["words"]
    runpy.run_module("streamprocessor", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    for module in (*OF_ALL, *ROOMS[sys.argv[1]]):
        import_module(module)
    wanted = Server(socket.socket(fileno=int(sys.argv[2]))).serve()
    if wanted is not None:
        become(wanted)
