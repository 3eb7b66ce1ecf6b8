"""Questions to the tables, each one SELECT."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select, tuple_

from streamprocessor.process.databases import portions
from streamprocessor.readmodel.store.cursors import ScorePosition
from streamprocessor.readmodel.store.filters import SqlCondition, conditions_of, score_is
from streamprocessor.readmodel.store.tables import PLACE, contacts, history, hot_leads, scores, segments
from streamprocessor.readmodel.store.tallies import tallied_contacts
from streamprocessor.scoring.model.contact_filter import ContactFilter

_STEPS_A_CONTACT = 10
_FEW = 2_000
SHOWN = (
    contacts.c.contact_id,
    contacts.c.updated_at_ms,
    contacts.c.last_seen_ms,
    contacts.c.holds_until_ms,
    contacts.c.hot_since_ms,
    contacts.c.suppressed,
    contacts.c.attributes,
)


class SortOrder(NamedTuple):
    """By which score contacts are sorted."""

    score: str
    value: str = ""
    """Of a `by` score; "" of any other."""
    is_descending: bool = True


def page_of_contacts(
    connection: Connection, order: SortOrder, filter_: ContactFilter, limit: int, after: ScorePosition | None = None
) -> Sequence[Any]:
    """Contacts that have the score, sorted by it and then by contact; after: where the one before stands.

    Rows have SHOWN, unrounded_nano, presented_nano and stage.
    """
    shown = (*SHOWN, scores.c.unrounded_nano, scores.c.presented_nano, scores.c.stage)
    query = _with_score(select(*shown), order)
    for each in filter_.scores:
        if (each.score, each.value) == (order.score, order.value):
            query = query.where(*score_is(scores.c, each))
    conditions = conditions_of(filter_, besides=(order.score, order.value))
    query = query.where(*(condition.holds_of(scores.c.contact_id) for condition in conditions))
    if after is not None:
        query = query.where(_is_beyond(order, after))
    place: Sequence[ColumnElement[Any]] = PLACE
    if (few := _fewest(connection, conditions)) is not None:
        # Through the contacts, not through the sorted index, which SQLite would take to be spared the sorting.
        query, place = query.where(scores.c.contact_id.in_(few)), [PLACE[0] + 0, *PLACE[1:]]
    query = query.order_by(*(column.desc() if order.is_descending else column for column in place))
    return connection.execute(query.limit(limit)).all()


def contacts_in_order(connection: Connection, filter_: ContactFilter, limit: int, after: str | None) -> Sequence[Any]:
    """Contacts by their ids, SHOWN of each; after: the id that they come behind. Scores that move skip nobody."""
    contact_id, conditions = contacts.c.contact_id, conditions_of(filter_)
    query = select(*SHOWN).where(*(condition.holds_of(contact_id) for condition in conditions))
    if after is not None:
        query = query.where(contact_id > after)
    if (few := _fewest(connection, conditions)) is not None:
        query = query.where(contact_id.in_(few))
    return connection.execute(query.order_by(contact_id).limit(limit)).all()


def _fewest(connection: Connection, conditions: Sequence[SqlCondition]) -> list[str] | None:
    """The contacts of whom that one of the conditions holds that holds of fewest; None: each holds of more than a few.

    They are named then, for going through a million contacts to find ten of them takes seconds.
    """
    holders = [connection.execute(each.ids().limit(_FEW + 1)).scalars().all() for each in conditions]
    return min((list(ids) for ids in holders if len(ids) <= _FEW), key=len, default=None)


def _is_beyond(order: SortOrder, after: ScorePosition) -> ColumnElement[bool]:
    """One comparison of rows, which is where the index begins; labels have no number to compare."""
    is_label = after.presented_nano is None
    here, there = (tuple_(*PLACE[1:]), tuple_(*after[1:])) if is_label else (tuple_(*PLACE), tuple_(*after))
    is_beyond = here < there if order.is_descending else here > there
    return and_(scores.c.presented_nano.is_(None), is_beyond) if is_label else is_beyond


def count_contacts(connection: Connection, filter_: ContactFilter) -> int:
    """How many contacts the filter holds."""
    if len(filter_.scores) == 1 and filter_ == ContactFilter(scores=filter_.scores):
        return tallied_contacts(connection, filter_.scores[0])
    conditions = conditions_of(filter_)
    base = (conditions[0].ids() if conditions else select(contacts.c.contact_id)).subquery()
    contact_id = base.c.contact_id
    query = select(func.count()).select_from(base).where(*(each.holds_of(contact_id) for each in conditions[1:]))
    if (few := _fewest(connection, conditions[1:])) is not None:
        query = query.where(contact_id.in_(few))
    return int(connection.execute(query).scalar_one())


def scores_of(connection: Connection, contact_ids: Collection[str]) -> dict[str, list[Any]]:
    """All score rows of the contacts, in order of name and, within a `by` score, the strongest first."""
    query = (
        select(scores)
        .where(scores.c.contact_id.in_(contact_ids))
        .order_by(scores.c.contact_id, scores.c.name, scores.c.unrounded_nano.desc(), scores.c.value)
    )
    rows: dict[str, list[Any]] = {contact_id: [] for contact_id in contact_ids}
    for row in connection.execute(query):
        rows[row.contact_id].append(row)
    return rows


def contact_row(connection: Connection, contact_id: str) -> Any | None:
    """The row of one contact, SHOWN and its record; None: there is none."""
    if "\0" in contact_id:  # no database holds it, and not each may be asked for it
        return None
    query = select(*SHOWN, contacts.c.record).where(contacts.c.contact_id == contact_id)
    return connection.execute(query).one_or_none()


def attributes_of(connection: Connection, contact_ids: Collection[str]) -> dict[str, str]:
    """The JSON of the contacts' attributes; of whom nothing is stored are left out."""
    query = select(contacts.c.contact_id, contacts.c.attributes)
    wanted = [contact_id for contact_id in contact_ids if "\0" not in contact_id]  # no database holds it
    questions = [query.where(contacts.c.contact_id.in_(some)) for some in portions(wanted)]
    return {row.contact_id: row.attributes for question in questions for row in connection.execute(question)}


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


def last_steps_of(connection: Connection, contact_ids: Collection[str], steps: int) -> dict[str, list[str]]:
    """The JSON of the contacts' last announced steps, so many of each, the newest first."""
    newest = (
        select(history.c.contact_id, func.max(history.c.sequence).label("sequence"))
        .where(history.c.contact_id.in_(contact_ids))
        .group_by(history.c.contact_id)
        .subquery()
    )
    query = (
        select(history.c.contact_id, history.c.said)
        .join(newest, history.c.contact_id == newest.c.contact_id)
        .where(history.c.sequence > newest.c.sequence - steps)
        .order_by(history.c.contact_id, history.c.sequence.desc())
    )
    steps_of_contacts: dict[str, list[str]] = {contact_id: [] for contact_id in contact_ids}
    for contact_id, announcement in connection.execute(query):
        steps_of_contacts[contact_id].append(announcement)
    return steps_of_contacts


def records_changed_last(connection: Connection, count: int) -> list[bytes]:
    """Records of contacts, of those first whose announced scores changed last; about so many."""
    newest = select(history.c.contact_id).order_by(history.c.at_ms.desc()).limit(_STEPS_A_CONTACT * count)
    ids = list(dict.fromkeys(connection.execute(newest).scalars()))[:count]
    return list(connection.execute(select(contacts.c.record).where(contacts.c.contact_id.in_(ids))).scalars())


def hot_leads_before(connection: Connection, before: int | None, limit: int) -> Sequence[Any]:
    """Announced hot leads whose contacts are there, the newest first; before: a number that they are below."""
    query = _hot_leads().order_by(hot_leads.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(hot_leads.c.number < before)
    return connection.execute(query).all()


def hot_leads_after(connection: Connection, after: int, limit: int) -> Sequence[Any]:
    """Announced hot leads with numbers above `after`, the oldest first; attributes: None of contacts on the way."""
    query = (
        select(hot_leads.c.number, hot_leads.c.said, contacts.c.attributes)
        .outerjoin(contacts, contacts.c.contact_id == hot_leads.c.contact_id)
        .where(hot_leads.c.number > after)
    )
    return connection.execute(query.order_by(hot_leads.c.number).limit(limit)).all()


def newest_hot_lead(connection: Connection) -> int:
    """The number of the last one; 0: there was none."""
    return connection.execute(select(func.max(hot_leads.c.number))).scalar() or 0


def all_segments(connection: Connection) -> Sequence[Any]:
    """All stored segments, (name, filter) of each, by name."""
    return connection.execute(select(segments).order_by(segments.c.name)).all()


def segment_filter(connection: Connection, name: str) -> str | None:
    """The JSON of a stored segment's filter; None: there is none of that name."""
    return connection.execute(select(segments.c.filter).where(segments.c.name == name)).scalar()


def _with_score(query: Select[Any], order: SortOrder) -> Select[Any]:
    return (
        query.select_from(scores)
        .join(contacts, contacts.c.contact_id == scores.c.contact_id)
        .where(scores.c.name == order.score, scores.c.value == order.value)
    )


def _hot_leads() -> Select[Any]:
    # A row may come before its contact's does; one of an erased contact is on its way out.
    return (
        select(hot_leads.c.number, hot_leads.c.said, contacts.c.attributes)
        .join(contacts, contacts.c.contact_id == hot_leads.c.contact_id)
        .where(hot_leads.c.at_ms > contacts.c.born_ms)
    )
