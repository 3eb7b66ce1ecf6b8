"""What people are told of a lead: all they need to act, in the form that their receiver takes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, cast

import orjson
import pytest

from streamprocessor.contract.lead_types import LEAD_ASSIGNED
from streamprocessor.contract.subscriptions.email import MailTarget
from streamprocessor.delivery.contacts import ContactContext
from streamprocessor.delivery.dispatch.mail_message import mail_bytes
from streamprocessor.delivery.inbox.payloads import ASSIGNED, OVERDUE, AlertWording, said_of
from streamprocessor.delivery.inbox.receivers import receivers_of
from streamprocessor.delivery.store.lead_rows import AlertRow, LeadRow
from streamprocessor.delivery.subscriptions.kept_secrets import KeptSecrets
from streamprocessor.delivery.subscriptions.mail_parts import mail_parts_of
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.delivery.subscriptions.resolve import SubscriptionResolver
from streamprocessor.delivery.subscriptions.secret_references import SecretReferences
from streamprocessor.delivery.subscriptions.segments import Segments
from streamprocessor.errors import OperatorError
from streamprocessor.inbox.acts import lead_id_of, stored_acts
from streamprocessor.inbox.episode import LeadAct
from streamprocessor.inbox.inbox_file import parse_inbox_file
from streamprocessor.inbox.rules import FORMS, JSON, MAIL, SLACK
from tests.delivery.leads import FRIDAY_MS, Lead

RULES = parse_inbox_file(
    """
time_zone: Europe/Berlin
people:
  mia: {name: Mia Meier, webhook: "https://hooks.example.com/mia"}
  tom: {name: Tom Thoma, webhook: "https://hooks.example.com/tom", format: slack}
  lea: {name: Lea Lang, email: lea@corp.example}
  ann: {name: Ann Arbor}
""",
    "inbox.yaml",
)
WORDING = AlertWording(RULES, Phrases(page_url="https://leads.example.com"))
ATTRIBUTES = {"first_name": "Jane", "last_name": "Roe & <b>", "job_title": "CEO", "company": "Northwind"}
LEAD = Lead("jane/1", 1)
EPISODE = LEAD.announcement().id
DUE_MS = int(datetime.fromisoformat("2026-11-23T12:00+01:00").timestamp() * 1000)
ACT = LeadAct("a", LEAD_ASSIGNED, EPISODE, "engagement", "system", FRIDAY_MS, "mia", due_ms=DUE_MS)
ROW = LeadRow(EPISODE, "jane/1", FRIDAY_MS, said_of(LEAD.announcement()), stored_acts([ACT]))


def alert(kind: str, person: str = "mia") -> AlertRow:
    return AlertRow(f"x:{kind}", person, kind, EPISODE, "jane/1", FRIDAY_MS)


def body(kind: str, form: str) -> Any:
    return orjson.loads(WORDING.body_of(alert(kind), ROW, ATTRIBUTES, form))


def test_a_webhook_says_who_why_and_by_when_in_one_sentence_and_part_by_part() -> None:
    assert body(ASSIGNED, JSON) == {
        "event": "lead-assigned",
        "text": "Jane Roe & <b> became a hot lead (41): pricing twice, contact us. Your lead, due Mon 23 Nov, 12:00",
        "lead": {
            "id": lead_id_of(EPISODE),
            "contact_id": "jane/1",
            "name": "Jane Roe & <b>",
            "subtitle": "CEO, Northwind",
            "score_name": "engagement",
            "score": 41,
            "stage": "hot",
            "because": "pricing twice, contact us",
            "became_hot_at": "2026-11-20T08:00:00.000Z",
        },
        "owner": "mia",
        "state": "new",
        "due_at": "2026-11-23T11:00:00.000Z",
        "url": "https://leads.example.com/contact?contact_id=jane%2F1",
    }
    assert body(OVERDUE, JSON)["text"].endswith("Overdue since Mon 23 Nov, 12:00; owner: Mia Meier")


def test_slack_gets_a_text_whose_names_are_no_markup_and_a_link() -> None:
    assert body(ASSIGNED, SLACK) == {
        "text": "Jane Roe &amp; &lt;b&gt; became a hot lead (41): pricing twice, contact us. "
        "Your lead, due Mon 23 Nov, 12:00 <https://leads.example.com/contact?contact_id=jane%2F1|Open>"
    }


def test_a_mail_has_parts_of_which_a_message_is_made() -> None:
    parts = mail_parts_of(WORDING.body_of(alert(OVERDUE, "lea"), ROW, ATTRIBUTES, MAIL))
    assert parts is not None
    text = mail_bytes(MailTarget("inbox@corp.example", ("lea@corp.example",)), "id", parts, FRIDAY_MS).decode()
    assert "Subject: Jane Roe & <b> became a hot lead (41)" in text
    facts = ("Why: pricing twice, contact us", "Who: CEO, Northwind", "Due: Mon 23 Nov, 12:00", "Owner: Mia Meier")
    assert [fact for fact in facts if fact not in text] == []


@pytest.mark.parametrize("form", FORMS)
def test_what_is_gathered_names_nobody_and_leads_to_the_inbox(form: str) -> None:
    said = WORDING.gathered_body_of([alert(ASSIGNED), alert(ASSIGNED), alert(OVERDUE)], form).decode()
    assert "2 leads are yours, 1 lead is overdue" in said
    assert "https://leads.example.com/inbox" in said
    assert "jane" not in said.lower()
    assert form != MAIL or mail_parts_of(said.encode()) is not None


def test_a_lead_of_which_the_announcement_did_not_come_is_told_all_the_same() -> None:
    row = LeadRow(EPISODE, "jane/1", FRIDAY_MS, "", stored_acts([ACT]))
    said = orjson.loads(WORDING.body_of(alert(ASSIGNED), row, {}, JSON))
    assert said["text"] == "jane/1. Your lead, due Mon 23 Nov, 12:00"


def resolver(mail_sender: str | None = "inbox@corp.example") -> SubscriptionResolver:
    secrets = SecretReferences({}, Path())
    kept = cast("KeptSecrets", None)
    return SubscriptionResolver(secrets, Path(), frozenset(), Phrases(), cast("Segments", None), kept, mail_sender)


def test_each_person_who_can_be_reached_has_a_receiver_that_no_announcement_goes_to() -> None:
    plans = receivers_of(RULES, resolver())
    assert {name: plan.subscription.name for name, plan in plans.items()} == {
        "mia": "inbox.mia",
        "tom": "inbox.tom",
        "lea": "inbox.lea",
    }
    assert isinstance(plans["lea"].target, MailTarget)
    context = ContactContext()
    assert [plan.delivery_of(LEAD.announcement(), context, FRIDAY_MS) for plan in plans.values()] == [None] * 3
    for name, plan in plans.items():  # what a test would send
        filled = plan.template.fill(LEAD.announcement(), plan.subscription.name, plan.phrases, {})
        assert name != "lea" or mail_parts_of(filled) is not None


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ('{webhook: "http://10.0.0.1/x"}', "inbox: people: mia: url: wanted https"),
        ("{webhook: env:NOT_THERE}", "inbox: people: mia: webhook: wanted something in env:NOT_THERE"),
        ("{email: mia@corp.example}", "inbox: people: mia: email: wanted a server for mails"),
    ],
)
def test_who_can_not_be_reached_as_it_is_written_is_refused_by_name(person: str, words: str) -> None:
    rules = parse_inbox_file(f"people: {{mia: {person}}}", "inbox.yaml")
    with pytest.raises(OperatorError) as refused:
        receivers_of(rules, resolver(mail_sender=None))
    assert words in str(refused.value)
