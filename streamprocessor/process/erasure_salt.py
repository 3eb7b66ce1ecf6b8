"""The salt under which erased contacts are known: one for all workers and apis of an installation, for ever."""

from __future__ import annotations

from pathlib import Path

from streamprocessor.errors import OperatorError
from streamprocessor.process.stored_secrets import created_once, new_secret

FILE = "erasure-salt"
UNSALTED = "unsalted"
"""What the setting says where contacts were erased before there was a salt: their hashes are without one."""


def make_erasure_salt(setting: str, folder: Path) -> None:
    """Have a salt in the folder, unless the setting is one; the same at every start."""
    if not setting:
        created_once(folder / FILE, f"{new_secret()}\n")


def erasure_salt(setting: str, folder: Path) -> str:
    """The salt of the setting, else that of the folder, which `up` makes.

    Raises OperatorError where there is neither: one of our own making would be another on each machine.
    """
    if setting:
        return "" if setting == UNSALTED else setting
    file = folder / FILE
    try:
        salt = file.read_text(encoding="utf-8-sig").strip()
    except FileNotFoundError:
        salt = ""
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file}: wanted the erasure salt; it can't be read ({type(error).__name__})"
        raise OperatorError(message) from error
    if not salt:
        message = (
            f"STREAMPROCESSOR_ERASURE_SALT: wanted a secret, as {file} has none either. What is left of an erased "
            "contact is a hash with it: make one, once, as by `openssl rand -hex 24`, give the same to all workers and "
            "apis, keep it, and never change it"
        )
        raise OperatorError(message)
    return salt
