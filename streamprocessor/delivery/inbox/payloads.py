"""What people are told of leads, as the JSON of a webhook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any

import orjson

from streamprocessor.contract.display import Display, display_name, subtitle
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.contract.topic_names import BECAME_HOT_LEAD
from streamprocessor.delivery.announcements import Announcement
from streamprocessor.delivery.store.lead_rows import AlertRow, LeadRow
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.inbox.acts import lead_id_of, read_stored_acts
from streamprocessor.inbox.business_hours import clock_at
from streamprocessor.inbox.episode import LeadState, state_of
from streamprocessor.inbox.rules import InboxRules

ASSIGNED, OVERDUE = "lead-assigned", "lead-overdue"
GATHERED = "leads-gathered"


def said_of(announcement: Announcement) -> str:
    """What is kept of the became-hot-lead message."""
    return orjson.dumps({"at": announcement.at, "at_ms": announcement.at_ms, "data": announcement.data}).decode()


@dataclass(frozen=True)
class AlertWording:
    """The words and the people's names that alerts are made of."""

    rules: InboxRules
    phrases: Phrases

    def body_of(self, alert: AlertRow, lead: LeadRow, attributes: Mapping[str, Any]) -> bytes:
        """The body of an alert about one lead. attributes: of its contact, as far as they are known."""
        state = state_of(read_stored_acts(lead.acts))
        announcement = _announcement_of(lead)
        words = self.phrases.words_of(announcement, attributes)
        display = Display(self.phrases.name_from)
        body = {
            "event": alert.kind,
            "text": self._sentence(alert.kind, words["sentence"] if lead.said else words["name"], state),
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
        return orjson.dumps(body)

    def gathered_body_of(self, alerts: Sequence[AlertRow]) -> bytes:
        """The body of many alerts in one. It names nobody: of whom somebody is erased meanwhile, nothing is in it."""
        kinds = Counter(alert.kind for alert in alerts)
        told = (f"{kinds[ASSIGNED]} leads are yours", f"{kinds[OVERDUE]} leads are overdue")
        sentence = ", ".join(words for words, kind in zip(told, (ASSIGNED, OVERDUE), strict=True) if kinds[kind])
        body = {
            "event": GATHERED,
            "text": f"{sentence}: they are in the inbox",
            "assigned": kinds[ASSIGNED],
            "overdue": kinds[OVERDUE],
            "lead_ids": list(dict.fromkeys(lead_id_of(alert.episode) for alert in alerts)),
        }
        return orjson.dumps(body)

    def _sentence(self, kind: str, sentence: str, state: LeadState) -> str:
        when = "" if state.due_ms is None else _clock_words(self.rules.hours.calendar.zone, state.due_ms)
        if kind == ASSIGNED:
            return f"{sentence}. Your lead{f', due {when}' if when else ''}"
        person = self.rules.people.get(state.owner or "")
        owner = state.owner if person is None else person.title
        return f"{sentence}. Overdue since {when}; owner: {owner or 'nobody'}"


def _announcement_of(lead: LeadRow) -> Announcement:
    """The became-hot-lead message; where it did not come, one that says nothing of the lead but whose it is."""
    said: dict[str, Any] = orjson.loads(lead.said) if lead.said else {}
    at, at_ms = said.get("at", format_rfc3339(lead.at_ms)), said.get("at_ms", lead.at_ms)
    return Announcement(BECAME_HOT_LEAD, lead.episode, "", "", lead.contact_id, at, at_ms, said.get("data", {}))


def _clock_words(zone: tzinfo, at_ms: int) -> str:
    """The instant as people there say it, such as `Mon 30 Nov, 12:00`."""
    return f"{clock_at(zone, at_ms):%a %-d %b, %H:%M}{' UTC' if zone is UTC else ''}"
