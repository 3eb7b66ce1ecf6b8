"""Questions about the hot-lead inbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select, tuple_

from streamprocessor.inbox.episode import CLOSED_STATES, OPEN_STATES, UNTOUCHED_STATES
from streamprocessor.readmodel.store.cursors import LeadPosition
from streamprocessor.readmodel.store.tables import contacts, hot_leads, leads

MOST_COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """Which leads are meant.

    owner: "" those without one; None: anybody's.
    overdue_ms: those that were due by the instant and that nobody has called since; None: others, too.
    """

    states: tuple[str, ...]
    owner: str | None = None
    overdue_ms: int | None = None


def page_of_leads(connection: Connection, filter_: LeadFilter, limit: int, after: LeadPosition | None) -> Sequence[Any]:
    """The leads whose contacts are there, in the order of their places, each with what was announced of it."""
    query = _leads(leads.c.lead_id, leads.c.contact_id, leads.c.acts, leads.c.place_ms)
    query = query.add_columns(hot_leads.c.said, contacts.c.attributes).where(*_conditions(filter_))
    if after is not None:
        query = query.where(tuple_(leads.c.place_ms, leads.c.lead_id) > tuple_(*after))
    return connection.execute(query.order_by(leads.c.place_ms, leads.c.lead_id).limit(limit)).all()


def lead_row(connection: Connection, lead_id: str) -> Any | None:
    """One lead as in a page; its episode, too. None: there is none, or its contact is gone."""
    query = _leads(leads.c.lead_id, leads.c.contact_id, leads.c.acts, leads.c.place_ms, leads.c.episode)
    query = query.add_columns(hot_leads.c.said, contacts.c.attributes).where(leads.c.lead_id == lead_id)
    return connection.execute(query).one_or_none()


def count_leads(connection: Connection, filter_: LeadFilter) -> int:
    """How many leads the filter holds, counted up to MOST_COUNTED."""
    some = _leads(leads.c.lead_id).where(*_conditions(filter_)).limit(MOST_COUNTED).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one())


def _leads(*columns: Any) -> Select[Any]:
    # As hot leads: a row may come before its contact's does; one of an erased contact is on its way out.
    return (
        select(*columns)
        .join(hot_leads, hot_leads.c.event_id == leads.c.episode)
        .join(contacts, contacts.c.contact_id == leads.c.contact_id)
        .where(leads.c.at_ms > contacts.c.born_ms)
    )


def _conditions(filter_: LeadFilter) -> list[ColumnElement[bool]]:
    conditions = [_is_in(filter_.states)]
    if filter_.owner is not None:
        conditions.append(leads.c.owner == filter_.owner)
    if filter_.overdue_ms is not None:
        # Where a lead is due, that is its place: a range of the index.
        conditions += [leads.c.state.in_(UNTOUCHED_STATES), leads.c.due_ms.is_not(None)]
        conditions.append(leads.c.place_ms <= filter_.overdue_ms)
    return conditions


def _is_in(states: tuple[str, ...]) -> ColumnElement[bool]:
    """Whether a lead is in one of the states, in such words that an index has them in order."""
    if set(states) in (set(OPEN_STATES), set(CLOSED_STATES)):
        return leads.c.closed.is_(set(states) == set(CLOSED_STATES))
    return leads.c.state.in_(states)
