"""Static membership: a name for this worker that is the same after a restart and never held by two live processes."""

from __future__ import annotations

import socket
from pathlib import Path

from streamprocessor.errors import OperatorError
from streamprocessor.process.files.locks import Lock, claim

MOST_SLOTS = 1_000


class Membership:
    """The consumer group's instance id, held by a locked file for as long as the process lives."""

    def __init__(self, instance_id: str, lock: Lock) -> None:
        self.instance_id = instance_id
        self._lock = lock

    def release(self) -> None:
        """Let another process take the name."""
        self._lock.release()


def take_name(data_path: Path, app_id: str, name: str) -> Membership:
    """The instance id for `name`, or for the first free slot of this machine where name is empty.

    Raises:
        OperatorError: a live process holds the name, or the folder can't be written.
    """
    folder = data_path / "workers"
    try:
        if name:
            lock = claim(folder / f"{app_id}-{name}.lock")
            if lock is None:
                message = f"--name {name}: a live process on this machine has that name; wanted one of its own"
                raise OperatorError(message)
            return Membership(name, lock)
        for slot in range(MOST_SLOTS):
            lock = claim(folder / f"{app_id}-slot-{slot}.lock")
            if lock is not None:
                return Membership(f"{socket.gethostname()}-{slot}", lock)
    except OSError as error:
        message = f"{folder}: can't keep this worker's name there: {error}; wanted a folder that can be written"
        raise OperatorError(message) from error
    message = f"{folder}: all {MOST_SLOTS} slots are taken; wanted a free one; end some workers"
    raise OperatorError(message)
