"""All contacts of a filter, some at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection

from streamprocessor.readmodel.routing.context import ApiContext
from streamprocessor.readmodel.store import queries
from streamprocessor.scoring.model.contact_filter import ContactFilter

T = TypeVar("T")

_ROWS_AT_ONCE = 1_000


def contact_portions(
    context: ApiContext, filter_: ContactFilter, read: Callable[[Connection, Sequence[str]], T]
) -> Iterator[tuple[Sequence[Any], T]]:
    """Rows of the contacts by their ids, so that each comes once, whatever its scores do meanwhile.

    Beside them what `read` answers of a portion's ids, in the transaction in which its rows are read.
    """
    after: str | None = None
    while True:
        with context.reading() as connection:
            rows = queries.contacts_in_order(connection, filter_, _ROWS_AT_ONCE, after)
            beside = read(connection, [row.contact_id for row in rows])
        if rows:
            yield rows, beside
        if len(rows) < _ROWS_AT_ONCE:
            return
        after = rows[-1].contact_id
