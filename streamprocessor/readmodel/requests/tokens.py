"""Who may ask, and for what: bearer tokens, each with a name and scopes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from hashlib import blake2b
from typing import NamedTuple

from streamprocessor.errors import OperatorError

READ, WRITE, ERASE = "read", "write", "erase"
SCOPES = (READ, WRITE, ERASE)


class Grant(NamedTuple):
    """Whose token it is, and what it is good for."""

    name: str
    scopes: frozenset[str]


NOBODY = Grant("nobody", frozenset())
"""Who shows no token, where none is wanted."""


class Tokens:
    """The tokens that are let in."""

    def __init__(self, pairs: Mapping[str, str]) -> None:
        """pairs: `name/scope+scope` → token; raises OperatorError, which never repeats a token."""
        self._pepper = secrets.token_bytes(32)
        self._said = {self._digest(token): said for said, token in pairs.items()}
        self._grants = {said: _grant(said) for said in pairs}

    def said_of(self, offered: str) -> str | None:
        """Under what the token stands among the pairs; None: it is nobody's. Only keyed hashes are compared, so time
        tells nothing."""
        return self._said.get(self._digest(offered))

    def grant_of(self, offered: str) -> Grant | None:
        """What the token allows; None: it is nobody's."""
        said = self.said_of(offered)
        return None if said is None else self._grants[said]

    def grant_said(self, said: str) -> Grant:
        """What is allowed to the token that stands under it."""
        return self._grants[said]

    def _digest(self, token: str) -> bytes:
        return blake2b(token.encode("utf-8", "surrogatepass"), key=self._pepper, digest_size=16).digest()


def _grant(said: str) -> Grant:
    name, slash, scopes = said.partition("/")
    wanted = scopes.split("+")
    if not (name and slash) or not set(wanted) <= set(SCOPES):
        wanted_words = f"name/scope+scope=token with scopes of {', '.join(SCOPES)}"
        message = f"STREAMPROCESSOR_API_TOKENS: wanted {wanted_words}; got '{said}'"
        raise OperatorError(message)
    return Grant(name, frozenset(wanted))
