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


def places_of(word: str, is_whole: bool) -> tuple[str, ...]:
    """The texts one of which is in the lines of whom the word begins a word of. is_whole: and ends it, too."""
    begun = _BEFORE + word
    return (begun + _BLANK, begun + _BEHIND) if is_whole else (begun,)
