"""Keys that begin alike, as ranges of the index."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Select, bindparam, func, select, union_all

from streamprocessor.readmodel.search.keys import Rank
from streamprocessor.readmodel.store.tables import search_keys, searched

MOST_COUNTED = 3_000

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


def count_with_word(connection: Connection, beginning: str, is_whole_word: bool) -> int:
    """About how many contacts with_word would find, at most MOST_COUNTED of each rank."""
    return int(connection.execute(_COUNT, _bounds(beginning, is_whole_word)).scalar_one())


def lines_with_all(
    connection: Connection, first: Collection[tuple[str, bool]], others: Iterable[ColumnElement[bool]], most: int
) -> Sequence[Any]:
    """Rows of contacts that have one of the first words, each as with_word takes it, and whose lines pass the others.

    They come in no order, some twice.
    """
    either = union_all(*(_within(rank, **_bounds(*word)) for word in first for rank in Rank)).subquery()
    query = select(searched.c.number, searched.c.lines).join_from(
        either, searched, searched.c.number == either.c.number
    )
    return connection.execute(query.where(*others).limit(most)).all()


def _within(rank: Any, least: Any, above: Any) -> Select[Any]:
    columns = search_keys.c
    return select(columns.number).where(columns.rank == rank, columns.text >= least, columns.text < above)


def _bounds(beginning: str, is_whole_word: bool) -> dict[str, Any]:
    return {"least": beginning, "above": beginning + (_END_OF_WORD if is_whole_word else _ANYTHING)}


_LEAST: BindParameter[str] = bindparam("least")
_ABOVE: BindParameter[str] = bindparam("above")
_MOST: BindParameter[int] = bindparam("most")
_BY_TEXT = _within(bindparam("of_rank"), _LEAST, _ABOVE).order_by(search_keys.c.text, search_keys.c.number).limit(_MOST)
_OF_ANY_RANK = union_all(*(_within(rank, _LEAST, _ABOVE) for rank in Rank)).limit(_MOST)
_COUNT = select(func.count()).select_from(
    union_all(
        *(select(_within(rank, _LEAST, _ABOVE).limit(MOST_COUNTED).subquery().c.number) for rank in Rank)
    ).subquery()
)
