"""Questions to the tables, each one SELECT."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, func, or_, select

from streamprocessor.readmodel.filters import ContactFilter, narrowed
from streamprocessor.readmodel.spread import Cell, Landmarks, Spread
from streamprocessor.readmodel.tables import contacts, history, hot_leads, scores, segments

SHOWN = (
    contacts.c.contact_id,
    contacts.c.updated_at_ms,
    contacts.c.holds_until_ms,
    contacts.c.hot_since_ms,
    contacts.c.suppressed,
    contacts.c.attributes,
)


class Order(NamedTuple):
    """By which score contacts are sorted; value: of a `by` score, "" of any other."""

    score: str
    value: str = ""
    is_descending: bool = True


def page_of_contacts(
    connection: Connection, order: Order, wanted: ContactFilter, limit: int, after: tuple[int, str] | None = None
) -> Sequence[Any]:
    """Contacts that have the score, sorted by it and then by contact; after: position and contact of the one before.

    Rows have SHOWN, unrounded_nano, presented_nano and stage.
    """
    shown = (*SHOWN, scores.c.unrounded_nano, scores.c.presented_nano, scores.c.stage)
    query = narrowed(_with_score(select(*shown), order), wanted, (order.score, order.value))
    position, contact = scores.c.unrounded_nano, scores.c.contact_id
    if order.is_descending:
        query = query.order_by(position.desc(), contact)
    else:
        query = query.order_by(position, contact.desc())
    if after is not None:
        # The bound on the position alone is what the index can begin at.
        if order.is_descending:
            is_later = or_(position < after[0], contact > after[1])
            query = query.where(position <= after[0], is_later)
        else:
            is_later = or_(position > after[0], contact < after[1])
            query = query.where(position >= after[0], is_later)
    return connection.execute(query.limit(limit)).all()


def count_contacts(connection: Connection, wanted: ContactFilter) -> int:
    """How many contacts are wanted."""
    query = narrowed(select(func.count()).select_from(contacts), wanted)
    return int(connection.execute(query).scalar_one())


def scores_of(connection: Connection, contact_ids: Collection[str]) -> dict[str, list[Any]]:
    """All score rows of the contacts, in order of name and, within a `by` score, the strongest first."""
    query = (
        select(scores)
        .where(scores.c.contact_id.in_(contact_ids))
        .order_by(scores.c.contact_id, scores.c.name, scores.c.unrounded_nano.desc(), scores.c.value)
    )
    found: dict[str, list[Any]] = {contact_id: [] for contact_id in contact_ids}
    for row in connection.execute(query):
        found[row.contact_id].append(row)
    return found


def contact_row(connection: Connection, contact_id: str) -> Any | None:
    """SHOWN and the record of one contact; None: there is none."""
    query = select(*SHOWN, contacts.c.record).where(contacts.c.contact_id == contact_id)
    return connection.execute(query).one_or_none()


def spread_of(connection: Connection, score: str, value: str) -> Spread:
    """How the score is spread over all contacts that have it."""
    of_score = and_(scores.c.name == score, scores.c.value == value)
    unrounded = scores.c.unrounded_nano
    query = (
        select(scores.c.presented_nano, scores.c.stage, func.count(), func.min(unrounded), func.max(unrounded))
        .where(of_score)
        .group_by(scores.c.presented_nano, scores.c.stage)
    )
    cells = [Cell(*row) for row in connection.execute(query)]
    numbers = sorted(cell for cell in cells if cell.presented_nano is not None)
    if not numbers:
        return Spread(cells, None)
    count = sum(cell.contacts for cell in numbers)
    middles = {(count - 1) // 2, count // 2}
    found = [_nth(connection, of_score, numbers, middle) for middle in middles]
    landmarks = Landmarks(
        min(cell.lowest_nano for cell in numbers), sum(found) / len(found), max(cell.highest_nano for cell in numbers)
    )
    return Spread(cells, landmarks)


def steps_of(connection: Connection, contact_id: str, before: int | None, limit: int) -> Sequence[Any]:
    """The contact's announced steps, the newest first; before: a sequence number that they are below."""
    query = (
        select(history.c.sequence, history.c.said)
        .join(contacts, contacts.c.contact_id == history.c.contact_id)
        .where(history.c.contact_id == contact_id, history.c.at_ms > contacts.c.born_ms)
        .order_by(history.c.sequence.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(history.c.sequence < before)
    return connection.execute(query).all()


def hot_leads_before(connection: Connection, before: int | None, limit: int) -> Sequence[Any]:
    """Announced hot leads whose contacts are there, the newest first; before: a number that they are below."""
    query = _hot_leads().order_by(hot_leads.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(hot_leads.c.number < before)
    return connection.execute(query).all()


def hot_leads_after(connection: Connection, after: int, limit: int) -> Sequence[Any]:
    """Announced hot leads, the oldest first, with numbers above `after`; their contacts may be on the way still."""
    query = select(hot_leads.c.number, hot_leads.c.said).where(hot_leads.c.number > after)
    return connection.execute(query.order_by(hot_leads.c.number).limit(limit)).all()


def newest_hot_lead(connection: Connection) -> int:
    """The number of the last one; 0: there was none."""
    return connection.execute(select(func.max(hot_leads.c.number))).scalar() or 0


def values_of(connection: Connection, score: str) -> Sequence[Any]:
    """(value, count) of a `by` score, the most common first."""
    query = (
        select(scores.c.value, func.count().label("count"))
        .where(scores.c.name == score, scores.c.value != "")
        .group_by(scores.c.value)
        .order_by(func.count().desc(), scores.c.value)
        .limit(1_000)
    )
    return connection.execute(query).all()


def all_segments(connection: Connection) -> Sequence[Any]:
    """(name, filter) of every kept segment, by name."""
    return connection.execute(select(segments).order_by(segments.c.name)).all()


def segment_filter(connection: Connection, name: str) -> str | None:
    """The JSON of a kept segment's filter; None: there is none of that name."""
    return connection.execute(select(segments.c.filter).where(segments.c.name == name)).scalar()


def _with_score(query: Select[Any], order: Order) -> Select[Any]:
    return (
        query.select_from(scores)
        .join(contacts, contacts.c.contact_id == scores.c.contact_id)
        .where(scores.c.name == order.score, scores.c.value == order.value)
    )


def _hot_leads() -> Select[Any]:
    # A row may come before its contact's does; one of an erased contact is on its way out.
    return (
        select(hot_leads.c.number, hot_leads.c.said)
        .join(contacts, contacts.c.contact_id == hot_leads.c.contact_id)
        .where(hot_leads.c.at_ms > contacts.c.born_ms)
    )


def _nth(connection: Connection, of_score: Any, cells: list[Cell], index: int) -> int:
    """The unrounded score at the index, from the lowest on; only those shown like it are looked through."""
    for _, group in groupby(cells, key=lambda cell: cell.presented_nano):
        alike = list(group)
        count = sum(cell.contacts for cell in alike)
        if index < count:
            return _nth_alike(connection, of_score, alike, index)
        index -= count
    message = f"spread: wanted an index within {len(cells)} cells; got one beyond them"
    raise IndexError(message)


def _nth_alike(connection: Connection, of_score: Any, alike: list[Cell], index: int) -> int:
    lowest, highest = min(cell.lowest_nano for cell in alike), max(cell.highest_nano for cell in alike)
    if lowest == highest:
        return lowest
    query = (
        select(scores.c.unrounded_nano)
        .where(of_score, scores.c.unrounded_nano.between(lowest, highest))
        .order_by(scores.c.unrounded_nano)
        .offset(index)
        .limit(1)
    )
    return int(connection.execute(query).scalar_one())
