"""Whose secret it is that somebody shows: keys of the collector, tokens of the API."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from hashlib import blake2b

_PEPPER_BYTES = 32
_DIGEST_BYTES = 16


class SecretLookup:
    """Names by their secrets. Only keyed hashes are compared, so the time that a look takes tells nothing of them."""

    def __init__(self, secrets_by_name: Mapping[str, str]) -> None:
        """Know these secrets, each under the name of whom it belongs to."""
        self._pepper = secrets.token_bytes(_PEPPER_BYTES)
        self._names = {self._digest(secret): name for name, secret in secrets_by_name.items()}

    def name_of(self, offered: str) -> str | None:
        """The name that the secret stands under; None: nobody's."""
        return self._names.get(self._digest(offered))

    def _digest(self, secret: str) -> bytes:
        content = secret.encode("utf-8", "surrogatepass")
        return blake2b(content, key=self._pepper, digest_size=_DIGEST_BYTES).digest()
