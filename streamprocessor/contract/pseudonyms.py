"""What is left of an erased contact: a keyed hash, from which nobody without the salt can tell who it was."""

from __future__ import annotations

import hmac
from collections.abc import Callable

PSEUDONYM_BYTES = 16


def pseudonym_under(salt: str) -> Callable[[bytes], bytes]:
    """The function from a contact's key to its 16 bytes of HMAC-SHA256 under this salt."""
    secret = salt.encode()

    def pseudonym(key: bytes) -> bytes:
        return hmac.digest(secret, key, "sha256")[:PSEUDONYM_BYTES]

    return pseudonym
