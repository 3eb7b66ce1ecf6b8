"""What people are told of leads, as the body of a webhook, of a message for Slack, or of a mail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any, NamedTuple

import orjson

from streamprocessor.contract.display import display_name, subtitle
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.contract.topic_names import BECAME_HOT_LEAD
from streamprocessor.delivery.announcements import Announcement
from streamprocessor.delivery.store.lead_rows import AlertRow, LeadRow
from streamprocessor.delivery.subscriptions.payload_templates import SLACK_MARKS
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.inbox.acts import lead_id_of, read_stored_acts
from streamprocessor.inbox.business_hours import clock_at
from streamprocessor.inbox.episode import LeadState, state_of
from streamprocessor.inbox.rules import MAIL, SLACK, InboxRules

ASSIGNED, OVERDUE = "lead-assigned", "lead-overdue"
LEADS_GATHERED = "leads-gathered"


class _Alert(NamedTuple):
    """What an alert says.

    headline, more: its sentences.
    facts: values by their labels; None is left out.
    link: where people see more; None: there is no address of the page.
    """

    headline: str
    more: str
    facts: Mapping[str, str | None]
    link: str | None


def said_of(announcement: Announcement) -> str:
    """What is kept of the became-hot-lead message."""
    return orjson.dumps({"at": announcement.at, "at_ms": announcement.at_ms, "data": announcement.data}).decode()


@dataclass(frozen=True)
class AlertWording:
    """The words and the people's names that alerts are made of."""

    rules: InboxRules
    phrases: Phrases

    def body_of(self, alert: AlertRow, lead: LeadRow, attributes: Mapping[str, Any], form: str) -> bytes:
        """The body of an alert about one lead.

        attributes: of its contact, as far as they are known. form: of FORMS in rules.py.
        """
        state = state_of(read_stored_acts(lead.acts))
        announcement = _announcement_of(lead)
        words = self.phrases.words_of(announcement, attributes)
        display = self.phrases.display
        said = _Alert(
            headline=words["headline"] if lead.said else words["name"],
            more=self._what_to_do(alert.kind, state),
            facts={
                "Why": words["because"],
                "Who": subtitle(display, attributes),
                "Due": self._when(state),
                "Owner": self._owner(state),
            },
            link=words.get("contact_url"),
        )
        body = {
            "event": alert.kind,
            "text": f"{words['sentence'] if lead.said else words['name']}. {said.more}",
            "lead": {
                "id": lead_id_of(lead.episode),
                "contact_id": lead.contact_id,
                "name": display_name(display, attributes),
                "subtitle": subtitle(display, attributes),
                "score_name": announcement.data.get("score_name"),
                "score": announcement.data.get("score"),
                "stage": announcement.data.get("stage"),
                "because": words["because"],
                "became_hot_at": announcement.at,
            },
            "owner": state.owner,
            "state": state.state,
            "due_at": None if state.due_ms is None else format_rfc3339(state.due_ms),
        }
        return _spelled(said, body, form)

    def gathered_body_of(self, alerts: Sequence[AlertRow], form: str) -> bytes:
        """The body of many alerts in one. It names nobody: of whom somebody is erased meanwhile, nothing is in it."""
        kinds = Counter(alert.kind for alert in alerts)
        told = (f"{_leads(kinds[ASSIGNED])} yours", f"{_leads(kinds[OVERDUE])} overdue")
        sentence = ", ".join(words for words, kind in zip(told, (ASSIGNED, OVERDUE), strict=True) if kinds[kind])
        page_url = self.phrases.page_url
        inbox_url = None if page_url is None else f"{page_url}/inbox"
        body = {
            "event": LEADS_GATHERED,
            "text": f"{sentence}. They are in the inbox",
            "assigned": kinds[ASSIGNED],
            "overdue": kinds[OVERDUE],
            "lead_ids": list(dict.fromkeys(lead_id_of(alert.episode) for alert in alerts)),
        }
        facts = {"Inbox": inbox_url} if form == MAIL else {}  # a mail's link says that it leads to a contact
        link = None if form == MAIL else inbox_url
        return _spelled(_Alert(sentence, "They are in the inbox", facts, link), body, form)

    def _what_to_do(self, kind: str, state: LeadState) -> str:
        when = self._when(state)
        if kind == ASSIGNED:
            return f"Your lead, due {when}" if when else "Your lead"
        return f"Overdue since {when}; owner: {self._owner(state)}"

    def _owner(self, state: LeadState) -> str:
        person = self.rules.people.get(state.owner or "")
        return (state.owner or "nobody") if person is None else person.title

    def _when(self, state: LeadState) -> str | None:
        return None if state.due_ms is None else _clock_words(self.rules.hours.calendar.zone, state.due_ms)


def _spelled(said: _Alert, body: Mapping[str, Any], form: str) -> bytes:
    if form == MAIL:
        facts = {label: fact for label, fact in said.facts.items() if fact}
        sentence = f"{said.headline}. {said.more}"
        return orjson.dumps({"subject": said.headline, "sentence": sentence, "facts": facts, "link": said.link})
    if form == SLACK:
        text = "".join(SLACK_MARKS.get(character, character) for character in body["text"])
        return orjson.dumps({"text": text if said.link is None else f"{text} <{said.link}|Open>"})
    return orjson.dumps({**body, "url": said.link})


def _leads(count: int) -> str:
    return "1 lead is" if count == 1 else f"{count} leads are"


def _announcement_of(lead: LeadRow) -> Announcement:
    """The became-hot-lead message; where it did not come, one that says nothing of the lead but whose it is."""
    said: dict[str, Any] = orjson.loads(lead.said) if lead.said else {}
    at, at_ms = said.get("at", format_rfc3339(lead.at_ms)), said.get("at_ms", lead.at_ms)
    return Announcement(BECAME_HOT_LEAD, lead.episode, "", "", lead.contact_id, at, at_ms, said.get("data", {}))


def _clock_words(zone: tzinfo, at_ms: int) -> str:
    """The instant as people there say it, such as `Mon 30 Nov, 12:00`."""
    return f"{clock_at(zone, at_ms):%a %-d %b, %H:%M}{' UTC' if zone is UTC else ''}"
