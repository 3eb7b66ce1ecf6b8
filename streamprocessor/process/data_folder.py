"""The data folder: it holds what is known of people, and nobody else on the machine may look into it."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

from streamprocessor.errors import OperatorError

PRIVATE_FOLDER = 0o700

#: The file in a data folder that a restore has not finished.
UNFINISHED_RESTORE = "restore.unfinished"

_PRIVATE_UMASK = 0o077

log = logging.getLogger(__name__)


def keep_private(folder: Path) -> None:
    """Make the folder, or take the rights of others away from one that is there; from now on all that we make is ours.

    A folder that is not the data's alone, such as /tmp or the home, stays as it is: the files in it are private.
    Raises OperatorError where it can't be made, or a restore has not finished it.
    """
    refuse_unfinished_restore(folder)
    os.umask(_PRIVATE_UMASK)
    try:
        folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
        mode, owner = folder.stat().st_mode, folder.stat().st_uid
        if stat.S_IMODE(mode) & _PRIVATE_UMASK == 0:
            return
        if owner != os.geteuid() or mode & stat.S_ISVTX or folder.resolve() in (Path.cwd(), Path.home(), Path("/")):
            shown = f"{stat.S_IMODE(mode):04o}"
            log.warning(
                "%s: others on this machine may look into it (%s); wanted a folder of its own, 0700", folder, shown
            )
            return
        folder.chmod(PRIVATE_FOLDER)
    except OSError as error:
        message = f"{folder}: can't be used as the data folder: {error}; wanted one that can be written, by --data-dir"
        raise OperatorError(message) from error


def refuse_unfinished_restore(folder: Path) -> None:
    """Raise OperatorError where a restore into the folder goes on, or ended before its proof."""
    marker = folder / UNFINISHED_RESTORE
    if marker.exists():
        message = (
            f"{folder}: is not whole: a restore into it goes on, was killed, or did not bring back what it was; wait "
            f"for its end, or delete the folder and restore it once more (without {marker} it is used as it is)"
        )
        raise OperatorError(message)
