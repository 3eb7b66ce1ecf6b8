"""Contacts by what somebody typed, the best first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, or_, select

from streamprocessor.process.databases import portions
from streamprocessor.readmodel.search.keys import Rank, words_of
from streamprocessor.readmodel.search.lines import places_of
from streamprocessor.readmodel.search.ranges import count_with_word, lines_with_all, with_key, with_word
from streamprocessor.readmodel.search.spellings import (
    is_spelled,
    mistakes_allowed,
    mistakes_between,
    sought_spellings,
)
from streamprocessor.readmodel.store.tables import search_keys, search_spellings, searched

Matched = Literal["exact", "name", "word", "similar"]

_FEW = 2_000
_SIMILAR_WORDS = 5
_LIKELY_A_WANTED = 3
_RANKS: tuple[tuple[Matched, Rank], ...] = (
    ("name", Rank.NAME),
    ("word", Rank.WORD_OF_NAME),
    ("word", Rank.IDENTITY),
    ("word", Rank.WORD),
)


class SearchHit(NamedTuple):
    """A contact that was found. matched: by what; `exact`: by its whole id or a whole address."""

    contact_id: str
    matched: Matched


class _Choice(NamedTuple):
    """A word that a contact may have. is_whole: no longer word will do; mistakes: how many lead to it."""

    word: str
    is_whole: bool = False
    mistakes: int = 0

    def is_in(self, lines: str) -> bool:
        """Whether a contact of these lines has it."""
        return any(text in lines for text in places_of(self.word, self.is_whole))


_Choices = list[_Choice]


def find(connection: Connection, text: str, limit: int) -> list[SearchHit]:
    """The contacts that the text may mean, at most so many."""
    words = words_of(text)
    found: dict[int, Matched] = dict.fromkeys(_exactly(connection, text.strip(), " ".join(words), limit), "exact")
    if words:
        for matched, rank in _RANKS:
            if len(found) < limit:
                _note(found, with_key(connection, rank, " ".join(words), limit), matched)
        if len(found) < limit and len(words) > 1:
            _note(found, _with_all(connection, [[_Choice(word)] for word in words], limit), "word")
        if len(found) < limit and "exact" not in found.values():
            _note(found, _similar(connection, words, limit), "similar")
    numbers = list(found)[:limit]
    named = select(searched.c.number, searched.c.contact_id).where(searched.c.number.in_(numbers))
    ids = {row.number: row.contact_id for row in connection.execute(named)}
    return [SearchHit(ids[number], found[number]) for number in numbers]


def _note(found: dict[int, Matched], numbers: Iterable[int], matched: Matched) -> None:
    for number in numbers:
        found.setdefault(number, matched)


def _exactly(connection: Connection, text: str, spelling: str, limit: int) -> list[int]:
    """Who has the text as their id, and then who has it as another spelling of it, or as an address."""
    is_theirs = (search_keys.c.rank == Rank.IDENTITY, search_keys.c.text == spelling)
    numbers = connection.execute(select(search_keys.c.number).where(*is_theirs).limit(limit)).scalars().all()
    if "\0" in text:  # no id has it, and not each database may be asked for it
        return list(numbers)
    same = connection.execute(select(searched.c.number).where(searched.c.contact_id == text)).scalars().all()
    return [*same, *numbers]


def _similar(connection: Connection, words: Sequence[str], limit: int) -> list[int]:
    """Who has words that may be meant by these, the likeliest first."""
    choices = [[_Choice(word), *_meant_by(connection, word)] for word in words]
    if all(len(each) == 1 for each in choices):
        return []
    if len(choices) > 1:
        return _with_all(connection, choices, limit)
    found: dict[int, None] = {}
    for word, is_whole, _ in choices[0][1:]:
        if len(found) < limit:
            found |= dict.fromkeys(with_word(connection, word, is_whole, limit))
    return list(found)


def _meant_by(connection: Connection, word: str) -> _Choices:
    """The known words that the word may be by mistake, the nearest first."""
    if not is_spelled(word):
        return []
    found: set[str] = set()
    for some in portions(sorted(sought_spellings(word))):
        query = select(search_spellings.c.word).where(search_spellings.c.spelling.in_(some))
        found |= set(connection.execute(query).scalars())
    measured = sorted((mistakes_between(word, each), each) for each in found - {word})
    near = [_Choice(each, True, mistakes) for mistakes, each in measured if mistakes <= mistakes_allowed(word)]
    return near[:_SIMILAR_WORDS]


def _with_all(connection: Connection, choices: Sequence[_Choices], limit: int) -> list[int]:
    """Who has one word of each of the choices, those first to whom the fewest mistakes lead."""
    few = [numbers for each in choices if (numbers := _few_with(connection, each)) is not None]
    rows: Iterable[Any]
    if few:
        rows = _of_few(connection, set.intersection(*few), choices)
    else:
        rows = _of_many(connection, choices, _LIKELY_A_WANTED * limit)
    found: set[tuple[int, str, int]] = set()
    for number, lines in rows:
        mistakes = [min((c.mistakes for c in each if c.is_in(lines)), default=None) for each in choices]
        if None not in mistakes:
            found.add((sum(each or 0 for each in mistakes), lines, number))
    return [number for *_, number in sorted(found)[:limit]]


def _few_with(connection: Connection, choices: _Choices) -> set[int] | None:
    """All who have one of the words; None: they are many."""
    numbers: set[int] = set()
    for word, is_whole, _ in choices:
        some = with_word(connection, word, is_whole, _FEW + 1)
        numbers.update(some)
        if len(some) > _FEW or len(numbers) > _FEW:
            return None
    return numbers


def _of_few(connection: Connection, numbers: Iterable[int], choices: Sequence[_Choices]) -> Iterable[Any]:
    """The rows of those of the contacts who have one word of each of the choices."""
    query = select(searched.c.number, searched.c.lines).where(*map(_have_one, choices))
    for some in portions(sorted(numbers)):
        yield from connection.execute(query.where(searched.c.number.in_(some)))


def _of_many(connection: Connection, choices: Sequence[_Choices], most: int) -> Sequence[Any]:
    """At most so many rows of contacts who have one word of each of the choices, where each is had by many."""

    def holders(words: _Choices) -> int:
        return sum(count_with_word(connection, word, is_whole) for word, is_whole, _ in words)

    fewest, *others = sorted(choices, key=holders)
    return lines_with_all(connection, [choice[:2] for choice in fewest], map(_have_one, others), most)


def _have_one(choices: _Choices) -> ColumnElement[bool]:
    places = (place for word, is_whole, _ in choices for place in places_of(word, is_whole))
    return or_(*(searched.c.lines.contains(place) for place in places))
