"""Who types, as the operating system knows them."""

from __future__ import annotations

import getpass
import os

from streamprocessor.contract.model_file.next_revision import MOST_AUTHOR_CHARS


def user_name() -> str:
    """The name of the user under whom this process runs, its number where it has none, as in many containers."""
    try:
        return getpass.getuser()[:MOST_AUTHOR_CHARS]
    except (KeyError, OSError):
        return f"user {os.getuid()}"
