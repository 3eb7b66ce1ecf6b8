"""What strangers wrote, cut and made printable before a sentence of ours quotes it."""

from __future__ import annotations

from streamprocessor.contract.strict_json import kind_of

MAX_VALUE_CHARS = 60
MAX_TEXT_CHARS = 80
MAX_LINE_CHARS = 200


def shown_value(value: object) -> str:
    """A stranger's text or number as messages quote it, cut before it is; of anything else its kind."""
    if isinstance(value, str):
        return repr(value[:MAX_VALUE_CHARS])
    return repr(value) if type(value) in (int, float) else kind_of(value)


def shown_text(text: str) -> str:
    """The beginning of a text, for messages; what would move a terminal's cursor or break a line is a mark in it."""
    return _printable(text[:MAX_TEXT_CHARS], "\N{REPLACEMENT CHARACTER}")


def one_line(text: object) -> str:
    """What a broker, a certificate or a program says on one line, of printable characters, at most MAX_LINE_CHARS."""
    return _printable(" ".join(str(text).split())[:MAX_LINE_CHARS], "?")


def _printable(text: str, mark: str) -> str:
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else mark for character in text)
