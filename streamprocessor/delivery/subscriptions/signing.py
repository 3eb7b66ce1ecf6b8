"""Signatures of Standard Webhooks: HMAC-SHA256 (`v1`) and ed25519 (`v1a`), one for each secret that is in force."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import TypeAlias
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from streamprocessor.errors import OperatorError

Signer: TypeAlias = Callable[[bytes], str]
"""The signature of bytes, with its version before it."""

_SYMMETRIC, _PRIVATE = "whsec_", "whsk_"
_HMAC_BYTES = range(24, 65)
_SEED_BYTES = 32
_LONGEST_ID = 200


def signer_of(secret: str, where: str) -> Signer:
    """What signs with `whsec_` + base64 of 24-64 bytes, or with `whsk_` + base64 of an ed25519 seed (and public key).

    where: words that lead a person to the secret. Raises OperatorError with them in it, and never with the secret.
    """
    if secret.startswith(_SYMMETRIC):
        key = _base64(secret.removeprefix(_SYMMETRIC), where)
        if len(key) in _HMAC_BYTES:
            return lambda signed: f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"
        raise _wrong(where, f"24 to 64 bytes after {_SYMMETRIC}", f"{len(key)}")
    if secret.startswith(_PRIVATE):
        key = _base64(secret.removeprefix(_PRIVATE), where)
        if len(key) in (_SEED_BYTES, 2 * _SEED_BYTES):
            private = Ed25519PrivateKey.from_private_bytes(key[:_SEED_BYTES])
            return lambda signed: f"v1a,{base64.b64encode(private.sign(signed)).decode()}"
        raise _wrong(where, f"32 or 64 bytes after {_PRIVATE}", f"{len(key)}")
    raise _wrong(where, f"one that begins with {_SYMMETRIC} or {_PRIVATE}", "another text")


def signed_headers(webhook_id: str, body: bytes, signers: Sequence[Signer], now_ms: int) -> dict[str, str]:
    """The headers of one attempt, whose instant is now; without signers there is no signature."""
    timestamp = str(now_ms // 1000)
    headers = {"webhook-id": webhook_id, "webhook-timestamp": timestamp}
    if signers:
        signed = f"{webhook_id}.{timestamp}.".encode() + body
        headers["webhook-signature"] = " ".join(sign(signed) for sign in signers)
    return headers


def webhook_id_of(announcement_id: str, subscription: str) -> str:
    """The id of an announcement for one subscription, the same at any time, made of what a header may hold.

    Without a full stop, which is what parts the signed text.
    """
    text = quote(announcement_id, safe=":-_").replace(".", "%2E")
    if len(text) > _LONGEST_ID:
        text = hashlib.sha256(announcement_id.encode()).hexdigest()
    return f"{text}/{subscription.replace('.', '%2E')}"


def _base64(text: str, where: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _wrong(where, "base64 after its prefix", "something else") from error


def _wrong(where: str, wanted: str, got: str) -> OperatorError:
    return OperatorError(f"{where}: is no webhook secret; wanted {wanted}; got {got}")
