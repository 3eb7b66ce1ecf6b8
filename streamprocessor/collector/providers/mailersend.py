"""MailerSend's webhooks.

Setup: Email > Domains > Manage > Webhooks > Create webhook. URL: `https://HOST/hooks/mailersend`; tick delivered,
soft bounced, hard bounced, opened, clicked, unsubscribed and spam complaints (not the unique ones: they come beside
the plain ones). Put the signing secret into STREAMPROCESSOR_HOOK_MAILERSEND_SECRET.
When sending, MailerSend carries tags only: `"tags": ["contact_id:c-42", "campaign:q4"]`.

Signed: HMAC-SHA256 of the body as it came. The test on saving (`webhook.test`) is signed with a key that everybody
knows; it is answered and holds no event.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Any

from streamprocessor.collector.http.wire_format import HttpRequest
from streamprocessor.collector.providers.webhook.hook import Provider, ProviderSetup
from streamprocessor.collector.providers.webhook.mail_events import (
    BOUNCE,
    CLICK,
    COMPLAINT,
    DELIVERED,
    HARD,
    OPEN,
    SOFT,
    UNSUBSCRIBE,
    MailEvent,
    sender_of_tags,
)
from streamprocessor.collector.providers.webhook.payloads import (
    json_of,
    object_of,
    rfc3339_to_ms,
    text_of,
    texts_of,
    user_agent_of,
)
from streamprocessor.collector.providers.webhook.signatures import SenderCheck, check_by, denied, equal

NAME = "mailersend"

_TYPES = {
    "activity.delivered": DELIVERED,
    "activity.opened": OPEN,
    "activity.clicked": CLICK,
    "activity.hard_bounced": BOUNCE,
    "activity.soft_bounced": BOUNCE,
    "activity.unsubscribed": UNSUBSCRIBE,
    "activity.spam_complaint": COMPLAINT,
}
_TEST = "webhook.test"
_MAX_TEST_BYTES = 2048


def mailersend(setup: ProviderSetup) -> Provider:
    """`POST /hooks/mailersend`. secret: the webhook's signing secret."""
    check_signature = check_by(NAME, setup.secret, _signed)

    def check(request: HttpRequest) -> None:
        if not _is_test(request):
            check_signature(request)

    return Provider(NAME, check, _items, _events, max_trial_bytes=_MAX_TEST_BYTES)


def _is_test(request: HttpRequest) -> bool:
    """Whether it is MailerSend's trial of the address, which must succeed before there is a signing secret."""
    may_be_one = len(request.body) <= _MAX_TEST_BYTES and _TEST.encode() in request.body
    return may_be_one and object_of(json_of(request.body)).get("type") == _TEST


def _signed(secret: str) -> SenderCheck:
    def check(request: HttpRequest) -> None:
        expected = hmac.new(secret.encode(), request.raw_body, "sha256").hexdigest()
        if not equal(request.headers.get("signature", "").strip().lower(), expected):
            raise denied(proof="MailerSend's signature of the body")

    return check


def _items(request: HttpRequest) -> list[Any]:
    return [json_of(request.body)]


def _events(item: dict[str, Any]) -> Iterable[MailEvent]:
    name = text_of(item.get("type")) or ""
    event_type = _TYPES.get(name)
    if event_type is None:
        return
    activity = object_of(item.get("data"))
    mail = object_of(activity.get("email"))
    interaction = object_of(activity.get("morph"))
    tags = texts_of(mail.get("tags"))
    kind = None
    if event_type == BOUNCE:
        kind = HARD if name == "activity.hard_bounced" else SOFT
    yield MailEvent(
        event_type,
        text_of(object_of(mail.get("recipient")).get("email")),
        rfc3339_to_ms(activity.get("created_at")),
        sender_of_tags(tags),
        message=text_of(object_of(mail.get("message")).get("id")),
        tags=[tag for tag in tags if ":" not in tag],
        url=text_of(interaction.get("url")),
        kind=kind,
        user_agent=user_agent_of(interaction.get("user_agent")),
    )
