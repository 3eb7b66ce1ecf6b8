"""What strangers wrote, cut and made printable before a sentence of ours quotes it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from streamprocessor.contract.strict_json import kind_of

MAX_VALUE_CHARS = 60
MAX_TEXT_CHARS = 80
MAX_LINE_CHARS = 200
MAX_LISTED_CHARS = 300

# What steers a terminal, ends a line or turns its direction round: strangers choose ids, keys and texts.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def without_steering(text: str) -> str:
    """The text with a blank for each character that would steer a terminal, end a line or turn its direction round."""
    return text if text.isprintable() else _STEERING.sub(" ", text)


def shown_value(value: object) -> str:
    """A stranger's text or number as messages quote it, cut before it is; of anything else its kind."""
    if isinstance(value, str):
        return repr(value[:MAX_VALUE_CHARS])
    return repr(value) if type(value) in (int, float) else kind_of(value)


def shown_text(text: str) -> str:
    """The beginning of a text, for messages; what would move a terminal's cursor or break a line is a mark in it."""
    return _marked(text[:MAX_TEXT_CHARS], "\N{REPLACEMENT CHARACTER}")


def one_line(text: object) -> str:
    """What a broker, a certificate or a program says on one line, of printable characters, at most MAX_LINE_CHARS."""
    return _marked(" ".join(str(text).split())[:MAX_LINE_CHARS], "?")


def printable(text: str) -> str:
    """The text with what would steer a terminal spelled out; line feeds and tabs stay."""
    return _STEERING.sub(lambda found: ascii(found[0])[1:-1], text)


def _marked(text: str, mark: str) -> str:
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else mark for character in text)


def listed(names: Iterable[str]) -> str:
    """The names with commas; where they are more than MAX_LISTED_CHARS, the first of them and how many more there are.

    >>> listed(["a", "b"])
    'a, b'
    """
    every = list(names)
    whole = ", ".join(every)
    if len(whole) <= MAX_LISTED_CHARS:
        return whole
    first = whole[:MAX_TEXT_CHARS].rpartition(", ")[0] or every[0]
    return f"{first} and {len(every) - first.count(', ') - 1} more"
