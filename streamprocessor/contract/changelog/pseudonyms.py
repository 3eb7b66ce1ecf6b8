"""Pseudonyms of erased contacts: keyed hashes, from which nobody without the salt can tell who it was."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from streamprocessor.contract.contact_ids import ContactIds

PSEUDONYM_BYTES = 16
_CHECKED = b"\x00the salt"
_CHECKED_ADDRESS = "the-salt@example.invalid"


def salt_check(pseudonym: Callable[[bytes], bytes]) -> str:
    """A text by which another process can tell whether it has the same salt, and that tells nothing of it."""
    return pseudonym(_CHECKED).hex()


def address_check(contact_ids: ContactIds) -> str:
    """A text by which another process can tell whether it hashes mail addresses with the same salt."""
    return contact_ids.address(_CHECKED_ADDRESS)


def pseudonym_under(salt: str) -> Callable[[bytes], bytes]:
    """The function from a contact's key to its 16 bytes of HMAC-SHA256 under this salt."""
    secret = salt.encode()

    def pseudonym(key: bytes) -> bytes:
        return hmac.digest(secret, key, "sha256")[:PSEUDONYM_BYTES]

    return pseudonym
