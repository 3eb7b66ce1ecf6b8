"""How a person types our command where they are: its name, or the path to it where the name leads nowhere."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

NAME = "streamprocessor"


def program(folder: Path | None = None) -> str:
    """What is typed in that folder (None: this one) to run the command that runs now.

    Its name where the shell finds it under that; else its path, relative where it is below the folder.
    """
    ours = Path(sys.executable).with_name(NAME)
    on_path = shutil.which(NAME)
    if not ours.exists() or (on_path is not None and os.path.samefile(on_path, ours)):
        return NAME
    here = (folder or Path()).resolve()
    return str(ours.relative_to(here)) if ours.is_relative_to(here) else str(ours)


def typed(*words: str, folder: Path | None = None) -> str:
    """The line that runs our command with these words, typed in that folder (None: this one)."""
    return shlex.join([program(folder), *words])


def activation(folder: Path | None = None) -> str | None:
    """The line after which the name alone is enough in this shell; None where it is anyway, or no venv is ours."""
    called = program(folder)
    script = Path(sys.executable).with_name("activate")
    if called == NAME or not script.exists():
        return None
    return f". {shlex.quote(str(Path(called).with_name('activate')))}"
