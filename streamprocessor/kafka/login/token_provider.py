"""The tokens that all clients of a process log in with: asked for when one is needed, and used again while fresh."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from aiokafka.abc import AbstractTokenProvider

from streamprocessor.kafka.login.token import Token
from streamprocessor.kafka.login.token_error import TokenError

FRESH_SHARE = 0.8
"""The share of a token's life after which a new one is asked for: the old one is still good for a login now."""

log = logging.getLogger(__name__)


class TokenSource(Protocol):
    """Where tokens come from."""

    async def fetch(self) -> Token:
        """A new token; raises TokenError."""


class TokenProvider(AbstractTokenProvider):  # type: ignore[misc] # aiokafka's are not typed
    """Gives aiokafka's clients their tokens.

    extensions: SASL extensions that are sent with each. clock: seconds since the epoch.
    """

    def __init__(
        self, source: TokenSource, extensions: Mapping[str, str], clock: Callable[[], float] = time.time
    ) -> None:
        self._source = source
        self._extensions = dict(extensions)
        self._clock = clock
        self._token: Token | None = None
        self._fetch: asyncio.Task[Token] | None = None

    async def token(self) -> str:
        """A token that is valid now; raises TokenError. All that ask at once wait for one and the same."""
        token = self._token
        if token is not None and token.is_fresh(self._clock(), FRESH_SHARE):
            return token.value
        try:
            token = self._token = await asyncio.shield(self._fetching())
        except TokenError as error:
            if token is None or not token.is_fresh(self._clock(), 1.0):
                raise
            log.warning("the token of before is used once more: %s", error.sentence)
        return token.value

    def extensions(self) -> dict[str, str]:
        """The SASL extensions."""
        return self._extensions

    def _fetching(self) -> asyncio.Task[Token]:
        fetch = self._fetch
        # A command may run several event loops one after the other; what began in another is lost with it.
        if fetch is None or fetch.done() or fetch.get_loop() is not asyncio.get_running_loop():
            fetch = self._fetch = asyncio.ensure_future(self._source.fetch())
            fetch.add_done_callback(lambda done: done.cancelled() or done.exception())  # whoever waited may be gone
        return fetch
