"""Secrets of this installation: given in settings, in a file, or made at the first start."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from streamprocessor.errors import OperatorError

_RANDOM_BYTES = 24


def pairs_of(setting: str, where: str) -> dict[str, str]:
    """Names and values of `name=value,name=value`, or of a file with one such pair a line; # begins a comment.

    Order is kept. Raises OperatorError, which never repeats a value.
    """
    text = setting
    if "=" not in setting:
        try:
            text = Path(setting).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            message = (
                f"{where}: wanted name=value pairs or a readable file of them; got neither ({type(error).__name__})"
            )
            raise OperatorError(message) from error
    pairs: dict[str, str] = {}
    for item in text.replace(",", "\n").splitlines():
        entry = item.strip()
        if not entry or entry.startswith("#"):
            continue
        name, equals, value = (part.strip() for part in entry.partition("="))
        if not (name and equals and value) or name in pairs:
            message = f"{where}: wanted name=value, each name once; got a {'second ' * (name in pairs)}'{name}'"
            raise OperatorError(message)
        pairs[name] = value
    return pairs


def stored_pairs(setting: str, file: Path, where: str) -> dict[str, str]:
    """The pairs of a setting; where it is empty, one of our own making, the same at every start: `local` and a secret.

    Raises OperatorError where the setting or the file can't be used.
    """
    return pairs_of(setting or str(created_once(file, f"local={new_secret()}\n")), where)


def stored_secret(setting: str, file: Path, where: str) -> str:
    """The secret of a setting; where it is empty, one of our own making, the same at every start."""
    return setting or stored_pairs("", file, where)["local"]


def new_secret() -> str:
    """A secret of our own making, that nobody can guess."""
    return secrets.token_hex(_RANDOM_BYTES)


def created_once(file: Path, content: str) -> Path:
    """The file; it is made with the content where there is none, readable by its owner alone."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    return file


TOKEN_FILE = "delivery-token"


def stored_token(setting: str, folder: Path) -> str:
    """The token of a setting; where it is empty, that of the folder's file, which its owner alone can read."""
    return (
        setting
        or created_once(folder / TOKEN_FILE, f"{secrets.token_urlsafe(32)}\n").read_text(encoding="utf-8").strip()
    )
