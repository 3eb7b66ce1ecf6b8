"""Tokens by OAuth 2's client-credentials grant (RFC 6749, section 4.4)."""

from __future__ import annotations

import base64
import time
from urllib.parse import quote

import aiohttp

from streamprocessor.contract.foreign_text import one_line
from streamprocessor.kafka.login.token import Token, token_of
from streamprocessor.kafka.login.token_error import TokenError

TIMEOUT_SECONDS = 10.0
_MOST_BYTES = 64 * 1024
_OK = 200
_SERVER_ERRORS_BEGIN = 500
_TOO_MANY_REQUESTS = 429


class ClientCredentials:
    """Asks a token endpoint.

    client_secret: sent as Basic authentication.
    scope: empty where none is asked for.
    """

    def __init__(self, url: str, client_id: str, client_secret: str, scope: str) -> None:
        self._url = url
        # RFC 6749, 2.3.1: both are form-encoded first, so that a colon or an umlaut in them comes to no harm.
        login = f"{quote(client_id, safe='')}:{quote(client_secret, safe='')}"
        self._headers = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}
        self._form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})

    async def fetch(self) -> Token:
        """A new token; raises TokenError."""
        asked_at_seconds = time.time()
        limit = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=limit, headers=self._headers) as session,
                session.post(self._url, data=self._form, allow_redirects=False) as response,
            ):
                body = await _body_of(response)
        except TimeoutError as error:
            got = f"no answer within {TIMEOUT_SECONDS:g} s"
            raise self._failed(got, is_transient=True) from error
        except aiohttp.ClientSSLError as error:
            raise self._failed(str(error), is_transient=False) from error
        except aiohttp.ClientError as error:
            raise self._failed(str(error) or type(error).__name__, is_transient=True) from error
        status = response.status
        if status != _OK:
            is_transient = status >= _SERVER_ERRORS_BEGIN or status == _TOO_MANY_REQUESTS
            got = f"{status} {one_line(body.decode('utf-8', 'replace'))}".rstrip()
            raise self._failed(got, is_transient=is_transient)
        try:
            return token_of(body, asked_at_seconds)
        except ValueError as error:
            raise self._failed(str(error), is_transient=False) from error

    def _failed(self, got: str, *, is_transient: bool) -> TokenError:
        return TokenError(
            f"{self._url} gives no token: wanted 200 and JSON with access_token; got {got}: check "
            "STREAMPROCESSOR_SASL_TOKEN_URL, _CLIENT_ID, _CLIENT_SECRET and _SCOPE",
            is_transient=is_transient,
        )


async def _body_of(response: aiohttp.ClientResponse) -> bytes:
    """The body, in however many pieces it comes; of a longer one the first _MOST_BYTES."""
    body = b""
    async for piece in response.content.iter_any():
        body += piece
        if len(body) >= _MOST_BYTES:
            break
    return body[:_MOST_BYTES]
