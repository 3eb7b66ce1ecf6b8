"""Starts of one `streamprocessor COMMAND`, without importing everything each time: that is most of what a start costs.

Run as `python -m tests.harness.fork_server COMMAND CONTROL`, where CONTROL is the number of a socket. For each request
on it, a copy of this process, in which what the command needs is imported and nothing else, becomes the command.
"""

from __future__ import annotations

import json
import os
import runpy
import selectors
import signal
import socket
import sys
from importlib import import_module
from typing import NamedTuple, TypedDict

ROOMS = {
    "api": "streamprocessor.readmodel.composition",
    "collector": "streamprocessor.collector.composition",
    "delivery": "streamprocessor.delivery.composition",
    "worker": "streamprocessor.stream.worker",
}
MOST_REQUEST_BYTES = 100_000


class Request(TypedDict):
    """What a start is asked for with; the log, and the socket that is told of it, come beside it as open files."""

    words: list[str]
    environment: dict[str, str]
    folder: str


class Child(NamedTuple):
    """A process that runs: its id, and who is told how it ended."""

    pid: int
    status: socket.socket


def serve(control: socket.socket) -> Request | None:
    """The request, in the process that is to fulfil it; None, in the server, once nobody can ask for more.

    What still runs then is killed: nothing outlives the tests.
    """
    children: dict[int, Child] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        while True:
            for ready, _ in selector.select():
                if ready.fileobj is not control:
                    selector.unregister(ready.fd)
                    _tell_end(children.pop(ready.fd), ready.fd)
                    continue
                asked, files, _, _ = socket.recv_fds(control, MOST_REQUEST_BYTES, 2)
                if not asked:
                    for child in children.values():
                        os.kill(child.pid, signal.SIGKILL)
                    return None
                log, status = files
                pid = os.fork()
                if pid == 0:
                    control.close()
                    for other, child in children.items():
                        os.close(other)
                        child.status.close()
                    os.close(status)
                    _write_to(log)
                    request: Request = json.loads(asked)
                    return request
                os.close(log)
                ended = os.pidfd_open(pid)
                children[ended] = Child(pid, socket.socket(fileno=status))
                children[ended].status.sendall(b"%d" % pid)
                selector.register(ended, selectors.EVENT_READ)


def _tell_end(child: Child, ended: int) -> None:
    os.close(ended)
    _, status = os.waitpid(child.pid, 0)
    with child.status:
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
    for module in ("streamprocessor.cli.main", "streamprocessor.cli.terminal.running", ROOMS[sys.argv[1]]):
        import_module(module)
    wanted = serve(socket.socket(fileno=int(sys.argv[2])))
    if wanted is not None:
        become(wanted)
