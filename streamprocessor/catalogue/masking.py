"""Values and names as they may be shown to whoever maintains a model: never what could tell one person from others."""

from __future__ import annotations

import re

MAX_CHARS = 80

# What is a person's own however many send it: addresses, numbers of phones, accounts and cards.
_PERSONAL = re.compile(r"[^\s@]+@[^\s@]+|\d(?:[\s().+-]?\d){6,}")
# Of a name, digits that stand by themselves: a form builder's `field_1234567` is nobody's phone.
_PERSONAL_NAME = re.compile(r"[^\s@]+@[^\s@]+|(?<!\w)\d(?:[\s().+-]?\d){6,}(?!\w)")
_LETTER, _DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")


def is_personal(text: str) -> bool:
    """Whether the text holds what belongs to one person by its form alone, or is too long to be a word of a list."""
    return len(text) > MAX_CHARS or _PERSONAL.search(text) is not None


def shown_name(name: str) -> str:
    """The name of a type or a property; its form where it is a person's own, as names made of data are.

    >>> shown_name("field_1234567"), shown_name("ann@firm.example"), shown_name("+44 20 7946 0958")
    ('field_1234567', 'xxx@xxxx.xxxxxxx', '+99 99 9999 9999')
    """
    return masked(name) if len(name) > MAX_CHARS or _PERSONAL_NAME.search(name) else name


def shown_path(path: str) -> str:
    """A path as it is made of shown names."""
    return ".".join(map(shown_name, path.split(".")))


def masked(text: str) -> str:
    """The form of a text: each letter an x, each digit a 9.

    >>> masked("Ann Lee, +44 20"), masked("a@b.example")
    ('xxx xxx, +99 99', 'x@x.xxxxxxx')
    """
    return _DIGIT.sub("9", _LETTER.sub("x", text[:MAX_CHARS]))
