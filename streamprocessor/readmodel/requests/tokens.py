"""Who may ask, and for what: bearer tokens, each with a name and scopes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from streamprocessor.errors import OperatorError
from streamprocessor.process.secret_lookup import SecretLookup

if TYPE_CHECKING:  # the store is heavy, and commands that look for the tokens' file do without
    from streamprocessor.readmodel.store.access.access_store import MadeToken

READ, WRITE, ERASE, MODEL, TOKENS = "read", "write", "erase", "model", "tokens"
SCOPES = (READ, WRITE, ERASE, MODEL, TOKENS)
"""What a token is good for; with `model` its holder changes how contacts are scored, with `tokens` who may sign in."""
LOCAL = "local"
"""The name of the token of our own making."""
TOKENS_FILE = "api-tokens"
"""Where the token of our own making is, in the data folder."""


class Grant(NamedTuple):
    """Whose token it is, and the scopes that it is good for.

    token_id: of a token that somebody made; None: it is one of the settings.
    expires_ms: from when on it lets nobody in, in epoch milliseconds; None: never.
    """

    name: str
    scopes: frozenset[str]
    token_id: str | None = None
    expires_ms: int | None = None


def made_grant(made: MadeToken) -> Grant:
    """What a token that somebody made is good for."""
    return Grant(made.name, made.scopes, made.id, made.expires_ms)


class Tokens:
    """The tokens that are let in, and what each of them is good for."""

    def __init__(self, pairs: Mapping[str, str]) -> None:
        """Know these pairs, `name/scope+scope` → token; raises OperatorError, which never repeats a token."""
        self._lookup = SecretLookup(pairs)
        self._grants = {words: read_grant(words) for words in pairs}

    @property
    def grants(self) -> tuple[Grant, ...]:
        """Of all of them, in their order."""
        return tuple(self._grants.values())

    def grant_of(self, offered: str) -> Grant | None:
        """What the token allows; None: it is nobody's."""
        words = self._lookup.name_of(offered)
        return None if words is None else self._grants[words]


def spellings_of(pasted: str) -> tuple[str, ...]:
    """The tokens that somebody may have meant who pasted this, the likeliest first.

    People copy a whole line of the tokens' file (`local=TOKEN`), or of a request (`Authorization: Bearer TOKEN`).
    """
    text = pasted.strip().strip("\"'").strip()
    if text.lower().startswith("authorization:"):
        text = text.partition(":")[2].strip()
    kind, _, rest = text.partition(" ")
    if kind.lower() == "bearer":
        text = rest.strip()
    _, equals, behind = text.partition("=")  # a token may have one in it, too
    return (text, behind.strip()) if equals and behind.strip() else (text,)


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
