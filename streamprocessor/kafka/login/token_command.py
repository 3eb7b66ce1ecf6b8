"""Tokens that a program of the operator's prints."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import time

from streamprocessor.contract.foreign_text import one_line
from streamprocessor.kafka.login.token import Token, token_of
from streamprocessor.kafka.login.token_error import TokenError

TIMEOUT_SECONDS = 20.0


class TokenCommand:
    """Runs a command, split as a shell does and without one, and takes what it prints for the token."""

    def __init__(self, command: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        """Raises ValueError where the command can't be split: a quotation mark without its other."""
        self._words = shlex.split(command)
        self._timeout_seconds = timeout_seconds

    async def fetch(self) -> Token:
        """A new token; raises TokenError. The program is ended where it takes too long."""
        asked_at_seconds = time.time()
        try:
            process = await asyncio.create_subprocess_exec(
                *self._words,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            raise self._failed(error.strerror or str(error), is_transient=False) from error
        try:
            async with asyncio.timeout(self._timeout_seconds):
                output, errors = await process.communicate()
        except TimeoutError as error:
            got = f"nothing within {self._timeout_seconds:g} s"
            raise self._failed(got, is_transient=True) from error
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode:
            last_line = one_line(errors.decode("utf-8", "replace").strip().rpartition("\n")[2])
            got = f"exit code {process.returncode} ({last_line or 'without a word'})"
            raise self._failed(got, is_transient=False)
        try:
            return token_of(output, asked_at_seconds)
        except ValueError as error:
            raise self._failed(str(error), is_transient=False) from error

    def _failed(self, got: str, *, is_transient: bool) -> TokenError:
        return TokenError(
            f"the command {self._words[0]} gives no token: wanted a token, or JSON with access_token, on its standard "
            f"output; got {got}: check STREAMPROCESSOR_SASL_TOKEN_COMMAND",
            is_transient=is_transient,
        )
