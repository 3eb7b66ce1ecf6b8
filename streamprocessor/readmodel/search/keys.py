"""What a contact is found by, as texts in one spelling. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple
from unicodedata import category, normalize

from streamprocessor.contract.display import Display, display_name
from streamprocessor.scoring.canonical import folded

MOST_WORDS = 8
"""Of a text no further words are looked at."""
_LONGEST_WORD = 40
_MOST_KEYS = 40

# Each character of these scripts is a word, since nothing else parts their words.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_WITHIN_WORDS = str.maketrans("", "", "'\u2019\u02bc`\u00b4")  # O'Brien is one word
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"})


class Rank(IntEnum):
    """What a key is to its contact, the best first."""

    NAME = 0
    """What the contact is called, from its first word on."""
    WORD_OF_NAME = 1
    IDENTITY = 2
    """Its whole id, or a whole address of it."""
    WORD = 3
    """Of its company, its addresses and so on."""


class Key(NamedTuple):
    """A text that begins with a word and goes on to the end of what the word stands in."""

    rank: Rank
    text: str


@dataclass(frozen=True, slots=True)
class Naming:
    """What contacts are searched by. display: what they are called; attributes: all that are looked at."""

    display: Display = field(default_factory=Display)
    attributes: frozenset[str] = Display().attributes

    @classmethod
    def of(cls, display: Display, addresses: frozenset[str]) -> Naming:
        """The naming of a model. addresses: its attributes that hold mail addresses."""
        return cls(display, Display().attributes | display.attributes | addresses)


def words_of(text: str) -> list[str]:
    """The text's first words without case, accents and punctuation, at most MOST_WORDS of them.

    >>> words_of("Zoë O'Brien-Ørsted <zoe@acme.example>")
    ['zoe', 'obrien', 'orsted', 'zoe', 'acme', 'example']
    """
    if not text.isascii():
        text = "".join(each for each in normalize("NFKD", text) if category(each)[0] != "M")
    spelling = folded(text).translate(_WITHIN_WORDS).translate(_LETTERS)
    return [word[:_LONGEST_WORD] for word in _WORD.findall(spelling)[:MOST_WORDS]]


def keys_of(naming: Naming, contact_id: str, attributes: Mapping[str, Any]) -> list[Key]:
    """All keys of a contact, sorted; none where its id and attributes have no word in them."""
    found: set[Key] = set()
    title = display_name(naming.display, attributes)
    if title is not None:
        found |= _keys_within(title, Rank.NAME, Rank.WORD_OF_NAME)
    texts = [display_name(_alone(name), attributes) for name in sorted(naming.attributes)]
    for text in (contact_id, *filter(None, texts)):
        if text is contact_id or _is_address(text):
            found.add(Key(Rank.IDENTITY, " ".join(words_of(text))))
        if text is not contact_id or _is_address(text):
            found |= _keys_within(text, Rank.WORD, Rank.WORD)
    found.discard(Key(Rank.IDENTITY, ""))
    return sorted(key for key in found if not _is_within_another(key, found))[:_MOST_KEYS]


@lru_cache(maxsize=1_000)
def _alone(name: str) -> Display:
    """By which a contact is called what the attribute says."""
    return Display(((name,),))


def _keys_within(text: str, first: Rank, further: Rank) -> set[Key]:
    words = words_of(text)
    starts = range(len(words) - 1 if _is_address(text) and len(words) > 1 else len(words))  # nobody asks for `com`
    return {Key(further if start else first, " ".join(words[start:])) for start in starts}


def _is_within_another(key: Key, keys: set[Key]) -> bool:
    """Whether whoever finds the key finds a better one of the same contact, too."""
    if key.rank in (Rank.NAME, Rank.IDENTITY):
        return False
    longer = key.text + " "
    return any(
        (other.text.startswith(longer) and other.rank <= key.rank) or (other.text == key.text and other.rank < key.rank)
        for other in keys
    )


def _is_address(text: str) -> bool:
    return "@" in text and " " not in text
