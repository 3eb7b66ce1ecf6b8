"""Secrets of this installation: given in settings, in a file, or made at the first start."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from streamprocessor.errors import OperatorError
from streamprocessor.process.data_folder import PRIVATE_FOLDER

SECRET_MIN_CHARS = 16

_RANDOM_BYTES = 24


def pairs_of(setting: str, where: str) -> dict[str, str]:
    """Names and values of `name=value,name=value`, or of a file with one such pair a line; # begins a comment.

    Order is kept. A value has at least SECRET_MIN_CHARS and stands under one name only. Raises OperatorError, which
    never repeats any of it.
    """
    text = setting
    if "=" not in setting:
        try:
            text = Path(setting).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            message = (
                f"{where}: wanted name=value pairs or a readable file of them; got neither ({type(error).__name__})"
            )
            raise OperatorError(message) from error
    pairs: dict[str, str] = {}
    entries = [entry for item in text.replace(",", "\n").splitlines() if (entry := item.strip())]
    for position, entry in enumerate((entry for entry in entries if not entry.startswith("#")), 1):
        name, equals, value = (part.strip() for part in entry.partition("="))
        # Not even the name is repeated: who swaps the two has the secret there.
        if not (name and equals and value):
            raise _bad_pair(where, position, "wanted name=value; got another")
        if name in pairs:
            raise _bad_pair(where, position, "wanted each name once; got that of an earlier one")
        if value in pairs.values():
            raise _bad_pair(where, position, "wanted a secret of its own for each name; got that of an earlier one")
        check_length(value, f"{where}: entry {position}")
        pairs[name] = value
    return pairs


def check_length(secret: str, where: str) -> None:
    """Raise OperatorError, which does not repeat it, where somebody chose a secret that can be guessed."""
    if len(secret) < SECRET_MIN_CHARS:
        message = f"{where}: wanted a secret of at least {SECRET_MIN_CHARS} characters; got {len(secret)}"
        raise OperatorError(message)


def _bad_pair(where: str, position: int, sentence: str) -> OperatorError:
    return OperatorError(f"{where}: entry {position}: {sentence}")


def stored_pairs(setting: str, file: Path, where: str) -> dict[str, str]:
    """The pairs of a setting; where it is empty, one of our own making, the same at every start: `local` and a secret.

    Raises OperatorError where the setting or the file can't be used.
    """
    return pairs_of(setting or str(created_once(file, f"local={new_secret()}\n")), where)


def stored_secret(setting: str, file: Path, where: str) -> str:
    """The secret of a setting; where it is empty, one of our own making, the same at every start.

    Raises OperatorError where the file can't be used.
    """
    if setting:
        return setting
    secret = stored_pairs("", file, where).get("local")
    if secret is None:
        message = f"{where}: {file}: wanted a line `local=SECRET`; got none"
        raise OperatorError(message)
    return secret


def new_secret() -> str:
    """A secret of our own making, that nobody can guess."""
    return secrets.token_hex(_RANDOM_BYTES)


def created_once(file: Path, content: str) -> Path:
    """The file; it is made with the content where there is none, readable by its owner alone.

    It has all of its content from its first instant on, wherever we are killed, and of several processes that make it
    at once the first one's counts.
    """
    file.parent.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    if file.exists():
        return file
    descriptor, draft = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)  # readable by its owner alone
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        with suppress(FileExistsError):
            os.link(draft, file)
    finally:
        os.unlink(draft)
    return file


TOKEN_FILE = "delivery-token"


def stored_token(setting: str, folder: Path) -> str:
    """The token of a setting; where it is empty, that of the folder's file, which its owner alone can read.

    Raises OperatorError where either is too short.
    """
    if setting:
        check_length(setting, "STREAMPROCESSOR_DELIVERY_SECRET")
        return setting
    file = created_once(folder / TOKEN_FILE, f"{secrets.token_urlsafe(32)}\n")
    token = file.read_text(encoding="utf-8-sig").strip()
    check_length(token, str(file))
    return token


ADDRESS_SALT_FILE = "address-salt"
_ADDRESS_SALT = "STREAMPROCESSOR_ADDRESS_SALT"


def make_address_salt(setting: str, folder: Path) -> str:
    """The salt under which mail addresses are hashed; where the setting is empty, one of our own making, once."""
    return stored_secret(setting, folder / ADDRESS_SALT_FILE, _ADDRESS_SALT)


def known_address_salt(setting: str, folder: Path) -> str:
    """The salt of the setting, else that of the folder, which `up` and collectors make; empty where there is none."""
    is_known = setting or (folder / ADDRESS_SALT_FILE).exists()
    return make_address_salt(setting, folder) if is_known else ""


def address_salt(setting: str, folder: Path) -> str:
    """The salt as known_address_salt has it.

    Raises OperatorError where there is none: with one of our own making, a contact's address would be another one here
    than at the collector.
    """
    salt = known_address_salt(setting, folder)
    if not salt:
        message = (
            f"{_ADDRESS_SALT}: wanted a secret, as {folder / ADDRESS_SALT_FILE} has none either. Contacts known by a "
            "mail address are hashes with it: give all workers, apis and imports that of the collectors, which is in "
            f"their data folder in {ADDRESS_SALT_FILE}, behind `local=`; where there was no collector yet make one, "
            "once, as by `openssl rand -hex 24`, and never change it"
        )
        raise OperatorError(message)
    return salt
