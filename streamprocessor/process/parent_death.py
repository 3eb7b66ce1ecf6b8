"""A command that dies with the process that started it.

Run as a script: `python parent_death.py PARENT_PID COMMAND...`. It asks the kernel to kill it when its parent ends,
then becomes the command, so the process id stays the same. Elsewhere than on Linux the command outlives its parent.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1


def ended_with_parent(command: list[str]) -> list[str]:
    """The command line that runs `command` so that it dies with this process.

    The kernel watches the *thread* that starts the child: it must live as long as the child.
    """
    return [sys.executable, "-I", "-S", str(Path(__file__).resolve()), str(os.getpid()), *command]


def end_with_parent() -> None:
    """Have the kernel kill this process when the thread that started it ends; elsewhere than on Linux it lives on."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def run(parent_pid: int, command: list[str]) -> None:
    """Become `command`; end at once when the parent is gone already."""
    end_with_parent()
    if sys.platform == "linux" and os.getppid() != parent_pid:
        sys.exit(1)
    os.execvp(command[0], command)


if __name__ == "__main__":
    run(int(sys.argv[1]), sys.argv[2:])
