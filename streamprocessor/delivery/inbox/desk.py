"""What becomes of news about leads, within one transaction: owners, events for Kafka, alerts, and what goes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import Connection

from streamprocessor.contract.lead_types import LEAD_ASSIGNED
from streamprocessor.delivery.announcements import Announcement
from streamprocessor.delivery.contacts import UNKNOWN_CONTACT, ContactFacts
from streamprocessor.delivery.deliveries import GATHERED, Delivery
from streamprocessor.delivery.inbox.payloads import ASSIGNED, OVERDUE, AlertWording, said_of
from streamprocessor.delivery.store import lead_rows
from streamprocessor.delivery.store.contact_rows import read_contacts
from streamprocessor.delivery.store.lead_rows import AlertRow, LeadRow
from streamprocessor.inbox.acts import MOST_ACTS, act_id_of, event_of, lead_id_of, read_stored_acts, stored_acts
from streamprocessor.inbox.alerts import HOUR_MS, free_ms, next_sending
from streamprocessor.inbox.episode import SYSTEM, UNTOUCHED_STATES, LeadAct, LeadState, after, state_of
from streamprocessor.inbox.rules import InboxRules, Salesperson, assignment_of

KEPT_MS = 90 * 86_400_000
_BEGAN = "began_ms"


class ActNews(NamedTuple):
    """An act as Kafka has it. arrival_ms: since when."""

    contact_id: str
    act: LeadAct
    arrival_ms: int


class Outgoing(NamedTuple):
    """What goes out now. again_ms: when to look again, though nothing new comes; None: never."""

    deliveries: list[Delivery]
    again_ms: int | None


@dataclass(frozen=True)
class InboxDesk:
    """Takes news of leads.

    receivers: names of what people's alerts are dispatched under, by the people's; who has none is not told.
    """

    rules: InboxRules
    wording: AlertWording
    receivers: Mapping[str, str]

    def begin(self, rows: Connection, now_ms: int) -> None:
        """Keep since when this database tells people; what was so before is no news."""
        if lead_rows.read_counter(rows, _BEGAN) is None:
            lead_rows.write_counter(rows, _BEGAN, now_ms)

    def take_hot_lead(self, rows: Connection, announcement: Announcement, facts: ContactFacts) -> None:
        """Keep the hot lead, and have Kafka get whose it is; one that is known is no news.

        One whose contact was erased meanwhile is none: an event of it would begin that contact anew. What was done with
        it before by events of another contact goes.
        """
        if not facts.is_known or announcement.at_ms <= facts.erased_ms:
            return
        lead = lead_rows.read_lead(rows, announcement.id)
        if lead is not None and lead.contact_id != announcement.contact_id:
            lead = None
        if lead is not None and lead.said:
            return
        lead = lead or LeadRow(announcement.id, announcement.contact_id, announcement.at_ms, state=LeadState().state)
        lead_rows.write_lead(rows, replace(lead, at_ms=announcement.at_ms, said=said_of(announcement)))
        if any(act.type == LEAD_ASSIGNED for act in read_stored_acts(lead.acts)):
            return  # by another database, before this one began
        act = self._assigned(rows, announcement, facts, lead)
        if act.to is not None or act.due_ms is not None:
            value = event_of(announcement.contact_id, act)
            lead_rows.keep_event(rows, act.id, announcement.contact_id, value)

    def take_act(self, rows: Connection, news: ActNews) -> None:
        """Keep the act, and have told whom it concerns; one that is known, or another contact's, is no news."""
        act = news.act
        lead = lead_rows.read_lead(rows, act.episode) or LeadRow(act.episode, news.contact_id, act.at_ms)
        acts = read_stored_acts(lead.acts)
        is_anothers = lead.contact_id != news.contact_id
        if is_anothers or len(acts) >= MOST_ACTS or any(act.id == known.id for known in acts):
            return
        state = after(state_of(acts), act)
        lead_rows.write_lead(
            rows, replace(lead, acts=stored_acts([*acts, act]), state=state.state, due_ms=state.due_ms)
        )
        is_news = news.arrival_ms >= (lead_rows.read_counter(rows, _BEGAN) or 0)
        if act.type == LEAD_ASSIGNED and act.to is not None and act.to != act.by and is_news:
            self._have_told(rows, AlertRow(f"{act.id}:assigned", act.to, ASSIGNED, *_place(lead), news.arrival_ms))

    def send(self, rows: Connection, now_ms: int) -> Outgoing:
        """What goes out at this instant, once all that Kafka has is taken."""
        began_ms = lead_rows.read_counter(rows, _BEGAN) or 0
        due = lead_rows.leads_due(rows, UNTOUCHED_STATES, began_ms, now_ms)
        for lead in due:
            for person in self.rules.escalate_to:
                alert_id = f"lead:{lead_id_of(lead.episode)}:overdue:{lead.due_ms}:{person}"
                self._have_told(rows, AlertRow(alert_id, person, OVERDUE, *_place(lead), now_ms))
        lead_rows.note_escalated(rows, due)
        is_all = len(due) < lead_rows.AT_ONCE
        again_ms = [lead_rows.next_due_ms(rows, UNTOUCHED_STATES, now_ms) if is_all else now_ms]
        deliveries: list[Delivery] = []
        for name in self.receivers:
            outgoing = self._send_to(rows, self.rules.people[name], now_ms)
            deliveries += outgoing.deliveries
            again_ms.append(outgoing.again_ms)
        return Outgoing(deliveries, min((each for each in again_ms if each is not None), default=None))

    def _assigned(self, rows: Connection, announcement: Announcement, facts: ContactFacts, lead: LeadRow) -> LeadAct:
        """The rules' own act; of people who take turns one has had its turn with it, unless the contact was theirs."""
        keys = {rule.turn_key for rule in self.rules.owners}
        turns = {key: lead_rows.read_counter(rows, f"turns {key}") or 0 for key in keys}
        other = lead_rows.newest_other_lead(rows, lead)
        before = None if other is None else state_of(read_stored_acts(other.acts)).owner
        owner, key = assignment_of(self.rules, facts.attributes, turns, before)
        if key is not None:
            lead_rows.write_counter(rows, f"turns {key}", turns[key] + 1)
        return LeadAct(
            id=act_id_of(announcement.id, LEAD_ASSIGNED, 0),
            type=LEAD_ASSIGNED,
            episode=announcement.id,
            score_name=str(announcement.data.get("score_name") or ""),
            by=SYSTEM,
            at_ms=announcement.at_ms,
            to=owner,
            due_ms=self.rules.due_ms(announcement.at_ms),
        )

    def _have_told(self, rows: Connection, alert: AlertRow) -> None:
        if alert.person in self.receivers:
            lead_rows.keep_alert(rows, alert)

    def _send_to(self, rows: Connection, person: Salesperson, now_ms: int) -> Outgoing:
        alerts = lead_rows.alerts_waiting(rows, person.name)
        told_ms = lead_rows.told_ms(rows, person.name, now_ms - HOUR_MS)
        alone, gathered, again_ms = next_sending(person.limits, told_ms, len(alerts), now_ms)
        if not alone and not gathered:
            return Outgoing([], again_ms)
        leads = lead_rows.read_leads(rows, [alert.episode for alert in alerts])
        contacts = read_contacts(rows, {alert.contact_id for alert in alerts})
        moot = {
            alert
            for alert in alerts
            if _is_moot(alert, leads.get(alert.episode), contacts.get(alert.contact_id, UNKNOWN_CONTACT))
        }
        lead_rows.drop_alerts(rows, moot)
        alerts = [alert for alert in alerts if alert not in moot]
        alone, gathered, again_ms = next_sending(person.limits, told_ms, len(alerts), now_ms)
        deliveries = []
        for alert in alerts[:alone]:
            facts = contacts.get(alert.contact_id, UNKNOWN_CONTACT)
            body = self.wording.body_of(alert, leads[alert.episode], facts.attributes, person.form)
            deliveries.append(self._delivery(rows, [alert], body, now_ms))
        if gathered:
            some = alerts[alone : alone + gathered]
            deliveries.append(self._delivery(rows, some, self.wording.gathered_body_of(some, person.form), now_ms))
        return Outgoing(deliveries, again_ms)

    def _delivery(self, rows: Connection, alerts: Sequence[AlertRow], body: bytes, now_ms: int) -> Delivery:
        """The message of these alerts, which are kept as told."""
        first, more = alerts[0], f":and-{len(alerts) - 1}" if len(alerts) > 1 else ""
        receiver = self.receivers[first.person]
        webhook_id = f"{first.alert_id}{more}/{receiver}"
        told_ms = lead_rows.told_ms(rows, first.person, first.made_ms - HOUR_MS)
        free_at_ms = free_ms(self.rules.people[first.person].limits, told_ms, first.made_ms, now_ms)
        lead_rows.note_told(rows, alerts, webhook_id, now_ms)
        return Delivery(
            number=0,
            webhook_id=webhook_id,
            subscription=receiver,
            contact_id=GATHERED if more else first.contact_id,
            body=body,
            at_ms=free_at_ms,  # so that it is not late by hours in which nobody is to be told
            queued_ms=now_ms,
        )


def _is_moot(alert: AlertRow, lead: LeadRow | None, facts: ContactFacts) -> bool:
    """Whether the person need not be told any more: the lead is another's, called, closed or gone.

    Of a contact that was merged into another one the other one's leads are told.
    """
    if lead is None or lead.state not in UNTOUCHED_STATES or facts.is_merged:
        return True
    return alert.kind == ASSIGNED and state_of(read_stored_acts(lead.acts)).owner != alert.person


def _place(lead: LeadRow) -> tuple[str, str]:
    return lead.episode, lead.contact_id
