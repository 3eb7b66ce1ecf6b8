"""Ids of contacts that have no id of their own: anonymous visitors, and readers known by a mail address alone."""

from __future__ import annotations

import hmac
import re
import unicodedata
from dataclasses import dataclass
from hashlib import sha256

ANONYMOUS = "anon:"
ADDRESS = "email:"
HASH_CHARS = 32
MAX_DOMAIN_CHARS = 253
MAX_ADDRESS_CHARS = 254

_FULL_STOPS = str.maketrans("。．｡", "...")  # which IDNA takes between the labels of a domain, too
_ONE_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,200}\.[^\s@<>,;:\"()\[\]\\.]{2,63}")


@dataclass(frozen=True, slots=True)
class ContactIds:
    """Contact ids of this installation. address_salt: a secret, so that nobody can try addresses against the hashes."""

    address_salt: str

    def anonymous(self, anonymous_id: str) -> str:
        """The contact of an anonymous visitor."""
        return ANONYMOUS + anonymous_id

    def address(self, mail_address: str) -> str:
        """The contact of whoever reads this address, however it is spelled: see `plain_address`."""
        plain = plain_address(mail_address).encode("utf-8", "surrogatepass")
        return ADDRESS + hmac.new(self.address_salt.encode(), plain, sha256).hexdigest()[:HASH_CHARS]


def plain_address(mail_address: str) -> str:
    """The one spelling of an address by which it is compared.

    Letter case, surrounding blanks, invisible characters, composed and decomposed letters don't matter; a domain is as
    DNS has it.

    >>> plain_address(" Kim.Lee@Example.com ")
    'kim.lee@example.com'
    >>> plain_address("kim@B\u00fccher.example\u200b")
    'kim@xn--bcher-kva.example'
    """
    if mail_address.isascii():
        return mail_address.strip().lower()
    visible = visible_address(mail_address)
    if visible.isascii():
        return visible.lower()
    local, at, domain = visible.rpartition("@")
    return unicodedata.normalize("NFC", local.casefold()) + at + _domain_in_ascii(domain)


def is_one_address(text: str) -> bool:
    """Whether a text is one mail address, and not several, one with a name beside it, or a word that stands for none.

    >>> is_one_address(" kim@example.com"), is_one_address("kim@example.com, lee@example.com"), is_one_address("n/a")
    (True, False, False)
    """
    if "@" not in text or len(text) > 2 * MAX_ADDRESS_CHARS:
        return False
    visible = text.strip() if text.isascii() else visible_address(text).translate(_FULL_STOPS)
    return len(visible) <= MAX_ADDRESS_CHARS and _ONE_ADDRESS.fullmatch(visible) is not None


def visible_address(mail_address: str) -> str:
    """The address as a person sees it: composed, without invisible characters and surrounding blanks.

    Such are zero-width and no-break spaces, soft hyphens, marks of byte order and of direction: cells, chats and
    documents leave them when an address is copied.
    """
    composed = unicodedata.normalize("NFC", mail_address)
    return "".join(character for character in composed if unicodedata.category(character) != "Cf").strip()


def _domain_in_ascii(domain: str) -> str:
    """The domain as DNS has it; what is none that DNS could have, in small letters."""
    if domain.isascii() or len(domain) > MAX_DOMAIN_CHARS:
        return domain.lower()
    import idna  # its tables take longer to read than most processes that know addresses ever need them

    try:
        return idna.encode(domain, uts46=True, transitional=False).decode().lower()
    except UnicodeError:  # IDNA 2008 knows no emoji, mail does
        return ".".join(_label_in_ascii(label) for label in unicodedata.normalize("NFC", domain.casefold()).split("."))


def _label_in_ascii(label: str) -> str:
    return label if label.isascii() else "xn--" + label.encode("punycode").decode()
