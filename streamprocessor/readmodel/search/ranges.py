"""Keys that begin alike, as ranges of the index."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, intersect, select, union_all

from streamprocessor.readmodel.search.keys import Rank
from streamprocessor.readmodel.store.tables import search_keys

_ANYTHING = "\U0010ffff"
_END_OF_WORD = "!"
"""Above the blank that parts words, and below whatever a word goes on with."""


def with_key(connection: Connection, rank: Rank, beginning: str, most: int) -> Sequence[int]:
    """The numbers of the first contacts in order that have a key of that rank that begins so."""
    asked = _bounds(beginning, is_whole_word=False) | {"of_rank": int(rank), "most": most}
    return connection.execute(_BY_TEXT, asked).scalars().all()


def with_word(connection: Connection, beginning: str, is_whole_word: bool, most: int) -> Sequence[int]:
    """The numbers of contacts a word of whom begins so, in no order, some twice. is_whole_word: and ends there."""
    return connection.execute(_OF_ANY_RANK, _bounds(beginning, is_whole_word) | {"most": most}).scalars().all()


def with_all(connection: Connection, choices: Sequence[Collection[tuple[str, bool]]], most: int) -> Sequence[int]:
    """The numbers of contacts that have one word of each of the choices. Each: as with_word takes it."""
    return connection.execute(intersect(*map(_with_any, choices)).limit(most)).scalars().all()


def _with_any(words: Collection[tuple[str, bool]]) -> Select[Any]:
    either = union_all(*(_within(rank, **_bounds(*word)) for word in words for rank in Rank)).subquery()
    return select(either.c.number)


def _within(rank: Any, least: Any, above: Any) -> Select[Any]:
    columns = search_keys.c
    return select(columns.number).where(columns.rank == rank, columns.text >= least, columns.text < above)


def _bounds(beginning: str, is_whole_word: bool) -> dict[str, Any]:
    return {"least": beginning, "above": beginning + (_END_OF_WORD if is_whole_word else _ANYTHING)}


_LEAST, _ABOVE, _MOST = bindparam("least"), bindparam("above"), bindparam("most")
_BY_TEXT = _within(bindparam("of_rank"), _LEAST, _ABOVE).order_by(search_keys.c.text, search_keys.c.number).limit(_MOST)
_OF_ANY_RANK = union_all(*(_within(rank, _LEAST, _ABOVE) for rank in Rank)).limit(_MOST)
