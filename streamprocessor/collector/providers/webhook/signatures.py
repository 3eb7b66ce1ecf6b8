"""Proofs of who sent a webhook: passwords, tokens, and how old a signed request may be."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable
from typing import TypeAlias

from streamprocessor.collector.http.wire_format import HttpRequest, RefusalError
from streamprocessor.errors import OperatorError

SenderCheck: TypeAlias = Callable[[HttpRequest], None]

UNVERIFIED = "unverified"
MAX_AHEAD_MS = 5 * 60_000


def check_by(provider: str, secret: str | None, build: Callable[[str], SenderCheck]) -> SenderCheck:
    """The check that a provider's secret asks for: build(secret); none for `unverified`; 403 for all without one."""
    if not secret:

        def refuse(_request: HttpRequest) -> None:
            setting = secret_setting(provider)
            message = f"hooks/{provider}: not configured; set {setting}, or say there that it is {UNVERIFIED}"
            raise RefusalError(403, "not-configured", message)

        return refuse
    return _take_all if secret == UNVERIFIED else build(secret)


def secret_setting(provider: str) -> str:
    """The name of the setting that holds a provider's secret."""
    return f"STREAMPROCESSOR_HOOK_{provider.upper()}_SECRET"


def wrong_secret(provider: str, expected: str) -> OperatorError:
    """The error for a secret that can't be one; it never repeats the secret."""
    return OperatorError(f"{secret_setting(provider)}: wanted {expected}; got another text")


def denied(proof: str) -> RefusalError:
    """401 for a request whose sender is not proved."""
    return RefusalError(401, "unauthorized", f"wanted {proof}; got none that is valid")


def basic(provider: str, secret: str) -> SenderCheck:
    """A check of HTTP Basic credentials; secret: `user:password`. Raises OperatorError for another."""
    user, colon, password = secret.partition(":")
    if not (user and colon and password):
        raise wrong_secret(provider, "user:password")

    def check(request: HttpRequest) -> None:
        if not equal(_basic_credentials(request), secret):
            raise denied(proof="the webhook's user and password (HTTP Basic)")

    return check


def bearer(secret: str, header: str | None = None) -> SenderCheck:
    """A check of a token, as `Authorization: Bearer` or in a header of the provider's own."""

    def check(request: HttpRequest) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        offered = token.strip() if scheme.lower() == "bearer" else ""
        in_own_header = request.headers.get(header, "") if header else ""
        # Both are compared always: which of the two was wrong takes the same time.
        if not equal(offered, secret) | equal(in_own_header, secret):
            raise denied(proof="the webhook's token")

    return check


def equal(offered: str, expected: str) -> bool:
    """Whether two texts are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(offered.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass"))


def refuse_stale(signed_at_ms: int | None, request: HttpRequest, max_age_ms: int) -> None:
    """Raise RefusalError 401 unless a request was signed lately: an old one may be a replay."""
    if signed_at_ms is None or not -MAX_AHEAD_MS <= request.received_at_ms - signed_at_ms <= max_age_ms:
        raise denied(proof=f"a signed time at most {max_age_ms // 1000} s old")


def decoded_base64(text: str) -> bytes:
    """The bytes that a text spells in base64; empty where it spells none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _basic_credentials(request: HttpRequest) -> str:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    return decoded_base64(encoded.strip()).decode("utf-8", "replace") if scheme.lower() == "basic" else ""


def _take_all(_request: HttpRequest) -> None:
    pass
