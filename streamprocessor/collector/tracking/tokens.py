"""Signed tokens: what a pixel, a tracked link and a visitor from a mail carry, so that nobody can make one up.

A token is base64url, without padding, of

    version (1 byte) | length of the key's id (1 byte) | key's id | kind (1 byte) | content | signature (16 bytes)

where content is MessagePack of `Tracked` and the signature is HMAC-SHA256 of all that stands before it, cut to 16
bytes. A token is signed, not encrypted: whoever holds a mail can read the contact's id in it.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

import msgspec

from streamprocessor.contract.events.event_fields import contact_of
from streamprocessor.errors import OperatorError, RecordError
from streamprocessor.process.stored_secrets import SECRET_MIN_CHARS

TokenKind = Literal["open", "click", "visitor"]

VERSION = 1
SIGNATURE_BYTES = 16
MAX_TOKEN_CHARS = 6000

_KINDS: dict[TokenKind, bytes] = {"open": b"o", "click": b"c", "visitor": b"v"}
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,16}")
_TOKEN = re.compile(rf"[A-Za-z0-9_-]{{24,{MAX_TOKEN_CHARS}}}")


class Tracked(msgspec.Struct, frozen=True, array_like=True):
    """What a token carries.

    message, campaign: the sender's own ids; None where it gave none.
    url: where a click leads; None in tokens that lead nowhere.
    honeypot: whether the link is one that no person sees.
    expires_at_ms: from then on it is worth nothing; None: never, a mail may be read after years.
    """

    contact_id: str
    message: str | None = None
    campaign: str | None = None
    url: str | None = None
    honeypot: bool = False
    expires_at_ms: int | None = None


_decoder = msgspec.msgpack.Decoder(Tracked)
_encoder = msgspec.msgpack.Encoder()


@dataclass(frozen=True, slots=True)
class TokenKeys:
    """Secrets by their ids. The first signs, all verify: a new one is put first, an old one stays until it may go."""

    secrets: Mapping[str, bytes] = field(repr=False)

    def sign(self, kind: TokenKind, tracked: Tracked) -> str:
        """The token of that kind. Raises ValueError where the contact's id can't be the key of a record."""
        _check_contact_id(tracked.contact_id)
        if not self.secrets:
            message = "no token can be signed: no key is set"
            raise ValueError(message)
        key_id, secret = next(iter(self.secrets.items()))
        signed = bytes((VERSION, len(key_id))) + key_id.encode() + _KINDS[kind] + _encoder.encode(tracked)
        token = _text_of(signed + _signature(secret, signed))
        if len(token) > MAX_TOKEN_CHARS:
            message = f"token: wanted at most {MAX_TOKEN_CHARS} characters; got {len(token)}: shorten url or names"
            raise ValueError(message)
        return token

    def verify(self, kind: TokenKind, token: str, now_ms: int) -> Tracked | None:
        """What the token carries; None where it is of another kind, no key of ours signed it, or its time is over."""
        if not _TOKEN.fullmatch(token) or len(token) % 4 == 1:
            return None
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        key_end = 2 + raw[1]
        if raw[0] != VERSION or len(raw) <= key_end + SIGNATURE_BYTES:
            return None
        secret = self.secrets.get(raw[2:key_end].decode("ascii", "replace"))
        signed, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
        if secret is None or not hmac.compare_digest(_signature(secret, signed), signature):
            return None
        # Ours from here on. Two spellings of one token (spare bits of its last character) would be two clicks.
        if signed[key_end : key_end + 1] != _KINDS[kind] or _text_of(raw) != token:
            return None
        tracked = _decoder.decode(signed[key_end + 1 :])
        return None if tracked.expires_at_ms is not None and tracked.expires_at_ms <= now_ms else tracked


def token_keys(secrets: Mapping[str, str]) -> TokenKeys:
    """The keys of these secrets by their ids, in their order. None: nothing is signed and nothing verifies.

    Raises OperatorError, which never shows a secret.
    """
    for position, (key_id, secret) in enumerate(secrets.items(), start=1):
        if not _KEY_ID.fullmatch(key_id):
            raise _bad_key(position, "wanted an id of 1 to 16 letters, digits, _ or -; got another")
        if len(secret) < SECRET_MIN_CHARS:
            raise _bad_key(position, f"wanted a secret of at least {SECRET_MIN_CHARS} characters; got {len(secret)}")
    return TokenKeys({key_id: secret.encode() for key_id, secret in secrets.items()})


def _signature(secret: bytes, signed: bytes) -> bytes:
    return hmac.digest(secret, signed, sha256)[:SIGNATURE_BYTES]


def _text_of(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _check_contact_id(contact_id: str) -> None:
    try:
        contact_of(contact_id.encode())
    except RecordError as error:
        message = f"contact: {error.detail}"
        raise ValueError(message) from error


def _bad_key(position: int, sentence: str) -> OperatorError:
    return OperatorError(f"STREAMPROCESSOR_TOKEN_KEYS, key {position}: {sentence}")
