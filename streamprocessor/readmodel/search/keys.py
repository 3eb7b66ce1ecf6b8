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
_ASCII_WORD = re.compile("[a-z0-9]+")
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
    if text.isascii():
        words = _ASCII_WORD.findall(text.lower().replace("'", "").replace("`", ""))
    else:
        letters = "".join(each for each in normalize("NFKD", text) if category(each)[0] != "M")
        words = _WORD.findall(folded(letters).translate(_WITHIN_WORDS).translate(_LETTERS))
    return [word[:_LONGEST_WORD] for word in words[:MOST_WORDS]]


def keys_of(naming: Naming, contact_id: str, attributes: Mapping[str, Any]) -> list[Key]:
    """All keys of a contact, sorted; none where its id and attributes have no word in them."""
    found: set[Key] = set()
    title = display_name(naming.display, attributes)
    if title is not None:
        found |= _keys_within(words_of(title), _is_address(title), Rank.NAME, Rank.WORD_OF_NAME)
    for text in (contact_id, *(_text_at(name, attributes) for name in sorted(naming.attributes))):
        if text is None:
            continue
        words, is_id, is_address = words_of(text), text is contact_id, _is_address(text)
        if words and (is_id or is_address):
            found.add(Key(Rank.IDENTITY, " ".join(words)))
        if is_address or not is_id:
            found |= _keys_within(words, is_address, Rank.WORD, Rank.WORD)
    return _without_covered(found)[:_MOST_KEYS]


@lru_cache(maxsize=1_000)
def _alone(name: str) -> Display:
    """By which a contact is called what the attribute says."""
    return Display(((name,),))


def _text_at(name: str, attributes: Mapping[str, Any]) -> str | None:
    value = attributes.get(name)
    return value if isinstance(value, str) else display_name(_alone(name), attributes)


def _keys_within(words: list[str], is_address: bool, first: Rank, further: Rank) -> set[Key]:
    starts = range(max(1, len(words) - 1) if is_address else len(words))  # nobody looks for `com`
    return {Key(further if start else first, " ".join(words[start:])) for start in starts if words}


def _without_covered(keys: set[Key]) -> list[Key]:
    """The keys in their order, but those of words that stand in a better key beside them."""
    by_text = sorted(keys, key=lambda key: (key.text, key.rank))
    neighbours = zip([None, *by_text], by_text, [*by_text[1:], None], strict=False)
    return sorted(key for before, key, behind in neighbours if not (_covers(before, key) or _covers(behind, key)))


def _covers(other: Key | None, key: Key) -> bool:
    """Whether whoever finds the key finds the other one at least as early."""
    if other is None or key.rank in (Rank.NAME, Rank.IDENTITY):
        return False
    goes_on = other.text.startswith(key.text + " ")
    return (goes_on and other.rank <= key.rank) or (other.text == key.text and other.rank < key.rank)


def _is_address(text: str) -> bool:
    return "@" in text and " " not in text
