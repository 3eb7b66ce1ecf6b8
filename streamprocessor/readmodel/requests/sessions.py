"""Sessions of people at a browser: a token shown once becomes a cookie, which alone changes nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from itsdangerous import BadSignature, TimestampSigner, URLSafeTimedSerializer

from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.tokens import Grant, read_grant

COOKIE = "streamprocessor_session"
CSRF_HEADER = "x-csrf-token"
LIFE_SECONDS = 12 * 3_600
_CSRF_BYTES = 16
_LONGEST = 1_024


class Session(NamedTuple):
    """Somebody who signed in. csrf_token: what a page of ours knows and no other page can read."""

    grant: Grant
    csrf_token: str

    @property
    def id(self) -> str:
        """What tells the session from all others, and lets nobody in; a cookie can be spelled in several ways."""
        return hashlib.sha256(self.csrf_token.encode()).hexdigest()


class ClockSigner(TimestampSigner):
    """Signs with the time of a clock that is given to it."""

    def __init__(self, *signing: Any, clock_ms: Callable[[], int], **options: Any) -> None:
        super().__init__(*signing, **options)
        self._clock_ms = clock_ms

    def get_timestamp(self) -> int:
        """Epoch seconds."""
        return self._clock_ms() // 1000


class Sessions:
    """Sessions of the settings' tokens: cookies signed with the tokens themselves.

    They outlive the process, and end with the token that opened them. Tokens that stand for the same name and scopes
    sign for each other: while a new one is handed out, nobody is signed out. A cookie holds its session's CSRF token,
    signed and not encrypted: no script reads it (HttpOnly).
    """

    def __init__(self, pairs: Mapping[str, str], clock_ms: Callable[[], int]) -> None:
        """Know these pairs, `name/scope+scope` → token; raises OperatorError where a name is none."""
        self._clock_ms = clock_ms
        self._keys: dict[Grant, list[str]] = {}
        for words, token in pairs.items():
            self._keys.setdefault(read_grant(words), []).append(token)
        self._serializers = {grant: self._serializer(grant, keys) for grant, keys in self._keys.items()}

    def open(self, token: str, grant: Grant) -> tuple[str, Session]:
        """The cookie's value, and the session of who has shown the token of this grant."""
        others = [key for key in self._keys[grant] if key != token]
        csrf_token = secrets.token_urlsafe(_CSRF_BYTES)
        cookie = self._serializer(grant, [*others, token]).dumps(csrf_token)
        return cookie, Session(grant, csrf_token)

    def of(self, cookie: str) -> Session | None:
        """The session of the cookie; None: it is none of ours, its time is over, or its token is let in no more."""
        if len(cookie) > _LONGEST or not cookie.isascii():
            return None
        for grant, serializer in self._serializers.items():
            try:
                return Session(grant, serializer.loads(cookie, max_age=LIFE_SECONDS))
            except BadSignature:
                continue
        return None

    def _serializer(self, grant: Grant, keys: list[str]) -> URLSafeTimedSerializer:
        """What reads the grant's sessions that any of the keys signed; the newest key is the last, and signs."""
        salt = f"session of {grant.name}/{'+'.join(sorted(grant.scopes))}"
        signing = {"key_derivation": "hmac", "digest_method": hashlib.sha256, "clock_ms": self._clock_ms}
        return URLSafeTimedSerializer(list(keys), salt=salt, signer=ClockSigner, signer_kwargs=signing)


def csrf_token_of(cookie: str) -> str:
    """The CSRF token of a session whose cookie is random; of who knows it nobody learns the cookie."""
    digest = hashlib.sha256(b"csrf token of " + cookie.encode()).digest()
    return base64.urlsafe_b64encode(digest[:_CSRF_BYTES]).decode().rstrip("=")


def set_cookie(cookie: str, *, is_secure: bool) -> str:
    """The Set-Cookie header of a session; an empty cookie takes it away."""
    lives_seconds = LIFE_SECONDS if cookie else 0
    words = [f"{COOKIE}={cookie}", "Path=/", f"Max-Age={lives_seconds}", "HttpOnly", "SameSite=Strict"]
    return "; ".join([*words, "Secure"] if is_secure else words)


def refuse_other_sites(headers: Mapping[str, str]) -> None:
    """Raise Problem unless the request comes from a page of this very origin.

    Browsers that say where from (Sec-Fetch-Site) are believed; of all others Origin must name the host that is asked.
    """
    site = headers.get("sec-fetch-site")
    if site is None:
        is_own = urlsplit(headers.get("origin", "")).netloc == headers.get("host") != ""
    else:
        is_own = site == "same-origin"
    if not is_own:
        raise Problem(403, "other-site", "request: wanted one from a page of this origin; got one from elsewhere")


def refuse_forged(session: Session, headers: Mapping[str, str]) -> None:
    """Raise Problem unless only a page of ours can have made the browser ask."""
    refuse_other_sites(headers)
    if not hmac.compare_digest(headers.get(CSRF_HEADER, "").encode(), session.csrf_token.encode()):
        raise Problem(403, "no-csrf-token", "X-CSRF-Token: wanted what GET /api/session says; got another")
