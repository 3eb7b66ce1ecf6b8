"""SparkPost's (Bird's) event webhooks.

Setup: Configuration > Webhooks > Create. Target: `https://HOST/hooks/sparkpost`; events: delivery, bounce,
out_of_band, spam_complaint, click, open, list_unsubscribe, link_unsubscribe. Authentication: basic, with the same
`user:password` in STREAMPROCESSOR_HOOK_SPARKPOST_SECRET, or OAuth 2 or the older header token, with the token there.
When sending: `"metadata": {"contact_id": "c-42"}`, `"campaign_id": "q4"`.

`initial_open` comes beside `open` for the same opening and does not count. Bounce classes 10 and 30 are hard, 90 is
an unsubscription, 60, 80 and 100 are answers of machines and do not count, the others are soft. What those do who got
a copy is filed under their addresses.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

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
)
from streamprocessor.collector.providers.webhook.payloads import (
    items_of,
    object_of,
    rfc3339_to_ms,
    seconds_to_ms,
    text_of,
    texts_of,
    user_agent_of,
)
from streamprocessor.collector.providers.webhook.signatures import SenderCheck, basic, bearer, check_by
from streamprocessor.scoring.record.facts import PROXY

NAME = "sparkpost"
MAX_BODY_BYTES = 10 * 1024 * 1024  # up to 10 000 events a batch

_TYPES = {
    "delivery": DELIVERED,
    "bounce": BOUNCE,
    "out_of_band": BOUNCE,
    "spam_complaint": COMPLAINT,
    "open": OPEN,
    "amp_open": OPEN,
    "click": CLICK,
    "amp_click": CLICK,
    "list_unsubscribe": UNSUBSCRIBE,
    "link_unsubscribe": UNSUBSCRIBE,
}
_COPIES = ("cc", "bcc", "archive")
_HARD_CLASSES = ("10", "30")
_UNSUBSCRIBE_CLASS = "90"
_MACHINE_CLASSES = ("60", "80", "100")


def sparkpost(setup: ProviderSetup) -> Provider:
    """`POST /hooks/sparkpost`. secret: `user:password`, or a token, which has no colon."""
    return Provider(
        NAME, check_by(NAME, setup.secret, _password_or_token), items_of, _events, MAX_BODY_BYTES, max_unchecked_bytes=0
    )


def _password_or_token(secret: str) -> SenderCheck:
    return basic(NAME, secret) if ":" in secret else bearer(secret, "x-messagesystems-webhook-token")


def _events(item: dict[str, Any]) -> Iterable[MailEvent]:
    """The events in `msys`, each under the name of its kind; an empty one is a ping."""
    for content in object_of(item.get("msys")).values():
        event = object_of(content)
        event_type, kind = _type_and_kind_of(event)
        if event_type is not None:
            yield MailEvent(
                event_type,
                text_of(event.get("rcpt_to")) or text_of(event.get("raw_rcpt_to")),
                _occurred_at_ms(event.get("timestamp")),
                object_of(event.get("rcpt_meta")),
                message=text_of(event.get("transmission_id")) or text_of(event.get("message_id")),
                campaign=text_of(event.get("campaign_id")),
                tags=texts_of(event.get("rcpt_tags")),
                url=text_of(event.get("target_link_url")),
                kind=kind,
                user_agent=user_agent_of(event.get("user_agent")),
                actor=_actor_of(event),
                is_of_another=event.get("rcpt_type") in _COPIES,
            )


def _type_and_kind_of(event: dict[str, Any]) -> tuple[str | None, str | None]:
    event_type = _TYPES.get(text_of(event.get("type")) or "")
    if event_type != BOUNCE:
        return event_type, None
    bounce_class = text_of(event.get("bounce_class"))
    if bounce_class == _UNSUBSCRIBE_CLASS:
        return UNSUBSCRIBE, None
    if bounce_class in _MACHINE_CLASSES:
        return None, None
    return BOUNCE, HARD if bounce_class in _HARD_CLASSES else SOFT


def _actor_of(event: dict[str, Any]) -> str | None:
    """SparkPost's own verdict: fetched ahead by the mail client, or through an image proxy."""
    is_proxy = object_of(event.get("user_agent_parsed")).get("is_proxy") is True
    return PROXY if is_proxy or event.get("is_prefetched") is True else None


def _occurred_at_ms(value: object) -> int | None:
    """The time of an event: seconds as text, in some kinds RFC 3339; None where it is neither."""
    seconds_ms = seconds_to_ms(value)
    return rfc3339_to_ms(value) if seconds_ms is None else seconds_ms
