"""The last announcement of a contact, or of anybody who is there."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Table, select

from streamprocessor.contract.topic_names import BECAME_HOT_LEAD, SCORE_UPDATED
from streamprocessor.readmodel.store.tables import contacts, history, hot_leads


class LatestAnnouncement(NamedTuple):
    """An announcement. event: its topic's short name. said: its JSON."""

    event: str
    id: str
    contact_id: str
    said: str


def latest_hot_lead(connection: Connection, contact_id: str | None) -> LatestAnnouncement | None:
    """The newest hot lead, of the contact or, None, of anybody; None: there is none."""
    query = _of_those_who_are_there(hot_leads, hot_leads.c.event_id).order_by(hot_leads.c.number.desc())
    row = connection.execute(_of(query, hot_leads.c.contact_id, contact_id)).first()
    return None if row is None else LatestAnnouncement(BECAME_HOT_LEAD, row.event_id, row.contact_id, row.said)


def latest_step(connection: Connection, contact_id: str | None) -> LatestAnnouncement | None:
    """The newest score-updated, as latest_hot_lead; its id is none that was announced, for that is not kept."""
    query = _of_those_who_are_there(history, history.c.sequence)
    by_age = history.c.at_ms.desc() if contact_id is None else history.c.sequence.desc()
    row = connection.execute(_of(query.order_by(by_age), history.c.contact_id, contact_id)).first()
    if row is None:
        return None
    return LatestAnnouncement(SCORE_UPDATED, f"preview:{row.contact_id}:{row.sequence}", row.contact_id, row.said)


def _of_those_who_are_there(table: Table, number: ColumnElement[Any]) -> Select[Any]:
    query = select(number, table.c.contact_id, table.c.said)
    return query.join(contacts, contacts.c.contact_id == table.c.contact_id).where(table.c.at_ms > contacts.c.born_ms)


def _of(query: Select[Any], column: ColumnElement[Any], contact_id: str | None) -> Select[Any]:
    return (query if contact_id is None else query.where(column == contact_id)).limit(1)
