"""Mails as bytes: plain text and HTML of the same parts. Nothing that a contact is called makes a header or markup."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from html import escape
from typing import Any

import orjson

from streamprocessor.contract.subscriptions.email import MailTarget, domain_of
from streamprocessor.delivery.subscriptions.mail_parts import MailParts

LONGEST_SUBJECT = 200
LONGEST_LINE = 2_000
LINK_WORDS = "Open the contact"

_HEAD = '<meta charset="utf-8"><meta name="color-scheme" content="light dark">'
_SEVEN_BIT = SMTP.clone(cte_type="7bit")  # a server need not take any other


def mail_bytes(target: MailTarget, webhook_id: str, parts: Sequence[MailParts], now_ms: int) -> bytes:
    """The mail about all of these; whoever gets it twice can tell by its Message-ID, made of the webhook id."""
    message = EmailMessage(policy=_SEVEN_BIT)
    message["From"] = target.sender
    message["To"] = ", ".join(target.recipients)
    message["Subject"] = subject_of(parts)
    message["Date"] = datetime.fromtimestamp(now_ms // 1000, UTC)
    # A hash: the id holds the contact's, and may hold what a header may not.
    message["Message-ID"] = f"<{hashlib.sha256(webhook_id.encode()).hexdigest()[:40]}@{domain_of(target.sender)}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(plain_text(parts))
    message.add_alternative(_html(parts), subtype="html")
    return message.as_bytes()


def plain_text(parts: Sequence[MailParts]) -> str:
    """The text of the mail, for those who read no HTML."""
    return "\n\n".join("\n".join(_text_lines(each)) for each in parts) + "\n"


def subject_of(parts: Sequence[MailParts]) -> str:
    """What the mail is about: the first of them, and how many there are besides."""
    # An encoded word would be decoded by whoever reads the mail, and may hold anything.
    first = line_of(parts[0].subject).replace("=?", "= ?")[:LONGEST_SUBJECT]
    return f"{first} and {len(parts) - 1} more" if len(parts) > 1 else first


def _text_lines(parts: MailParts) -> Iterator[str]:
    yield line_of(parts.sentence)
    yield from (f"{label}: {said}" for label, said in _facts(parts))
    if parts.link:
        yield f"{LINK_WORDS}: {line_of(parts.link)}"


def _html(parts: Sequence[MailParts]) -> str:
    body = "".join(_html_of(each) for each in parts)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>{_HEAD}</head>\n'
        f'<body style="font-family: sans-serif; line-height: 1.5; overflow-wrap: anywhere">\n{body}</body>\n</html>\n'
    )


def _html_of(parts: MailParts) -> str:
    rows = "".join(
        f'<tr><th scope="row" style="text-align: left; font-weight: normal; padding: 0 1em 0 0">{escape(label)}</th>'
        f"<td>{escape(said)}</td></tr>\n"
        for label, said in _facts(parts)
    )
    table = f"<table>\n{rows}</table>\n" if rows else ""
    link = f'<p><a href="{escape(line_of(parts.link))}">{LINK_WORDS}</a></p>\n' if parts.link else ""
    return f'<h1 style="font-size: 1.15em; margin: 1em 0 .5em">{escape(line_of(parts.sentence))}</h1>\n{table}{link}'


def _facts(parts: MailParts) -> Iterator[tuple[str, str]]:
    for label, value in parts.facts.items():
        said = line_of(value)
        if said:
            yield line_of(label), said


def line_of(value: Any) -> str:
    """The value's first LONGEST_LINE characters as one printable line; empty: they say nothing."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    text = text[:LONGEST_LINE]  # first: strangers write texts of any length, and a digest has many
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(text.split())
