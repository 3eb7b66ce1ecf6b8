"""Links that sign in once: who may write into the data folder makes one, and the api of that folder takes it.

Of a link the folder holds the hash, as the name of a file that goes with the link's use: of several apis on one
folder one takes it. The link's secret stands in the address behind `#`, which browsers send to nobody.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from streamprocessor.process.data_folder import PRIVATE_FOLDER
from streamprocessor.process.stored_secrets import created_once

LINK_LIFE_SECONDS = 15 * 60
SIGN_IN_PATH = "/sign-in"

_FOLDER = "sign-in-links"
_SECRET_BYTES = 16  # as an address it is still one line


def sign_in_address(page_url: str, data_path: Path, now_ms: int) -> str:
    """The address by which somebody signs in once, within LINK_LIFE_SECONDS.

    page_url: where the page is, without a slash at its end. Raises OSError where the link can't be kept.
    """
    folder = data_path / _FOLDER
    folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    _forget_old(folder, now_ms)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    created_once(folder / _name_of(secret), str(now_ms + LINK_LIFE_SECONDS * 1000))
    return f"{page_url}{SIGN_IN_PATH}#{secret}"


class SignInLinks:
    """The links of a data folder, and the token that they stand for. clock_ms: now, in epoch milliseconds."""

    def __init__(self, data_path: Path, token: str, clock_ms: Callable[[], int]) -> None:
        self._folder = data_path / _FOLDER
        self._token = token
        self._clock_ms = clock_ms

    def take(self, secret: str) -> str | None:
        """The token that a new link stands for, which is used by that; None: it was used, is old, or is none."""
        file = self._folder / _name_of(secret)
        try:
            until_ms = _until_ms(file)
            file.unlink()  # of those who show it at once one gets here
        except FileNotFoundError:
            return None
        return self._token if self._clock_ms() < until_ms else None


def _name_of(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _until_ms(file: Path) -> int:
    text = file.read_text(encoding="utf-8")
    return int(text) if text.isdecimal() else 0


def _forget_old(folder: Path, now_ms: int) -> None:
    for file in folder.glob("[!.]*"):  # behind a dot is one that another process makes at this moment
        with suppress(FileNotFoundError):  # somebody uses it at this moment
            if _until_ms(file) <= now_ms:
                file.unlink()
