"""Names of tokens: one is told from each other by who reads it in a list or in the audit."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from streamprocessor.inbox.episode import SYSTEM
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.parameters import check_new_name
from streamprocessor.readmodel.requests.tokens import LOCAL

# Small letters of other alphabets that look like ours, in small or in capitals, and ours that look like each other.
_LOOK_LIKE = str.maketrans(
    "авекмнорстухіјѕԁһԛԝαβεηικμνορτυχl1|0",
    "abekmhopctyxijsdhqwabehikmvoptuxiiio",
)


def check_token_name(name: str, of_settings: Iterable[str], others: Iterable[str]) -> None:
    """Raise Problem unless acts under the name are known as those of who gets the token.

    of_settings: names of the settings' tokens, that nobody else may have. others: of tokens and people; a token may
    have the same name, but none that looks like it.
    """
    check_new_name(name)
    if not name.isprintable():
        raise Problem(400, "bad-parameter", "name: wanted characters that can be seen; got one that can't")
    looks = _look_of(name)
    if looks in map(_look_of, {SYSTEM, LOCAL, *of_settings}):
        detail = (
            f"name: wanted one that no token of the settings has, nor '{LOCAL}', nor '{SYSTEM}', which stands for the "
            "inbox's rules, nor one that looks so; got such a one: who it was could not be told"
        )
        raise Problem(409, "name-taken", detail)
    others = set(others)
    if name not in others and looks in map(_look_of, others):
        detail = (
            "name: wanted the name of a token or of a person of the inbox as it is written there, or another that does "
            "not look like it; got one that looks like it"
        )
        raise Problem(409, "name-taken", detail)


def _look_of(name: str) -> str:
    """The same for names that are hard to tell apart: case, blanks, widths and accents' spelling do not count."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(folded.translate(_LOOK_LIKE).split())
