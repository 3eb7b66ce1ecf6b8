"""Mails as their readers' programs see them."""

from __future__ import annotations

import time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import compat32, default
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streamprocessor.contract.subscriptions.email import MailTarget
from streamprocessor.delivery.dispatch.mail_message import LONGEST_SUBJECT, mail_bytes
from streamprocessor.delivery.subscriptions.mail_parts import digest_body, mail_parts_of
from streamprocessor.delivery.subscriptions.payload_templates import read_template
from streamprocessor.delivery.subscriptions.phrases import Phrases
from tests.delivery.leads import FRIDAY_MS, Lead
from tests.harness.example_share import share

TARGET = MailTarget("leads@example.com", ("sales@example.com", "boss@example.com"))
WORDING = Phrases(rules={"pricing": "pricing page", "contact-us": "contact form"}, page_url="https://leads.example.com")
JANE = {
    "full_name": "Jane Wu",
    "company": "Acme & Söhne",
    "job_title": "CEO",
    "phone": "+49 30 1234",
    "email": "jane@acme.example",
}
HEADERS = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"}


def body_of(attributes: dict[str, Any], contact_id: str = "c-42", wording: Phrases = WORDING) -> bytes:
    return read_template("mail", Path()).fill(Lead(contact_id, 1).announcement(), "sales", wording, attributes)


def raw_of(body: bytes, webhook_id: str = "inc:c-42:engagement:1/sales") -> bytes:
    parts = mail_parts_of(body)
    assert parts is not None
    return mail_bytes(TARGET, webhook_id, parts, FRIDAY_MS)


def mail_of(body: bytes, webhook_id: str = "inc:c-42:engagement:1/sales") -> EmailMessage:
    message = message_from_bytes(raw_of(body, webhook_id), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    text: str = part.get_content()
    return text.replace("\r\n", "\n")


def test_a_hot_lead_can_be_called_from_its_mail_alone() -> None:
    message = mail_of(body_of(JANE))

    assert message["Subject"] == "Jane Wu became a hot lead (41)"
    assert (message["From"], message["To"]) == ("leads@example.com", "sales@example.com, boss@example.com")
    assert message["Date"] == "Fri, 20 Nov 2026 08:00:00 +0000"
    assert text_of(message, "plain").splitlines() == [
        "Jane Wu became a hot lead (41)",
        "Why: pricing page twice, contact form",
        "Company: Acme & Söhne",
        "Job title: CEO",
        "Phone: +49 30 1234",
        "Mail: jane@acme.example",
        "Call by: 2026-11-23",
        "Open the contact: https://leads.example.com/contact?contact_id=c-42",
    ]
    html = text_of(message, "html")
    assert "Acme &amp; Söhne" in html
    assert '<a href="https://leads.example.com/contact?contact_id=c-42">Open the contact</a>' in html


def test_of_a_contact_of_whom_nothing_is_known_the_mail_says_what_there_is() -> None:
    text = text_of(mail_of(body_of({}, wording=Phrases())), "plain")

    assert text.splitlines() == [
        "c-42 became a hot lead (41)",
        "Why: pricing twice, contact us",
        "Call by: 2026-11-23",
    ]


def test_a_company_is_named_in_either_way_in_which_sdks_write_it() -> None:
    for attributes in ({"company": "Acme"}, {"company.name": "Acme"}):
        assert "\nCompany: Acme\n" in text_of(mail_of(body_of(attributes)), "plain")


def test_a_mail_that_is_handed_over_twice_is_one_by_its_message_id_and_another_announcements_is_not() -> None:
    first, again = mail_of(body_of(JANE)), mail_of(body_of(JANE))
    assert first["Message-ID"] == again["Message-ID"]
    assert first["Message-ID"].endswith("@example.com>")
    assert "c-42" not in first["Message-ID"]
    others = {mail_of(body_of(JANE), id_)["Message-ID"] for id_ in ("inc:c-42:engagement:2/sales", "a/b", "\N{BELL}/ü")}
    assert len(others | {first["Message-ID"]}) == 4


def test_a_days_mail_says_each_lead_and_how_many_there_are() -> None:
    bodies = [body_of(JANE), body_of({"full_name": "Joe Doe"}, "c-43"), body_of({}, "c-44")]
    message = mail_of(digest_body(bodies))

    assert message["Subject"] == "Jane Wu became a hot lead (41) and 2 more"
    text = text_of(message, "plain")
    assert [part.splitlines()[0] for part in text.split("\n\n")] == [
        "Jane Wu became a hot lead (41)",
        "Joe Doe became a hot lead (41)",
        "c-44 became a hot lead (41)",
    ]
    assert text_of(message, "html").count("<h1") == 3


def test_texts_of_any_length_make_no_days_mail_slow_or_large() -> None:
    long = body_of({"full_name": "x" * 10**6, "company": "é " * 10**6, "phone": "\0" * 10**6})
    began_seconds = time.process_time()
    mail = raw_of(digest_body([long] * 20))
    assert time.process_time() - began_seconds < 3
    assert len(mail) < 20 * 20_000


INJECTED = "X-Injected"
PIECES = (
    *("\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\x00", "\ud800", "\u202e", "\r\n.\r\n", ".", " ", "é"),
    *(
        f"{INJECTED}: yes",
        "Bcc: a@b.example",
        f"=?utf-8?q?=0D=0A{INJECTED}=3A_yes?=",
        "=?utf-8?b?DQpYLUluamVjdGVkOiB5ZXM=?=",
    ),
    *("<b>", "</td><script>", "\"'&", "x" * 90),
)
HOSTILE = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=12).map("".join))


@share(60)
@example(f"Jane\r\n{INJECTED}: yes\r\n\r\nbody", "Acme")
@example(f"=?utf-8?q?Jane=0D=0A{INJECTED}=3A_yes?=", "=?utf-8?q?=0A?=")
@given(HOSTILE, HOSTILE)
def test_nothing_that_a_contact_is_called_makes_a_header_or_a_line_or_markup(name: str, company: str) -> None:
    parts = mail_parts_of(body_of({}))
    assert parts is not None
    hostile = type(parts[0])(subject=f"{name} is hot", sentence=name, facts={"Company": company}, link=parts[0].link)

    raw = mail_bytes(TARGET, "id/sales", [hostile, hostile], FRIDAY_MS)

    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    assert set(message.keys()) == HEADERS
    assert set(message_from_bytes(raw, policy=compat32).keys()) == HEADERS
    assert message["To"] == "sales@example.com, boss@example.com"
    assert message["Subject"].isprintable()
    subject = " ".join(message["Subject"].split())  # where Python folds a line, it may double a blank
    assert len(subject) <= LONGEST_SUBJECT + len(" and 1 more")
    assert raw.isascii()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert len(text_of(message, "plain").splitlines()) <= 7
    html = text_of(message, "html")
    assert "<b>" not in html
    assert "<script" not in html


@pytest.mark.parametrize(
    ("value", "shown"), [(42, "42"), (1.5, "1.5"), (True, "true"), (["a", "b"], '["a","b"]'), (None, ""), ("  ", "")]
)
def test_an_attribute_that_is_no_text_is_said_as_it_is_spelled(value: object, shown: str) -> None:
    lines = text_of(mail_of(body_of({"company": value})), "plain").splitlines()
    assert [line for line in lines if line.startswith("Company")] == ([f"Company: {shown}"] if shown else [])
