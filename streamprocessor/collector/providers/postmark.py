"""Postmark's webhooks.

Setup: server > message stream > Webhooks > Add webhook. URL: `https://HOST/hooks/postmark`; tick delivery, bounce,
spam complaint, open (every open, not first only), link click and subscription change; give a basic auth user and
password, and the same as `user:password` in STREAMPROCESSOR_HOOK_POSTMARK_SECRET.
When sending: `"Metadata": {"contact_id": "c-42", "campaign": "q4"}`.

A subscription change counts where somebody unsubscribed, or may be written to again; one that follows a bounce or a
complaint only repeats it.
`HardBounce` and `BadEmailAddress` are hard. Bounces that are no bounces (an out-of-office reply, a challenge) do not
count, nor does what the test button sends, which names a message of zeros.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
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
    RESUBSCRIBE,
    SOFT,
    UNSUBSCRIBE,
    MailEvent,
)
from streamprocessor.collector.providers.webhook.payloads import (
    json_of,
    object_of,
    rfc3339_to_ms,
    text_of,
    texts_of,
    user_agent_of,
)
from streamprocessor.collector.providers.webhook.signatures import basic, check_by

NAME = "postmark"

_TYPES = {"Open": OPEN, "Click": CLICK, "Delivery": DELIVERED, "SpamComplaint": COMPLAINT}
_TIMES = ("ReceivedAt", "DeliveredAt", "BouncedAt", "ChangedAt")
_HARD_BOUNCES = ("HardBounce", "BadEmailAddress")
_SOFT_BOUNCES = (
    "SoftBounce",
    "Transient",
    "DnsError",
    "SpamNotification",
    "VirusNotification",
    "Blocked",
    "DMARCPolicy",
    "Unknown",
)
_TEST_MESSAGE = "00000000-0000-0000-0000-000000000000"


def postmark(setup: ProviderSetup) -> Provider:
    """`POST /hooks/postmark`. secret: `user:password`. Raises OperatorError for another text."""
    return Provider(NAME, check_by(NAME, setup.secret, partial(basic, NAME)), _items, _events, max_unchecked_bytes=0)


def _items(request: HttpRequest) -> list[Any]:
    return [json_of(request.body)]


def _events(item: dict[str, Any]) -> Iterable[MailEvent]:
    event_type, kind = _type_and_kind_of(item)
    if event_type is None or item.get("MessageID") == _TEST_MESSAGE:
        return
    yield MailEvent(
        event_type,
        text_of(item.get("Recipient")) or text_of(item.get("Email")),
        next((time_ms for name in _TIMES if (time_ms := rfc3339_to_ms(item.get(name))) is not None), None),
        object_of(item.get("Metadata")),
        message=text_of(item.get("MessageID")),
        tags=texts_of(item.get("Tag")),
        url=text_of(item.get("OriginalLink")),
        kind=kind,
        user_agent=user_agent_of(item.get("UserAgent")),
    )


def _type_and_kind_of(item: dict[str, Any]) -> tuple[str | None, str | None]:
    record, bounce = text_of(item.get("RecordType")) or "", item.get("Type")
    if record == "Bounce":
        if bounce in _HARD_BOUNCES:
            return BOUNCE, HARD
        if bounce in _SOFT_BOUNCES:
            return BOUNCE, SOFT
        return {"SpamComplaint": COMPLAINT, "Unsubscribe": UNSUBSCRIBE}.get(text_of(bounce) or ""), None
    if record == "SubscriptionChange":
        if item.get("SuppressSending") is False:
            return RESUBSCRIBE, None
        has_left = item.get("SuppressSending") is True and item.get("SuppressionReason") == "ManualSuppression"
        return (UNSUBSCRIBE if has_left else None), None
    return _TYPES.get(record), None
