"""A contact's keys as the text of its row, in which any word of them can be looked for. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from streamprocessor.readmodel.search.keys import Key, Rank

_BEFORE, _BEHIND, _BLANK = "\n", "|", " "
"""No word has any of them in it."""


def lines_of(keys: Iterable[Key]) -> str:
    """All the keys, a line each."""
    return _BEFORE + "".join(f"{key.text}{_BEHIND}{key.rank:d}{_BEFORE}" for key in keys)


def keys_in(lines: str) -> set[Key]:
    """The keys of which the lines are."""
    parted = (line.rpartition(_BEHIND) for line in lines.split(_BEFORE) if line)
    return {Key(Rank(int(rank)), text) for text, _, rank in parted}


def has_beginning(lines: str, beginning: str) -> bool:
    """Whether any word of the keys begins so."""
    return _BEFORE + beginning in lines


def has_word(lines: str, word: str) -> bool:
    """Whether any word of the keys is this one."""
    return f"{_BEFORE}{word}{_BLANK}" in lines or f"{_BEFORE}{word}{_BEHIND}" in lines
