"""Who may ask, and for what: bearer tokens, each with a name and scopes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from streamprocessor.errors import OperatorError
from streamprocessor.process.secret_lookup import SecretLookup

READ, WRITE, ERASE = "read", "write", "erase"
SCOPES = (READ, WRITE, ERASE)
TOKENS_FILE = "api-tokens"
"""Where the token of our own making is, in the data folder."""


class Grant(NamedTuple):
    """Whose token it is, and the scopes that it is good for."""

    name: str
    scopes: frozenset[str]


class Tokens:
    """The tokens that are let in, and what each of them is good for."""

    def __init__(self, pairs: Mapping[str, str]) -> None:
        """Know these pairs, `name/scope+scope` → token; raises OperatorError, which never repeats a token."""
        self._lookup = SecretLookup(pairs)
        self._grants = {words: read_grant(words) for words in pairs}

    def grant_of(self, offered: str) -> Grant | None:
        """What the token allows; None: it is nobody's."""
        words = self._lookup.name_of(offered)
        return None if words is None else self._grants[words]


def read_grant(words: str) -> Grant:
    """The grant that `name/scope+scope` spells; raises OperatorError where it spells none."""
    name, slash, scopes = words.partition("/")
    spelled = frozenset(scopes.split("+"))
    if not (name and slash) or not spelled <= set(SCOPES):
        spelling = f"name/scope+scope=token with scopes of {', '.join(SCOPES)}"
        # What stands there may be the token, where somebody swapped the two.
        message = f"STREAMPROCESSOR_API_TOKENS: wanted {spelling}; got another before the = of an entry"
        raise OperatorError(message)
    return Grant(name, spelled)
