"""Values as they may be shown to whoever maintains a model: never what could tell one person from others."""

from __future__ import annotations

import re

MAX_CHARS = 80

# What is a person's own however many send it: addresses, numbers of phones, accounts and cards.
_PERSONAL = re.compile(r"[^\s@]+@[^\s@]+|\d(?:[\s().+-]?\d){6,}")
_LETTER, _DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")


def is_personal(text: str) -> bool:
    """Whether the text holds what belongs to one person by its form alone, or is too long to be a word of a list."""
    return len(text) > MAX_CHARS or _PERSONAL.search(text) is not None


def masked(text: str) -> str:
    """The form of a text: each letter an x, each digit a 9.

    >>> masked("Ann Lee, +44 20"), masked("a@b.example")
    ('xxx xxx, +99 99', 'x@x.xxxxxxx')
    """
    return _DIGIT.sub("9", _LETTER.sub("x", text[:MAX_CHARS]))
