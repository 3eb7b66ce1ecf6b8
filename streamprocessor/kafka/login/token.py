"""A bearer token as a program or a token endpoint hands it over."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, NamedTuple

import orjson

UNDATED_SECONDS = 60.0
"""How long a token is used that does not say how long it is valid."""
_FORM = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, 2.1
_JWT_PARTS = 3


class Token(NamedTuple):
    """A bearer token and how long it is valid.

    value: as it is sent.
    asked_at_seconds, expires_at_seconds: since the epoch.
    """

    value: str
    asked_at_seconds: float
    expires_at_seconds: float

    def is_fresh(self, now_seconds: float, share: float) -> bool:
        """Whether less than this share of its life is over."""
        life_seconds = self.expires_at_seconds - self.asked_at_seconds
        return now_seconds < self.asked_at_seconds + share * life_seconds


def token_of(text: bytes, asked_at_seconds: float) -> Token:
    """The token in the text: a token by itself, or the JSON object that RFC 6749 has token endpoints answer with.

    It expires as `expires_in` says, else as the claim `exp` of a JWT does, else after UNDATED_SECONDS.
    Raises ValueError with what the text is instead, and none of its words.
    """
    text = text.strip()
    answer = _json_object(text) if text.startswith(b"{") else {"access_token": text.decode("ascii", "replace")}
    value = answer.get("access_token")
    if not isinstance(value, str):
        message = "JSON without an access_token"
        raise ValueError(message)
    if not _FORM.fullmatch(value):
        message = f"{len(text)} bytes that are no token"
        raise ValueError(message)
    return Token(value, asked_at_seconds, _expires_at_seconds(answer.get("expires_in"), value, asked_at_seconds))


def _expires_at_seconds(expires_in: Any, value: str, asked_at_seconds: float) -> float:
    try:
        return asked_at_seconds + float(expires_in)
    except (TypeError, ValueError):
        pass
    exp = _claims(value).get("exp")
    return float(exp) if isinstance(exp, int | float) else asked_at_seconds + UNDATED_SECONDS


def _claims(value: str) -> dict[str, Any]:
    """What a JWT says, not verified: that is the broker's business; nothing where it is none."""
    parts = value.split(".")
    if len(parts) != _JWT_PARTS:
        return {}
    try:
        return _json_object(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except binascii.Error:
        return {}


def _json_object(text: bytes) -> dict[str, Any]:
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return read if isinstance(read, dict) else {}
