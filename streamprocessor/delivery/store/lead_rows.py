"""Rows of the hot-lead inbox: leads, what Kafka is to get of them, and who is to be told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, insert, select, update

from streamprocessor.delivery.store.tables import lead_alerts, lead_counters, lead_events, leads
from streamprocessor.process.databases import portions

AT_ONCE = 500
"""What is done within one transaction, which others wait for."""


@dataclass(frozen=True, slots=True)
class LeadRow:
    """What is kept of a hot lead.

    said: the announcement as JSON; "": it did not come yet.
    acts: JSON.
    escalated_ms: the due instant after which others were told; None: nobody was.
    """

    episode: str
    contact_id: str
    at_ms: int
    said: str = ""
    acts: str = "[]"
    state: str = ""
    due_ms: int | None = None
    escalated_ms: int | None = None


class AlertRow(NamedTuple):
    """Somebody is to be told of a lead. kind: of the reasons why."""

    alert_id: str
    person: str
    kind: str
    episode: str
    contact_id: str
    made_ms: int


_LEAD_COLUMNS = [leads.c[name] for name in LeadRow.__dataclass_fields__]
_ALERT_COLUMNS = [lead_alerts.c[name] for name in AlertRow._fields]


def read_lead(connection: Connection, episode: str) -> LeadRow | None:
    """The lead of that became-hot-lead message; None: nothing is known of it."""
    row = connection.execute(select(*_LEAD_COLUMNS).where(leads.c.episode == episode)).first()
    return None if row is None else LeadRow(*row)


def read_leads(connection: Connection, episodes: Collection[str]) -> dict[str, LeadRow]:
    """What is kept of these leads, by their episodes; of which nothing is kept are left out."""
    rows = (
        LeadRow(*row)
        for some in portions(episodes)
        for row in connection.execute(select(*_LEAD_COLUMNS).where(leads.c.episode.in_(some)))
    )
    return {lead.episode: lead for lead in rows}


def newest_other_lead(connection: Connection, lead: LeadRow) -> LeadRow | None:
    """The newest lead of the same contact besides this one; None: there is none."""
    others = select(*_LEAD_COLUMNS).where(leads.c.contact_id == lead.contact_id, leads.c.episode != lead.episode)
    row = connection.execute(others.order_by(leads.c.at_ms.desc(), leads.c.episode.desc()).limit(1)).first()
    return None if row is None else LeadRow(*row)


def write_lead(connection: Connection, lead: LeadRow) -> None:
    """Keep this of the lead from now on."""
    connection.execute(delete(leads).where(leads.c.episode == lead.episode))
    connection.execute(insert(leads).values({name: getattr(lead, name) for name in LeadRow.__dataclass_fields__}))


def leads_due(connection: Connection, states: Collection[str], after_ms: int, now_ms: int) -> list[LeadRow]:
    """Leads in these states that came due after the one instant and by the other, and of which nobody was told yet.

    At most AT_ONCE of them.
    """
    is_told = leads.c.escalated_ms.is_not(None) & (leads.c.escalated_ms == leads.c.due_ms)
    is_due = (leads.c.due_ms > after_ms, leads.c.due_ms <= now_ms)
    query = select(*_LEAD_COLUMNS).where(leads.c.state.in_(states), *is_due, ~is_told)
    first = query.order_by(leads.c.due_ms, leads.c.episode).limit(AT_ONCE)
    return [LeadRow(*row) for row in connection.execute(first)]


def note_escalated(connection: Connection, escalated: Collection[LeadRow]) -> None:
    """Keep that others were told of these leads, which are due."""
    for some in portions([lead.episode for lead in escalated]):
        connection.execute(update(leads).where(leads.c.episode.in_(some)).values(escalated_ms=leads.c.due_ms))


def next_due_ms(connection: Connection, states: Collection[str], after_ms: int) -> int | None:
    """When the next lead in these states comes due after the instant; None: none does."""
    query = select(leads.c.due_ms).where(leads.c.state.in_(states), leads.c.due_ms > after_ms)
    return connection.scalar(query.order_by(leads.c.due_ms).limit(1))


def keep_event(connection: Connection, event_id: str, contact_id: str, value: bytes) -> None:
    """Have Kafka get the event."""
    connection.execute(insert(lead_events).values(event_id=event_id, contact_id=contact_id, value=value))


def events_kept(connection: Connection) -> Sequence[Row[Any]]:
    """Events that Kafka is still to get, some at a time: (event_id, contact_id, value)."""
    return connection.execute(select(lead_events).order_by(lead_events.c.event_id).limit(AT_ONCE)).all()


def forget_events(connection: Connection, event_ids: Collection[str]) -> None:
    """Kafka has these events."""
    for some in portions(event_ids):
        connection.execute(delete(lead_events).where(lead_events.c.event_id.in_(some)))


def keep_alert(connection: Connection, alert: AlertRow) -> None:
    """Have somebody told; an alert whose id is known is none."""
    known = select(lead_alerts.c.alert_id).where(lead_alerts.c.alert_id == alert.alert_id)
    if connection.scalar(known) is None:
        connection.execute(insert(lead_alerts).values(alert._asdict()))


def alerts_waiting(connection: Connection, person: str) -> list[AlertRow]:
    """The alerts that the person is still to get, in the order of their coming."""
    is_waiting = (lead_alerts.c.person == person, lead_alerts.c.sent_ms.is_(None))
    query = select(*_ALERT_COLUMNS).where(*is_waiting).order_by(lead_alerts.c.made_ms, lead_alerts.c.alert_id)
    return [AlertRow(*row) for row in connection.execute(query)]


def told_ms(connection: Connection, person: str, after_ms: int) -> list[int]:
    """When the person was told after the instant, message by message."""
    columns = select(lead_alerts.c.webhook_id, lead_alerts.c.sent_ms).distinct()
    rows = connection.execute(columns.where(lead_alerts.c.person == person, lead_alerts.c.sent_ms > after_ms))
    return [sent_ms for _, sent_ms in rows]


def note_told(connection: Connection, alerts: Sequence[AlertRow], webhook_id: str, now_ms: int) -> None:
    """Keep that these went out in one message."""
    for some in portions([alert.alert_id for alert in alerts]):
        values = {"sent_ms": now_ms, "webhook_id": webhook_id}
        connection.execute(update(lead_alerts).where(lead_alerts.c.alert_id.in_(some)).values(values))


def drop_alerts(connection: Connection, alerts: Collection[AlertRow]) -> None:
    """Forget alerts that nobody needs any more."""
    for some in portions([alert.alert_id for alert in alerts]):
        connection.execute(delete(lead_alerts).where(lead_alerts.c.alert_id.in_(some)))


def read_counter(connection: Connection, name: str) -> int | None:
    """The number kept under the name; None: none is."""
    return connection.scalar(select(lead_counters.c.value).where(lead_counters.c.name == name))


def write_counter(connection: Connection, name: str, value: int) -> None:
    """Keep the number under the name."""
    connection.execute(delete(lead_counters).where(lead_counters.c.name == name))
    connection.execute(insert(lead_counters).values(name=name, value=value))


def forget_leads(connection: Connection, contact_ids: Collection[str]) -> None:
    """Forget all of these contacts' leads, who were erased."""
    for some in portions(contact_ids):
        for table in (leads, lead_events, lead_alerts):
            connection.execute(delete(table).where(table.c.contact_id.in_(some)))


def forget_old_leads(connection: Connection, before_ms: int) -> None:
    """Forget leads of before the instant, and that people were told before it."""
    connection.execute(delete(leads).where(leads.c.at_ms < before_ms))
    connection.execute(delete(lead_alerts).where(lead_alerts.c.sent_ms < before_ms))
