"""What mail providers post of a mail."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from tests.faults.people.wire import Post, Request, rfc3339

SENDGRID_EVENTS: dict[str, dict[str, str]] = {
    "email_open": {"event": "open"},
    "email_click": {"event": "click"},
    "email_bounce": {"event": "bounce", "type": "bounce"},
    "spam_complaint": {"event": "spamreport"},
    "unsubscribe": {"event": "group_unsubscribe"},
    "resubscribe": {"event": "group_resubscribe"},
}
POSTMARK_RECORDS: dict[str, dict[str, Any]] = {
    "email_open": {"RecordType": "Open"},
    "email_click": {"RecordType": "Click"},
    "email_bounce": {"RecordType": "Bounce", "Type": "HardBounce"},
    "spam_complaint": {"RecordType": "SpamComplaint"},
    "unsubscribe": {
        "RecordType": "SubscriptionChange",
        "SuppressSending": True,
        "SuppressionReason": "ManualSuppression",
    },
    "resubscribe": {"RecordType": "SubscriptionChange", "SuppressSending": False},
}
POSTMARK_TIMES = {"email_bounce": "BouncedAt", "spam_complaint": "BouncedAt"} | dict.fromkeys(
    ("unsubscribe", "resubscribe"), "ChangedAt"
)


class MailTold(NamedTuple):
    """What happened to a mail. address: None where the sender named a contact alone; contact: None where it did not."""

    type: str
    at_ms: int
    properties: dict[str, str]
    agent: str
    address: str | None
    contact: str | None


def sendgrid(mail: MailTold) -> Post:
    """SendGrid's events, to the second."""
    event: dict[str, Any] = SENDGRID_EVENTS[mail.type] | {"timestamp": mail.at_ms // 1000, "useragent": mail.agent}
    optional = {
        "email": mail.address,
        "contact_id": mail.contact,
        "url": mail.properties.get("url"),
        "sg_message_id": f"{mail.properties['message']}.filter-1" if "message" in mail.properties else None,
    }
    return _post("sendgrid", [event | {name: value for name, value in optional.items() if value is not None}])


def postmark(mail: MailTold) -> Post:
    """Postmark's record."""
    record: dict[str, Any] = POSTMARK_RECORDS[mail.type] | {
        POSTMARK_TIMES.get(mail.type, "ReceivedAt"): rfc3339(mail.at_ms),
        "MessageID": mail.properties.get("message", ""),
        "UserAgent": mail.agent,
        "Email" if mail.type in ("email_bounce", "spam_complaint") else "Recipient": mail.address,
        "OriginalLink": mail.properties.get("url"),
        "Metadata": {} if mail.contact is None else {"contact_id": mail.contact},
    }
    return _post("postmark", record)


def _post(provider: str, body: object) -> Post:
    headers = {"content-type": "application/json", "user-agent": provider}
    return Post((Request(f"/hooks/{provider}", orjson.dumps(body), headers),))
