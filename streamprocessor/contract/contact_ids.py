"""Ids of contacts that have no id of their own: anonymous visitors, and readers known by a mail address alone."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256

ANONYMOUS = "anon:"
ADDRESS = "email:"
HASH_CHARS = 32


@dataclass(frozen=True, slots=True)
class ContactIds:
    """Contact ids of this installation. address_salt: a secret, so that nobody can try addresses against the hashes."""

    address_salt: str

    def anonymous(self, anonymous_id: str) -> str:
        """The contact of an anonymous visitor."""
        return ANONYMOUS + anonymous_id

    def address(self, mail_address: str) -> str:
        """The contact of whoever reads this address; letter case and surrounding blanks don't matter."""
        plain = plain_address(mail_address).encode("utf-8", "surrogatepass")
        return ADDRESS + hmac.new(self.address_salt.encode(), plain, sha256).hexdigest()[:HASH_CHARS]


def plain_address(mail_address: str) -> str:
    """The one spelling of an address by which it is compared.

    >>> plain_address(" Kim.Lee@Example.com ")
    'kim.lee@example.com'
    """
    return mail_address.strip().lower()
