"""Texts that only the key of the data folder opens: AES-256-GCM, each bound to its place."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from streamprocessor.errors import OperatorError
from streamprocessor.process.stored_secrets import created_once

KEY_FILE = "delivery-key"

_KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = b"\x01"


class SecretBox:
    """Seals and opens texts with the key of a folder, which is made when something is sealed first."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / KEY_FILE

    def sealed(self, place: str, text: str) -> bytes:
        """The text, sealed; it opens at that place alone. Raises OperatorError where the key can't be used."""
        created_once(self._file, f"{base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()}\n")
        nonce = os.urandom(_NONCE_BYTES)
        return _FORMAT + nonce + AESGCM(self._key()).encrypt(nonce, text.encode(), place.encode())

    def opened(self, place: str, sealed: bytes) -> str:
        """The text; raises OperatorError where this folder's key is another one, or what is sealed was changed."""
        nonce, content = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            if not sealed.startswith(_FORMAT):
                raise InvalidTag
            return AESGCM(self._key()).decrypt(nonce, content, place.encode()).decode()
        except (InvalidTag, ValueError) as error:
            message = f"{place}: can't be opened with the key in {self._file}; wanted the key that it was sealed with"
            raise OperatorError(message) from error

    def _key(self) -> bytes:
        try:
            key = base64.b64decode(self._file.read_text(encoding="ascii").strip(), validate=True)
        except (OSError, ValueError, binascii.Error) as error:
            message = f"{self._file}: wanted {_KEY_BYTES} bytes in base64; got {type(error).__name__}"
            raise OperatorError(message) from error
        if len(key) != _KEY_BYTES:
            message = f"{self._file}: wanted {_KEY_BYTES} bytes in base64; got {len(key)}"
            raise OperatorError(message)
        return key
