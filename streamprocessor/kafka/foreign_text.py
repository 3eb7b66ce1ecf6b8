"""What brokers, certificates and programs say, made fit for a sentence of ours."""

from __future__ import annotations

MOST_CHARS = 200


def one_line(text: object) -> str:
    """The text on one line, of printable characters and at most MOST_CHARS of them: it is a stranger's."""
    words = " ".join(str(text).split())
    return "".join(character if character.isprintable() else "?" for character in words[:MOST_CHARS])
