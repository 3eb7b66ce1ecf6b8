"""Sessions of people at a browser: a token shown once becomes a cookie, which alone changes nothing."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import urlsplit

from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.tokens import Grant, Tokens

COOKIE = "streamprocessor_session"
CSRF_HEADER = "x-csrf-token"
LIFE_MS = 12 * 3_600_000
_SIGNING, _CSRF = b"sp-session", b"sp-csrf"
_LONGEST = 1_024


class Session(NamedTuple):
    """Somebody who signed in. csrf_token: what a page of ours knows and no other page can read."""

    grant: Grant
    csrf_token: str


class Sessions:
    """Signs cookies with keys made of the tokens: they outlive the process, and end with their token."""

    def __init__(self, tokens: Tokens, pairs: Mapping[str, str], clock_ms: Callable[[], int]) -> None:
        """pairs: what the tokens are made of."""
        self._tokens = tokens
        self._keys = {said: blake2b(token.encode(), person=_SIGNING).digest() for said, token in pairs.items()}
        self._clock_ms = clock_ms
        self._ended: dict[str, int] = {}

    def open(self, token: str) -> tuple[str, Session]:
        """The cookie's value and the session of who shows the token; raises Problem where it is nobody's."""
        said = self._tokens.said_of(token)
        if said is None:
            raise Problem(401, "no-token", "token: wanted one that is known; got another")
        shown = urlsafe_b64encode(said.encode()).decode().rstrip("=")
        text = f"{self._clock_ms() + LIFE_MS}.{secrets.token_urlsafe(16)}.{shown}"
        cookie = f"{text}.{self._signature(said, text)}"
        return cookie, Session(self._tokens.grant_said(said), self._csrf_token(said, cookie))

    def of(self, cookie: str) -> Session | None:
        """The session of the cookie; None: it is none of ours, it ended, or its token is not let in any more."""
        text, _, signature = cookie.rpartition(".")
        parts = text.split(".")
        if len(parts) != 3 or len(cookie) > _LONGEST or not cookie.isascii() or cookie in self._ended:
            return None
        try:
            said = urlsafe_b64decode(parts[2] + "=" * (-len(parts[2]) % 4)).decode()
        except ValueError:
            return None
        if said not in self._keys or not hmac.compare_digest(signature, self._signature(said, text)):
            return None
        if int(parts[0]) <= self._clock_ms():
            return None
        return Session(self._tokens.grant_said(said), self._csrf_token(said, cookie))

    def end(self, cookie: str) -> None:
        """From now on the cookie is nobody's, for this process; others forget it with its time."""
        if self.of(cookie) is not None:
            now_ms = self._clock_ms()
            self._ended = {ended: until_ms for ended, until_ms in self._ended.items() if until_ms > now_ms}
            self._ended[cookie] = int(cookie.partition(".")[0])

    def _signature(self, said: str, text: str) -> str:
        return blake2b(text.encode(), key=self._keys[said], person=_SIGNING, digest_size=24).hexdigest()

    def _csrf_token(self, said: str, cookie: str) -> str:
        return blake2b(cookie.encode(), key=self._keys[said], person=_CSRF, digest_size=24).hexdigest()


def set_cookie(cookie: str, *, is_secure: bool) -> str:
    """The Set-Cookie header of a session; an empty cookie takes it away."""
    lives_seconds = LIFE_MS // 1000 if cookie else 0
    words = [f"{COOKIE}={cookie}", "Path=/", f"Max-Age={lives_seconds}", "HttpOnly", "SameSite=Strict"]
    return "; ".join([*words, "Secure"] if is_secure else words)


def refuse_other_sites(headers: Mapping[str, str]) -> None:
    """Nothing; raises Problem where the request does not come from a page of this very origin.

    Browsers that say where from (Sec-Fetch-Site) are believed; of all others Origin must name the host that is asked.
    """
    said = headers.get("sec-fetch-site")
    if said is None:
        is_own = urlsplit(headers.get("origin", "")).netloc == headers.get("host") != ""
    else:
        is_own = said == "same-origin"
    if not is_own:
        raise Problem(403, "other-site", "request: wanted one from a page of this origin; got one from elsewhere")


def refuse_forged(session: Session, headers: Mapping[str, str]) -> None:
    """Nothing; raises Problem where another page may have made the browser ask."""
    refuse_other_sites(headers)
    if not hmac.compare_digest(headers.get(CSRF_HEADER, "").encode(), session.csrf_token.encode()):
        raise Problem(403, "no-csrf-token", "X-CSRF-Token: wanted what GET /api/session says; got another")
